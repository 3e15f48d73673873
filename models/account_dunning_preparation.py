"""The draft notices of a night: made, brought up to date, or cancelled; never two of one kind."""

from odoo import api, models
from odoo.tools import SQL

from .account_dunning_notice import PENDING
from .bulk_rows import bulk_rows, draw_ids

NOTICE = {
    "id": "int4",
    "case_id": "int4",
    "partner_id": "int4",
    "currency_id": "int4",
    "policy_id": "int4",
    "level_id": "int4",
    "own_level_id": "int4",
    "stage": "varchar",
    "amount": "numeric",
}
LINE = {
    "notice_id": "int4",
    "item_id": "int4",
    "level_id": "int4",
    "round": "int4",
    "name": "varchar",
    "date_invoice": "date",
    "date_due": "date",
    "days_overdue": "int4",
    "amount_original": "numeric",
    "amount_residual": "numeric",
    "amount_credit": "numeric",
    "amount_held": "numeric",
    "amount_claimed": "numeric",
}


class AccountDunningPreparation(models.AbstractModel):
    _name = "account.dunning.preparation"
    _description = "Dunning Preparation"

    @api.model
    def _prepare(self, ledger, standings, run):
        pending = self._get_pending(standings.decisions)
        planned = self._get_planned(standings.decisions)
        self._cancel_unplanned([notice for key, notice in pending.items() if key not in planned])
        lines = []
        for key in planned.keys() & pending.keys():
            lines += self._update_notice(ledger, standings, pending[key], planned[key][1], run)
        self.env.flush_all()  # what was cancelled or deleted is gone before SQL writes what replaces it
        new = [planned[key] for key in planned if key not in pending]
        notice_ids = self._insert_notices(ledger, new, run)
        for notice_id, (_decision, notice) in zip(notice_ids, new, strict=True):
            lines += self._get_lines(ledger, standings, notice_id, notice)
        self._insert_lines(lines)
        self._plan_calls(ledger, notice_ids, new)

    @api.model
    def _prepare_by_hand(self, ledger, standings, decision):
        """The pending notices of one decision, made or brought up to date; what waits for approval stays as it is."""
        pending = self._get_pending([decision])
        notices, lines = self.env["account.dunning.notice"], []
        for key, (_decision, planned) in self._get_planned([decision]).items():
            if key not in pending:
                notice_id = self._insert_notices(ledger, [(decision, planned)], None)[0]
                notices |= notices.browse(notice_id)
                lines += self._get_lines(ledger, standings, notice_id, planned)
                continue
            notices |= pending[key]
            if not planned.own_level_id:
                lines += self._update_notice(ledger, standings, pending[key], planned, None)
        self.env.flush_all()
        self._insert_lines(lines)
        return notices

    @api.model
    def _get_pending(self, decisions):
        """{(case id, policy id, level of its own or None): notice} of what is being prepared for these cases."""
        case_ids = {decision.standing.case_id for decision in decisions}
        notices = self.env["account.dunning.notice"].search([("case_id", "in", case_ids), ("state", "in", PENDING)])
        return {(one.case_id.id, one.policy_id.id, one.own_level_id.id or None): one for one in notices}

    @api.model
    def _get_planned(self, decisions):
        """{(case id, policy id, level of its own or None): (decision, planned notice)}"""
        return {
            (decision.standing.case_id, decision.policy.id, planned.own_level_id): (decision, planned)
            for decision in decisions
            for planned in decision.notices
        }

    @api.model
    def _cancel_unplanned(self, notices):
        self.env["account.dunning.notice"].concat(*notices)._cancel(self.env._("No longer due"))

    @api.model
    def _update_notice(self, ledger, standings, notice, planned, run):
        """Bring a pending notice to tonight's figures; the rows of its new lines, none when nothing changed."""
        claims = {str(step.item_id): [step.level.id, float(step.claim.claimed)] for step in planned.steps}
        if run:
            notice.run_id = run
        if claims == notice._get_claims() and notice.level_id.id == planned.level.id:
            return []
        if notice._was_approved() and notice._exceeds_approval(claims):
            notice._reopen(self.env._("More is claimed than was approved"))
        amount = float(planned.amount_claimed)
        notice.write({"level_id": planned.level.id, "amount_claimed": amount, "amount_total": amount})
        notice.line_ids.unlink()
        return self._get_lines(ledger, standings, notice.id, planned)

    # === Rows === #

    @api.model
    def _insert_notices(self, ledger, new, run):
        """The ids of new drafts, one for each (decision, planned notice) of `new`."""
        if not new:
            return []
        notice_ids = draw_ids(self.env, "account.dunning.notice", len(new))
        rows = [self._get_notice(notice_id, *one) for notice_id, one in zip(notice_ids, new, strict=True)]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice
                    (id, case_id, partner_id, currency_id, policy_id, level_id, own_level_id, stage, amount_claimed,
                     amount_total, amount_interest, amount_compensation, company_id, run_id, date_prepared, state,
                     create_uid, create_date, write_uid, write_date)
                SELECT new.*, new.amount, 0, 0, %(company)s, %(run)s, %(today)s, 'draft', %(author)s,
                       now() AT TIME ZONE 'UTC', %(author)s, now() AT TIME ZONE 'UTC' FROM %(rows)s
                """,
                company=ledger.company.id,
                today=ledger.today,
                run=run.id if run else None,
                author=self.env.uid,
                rows=bulk_rows(NOTICE, rows),
            )
        )
        return notice_ids

    @api.model
    def _get_notice(self, notice_id, decision, planned):
        """The values of NOTICE."""
        standing, level = decision.standing, planned.level
        return (
            notice_id,
            standing.case_id,
            standing.partner_id,
            standing.currency_id,
            decision.policy.id,
            level.id,
            planned.own_level_id,
            level.stage,
            planned.amount_claimed,
        )

    @api.model
    def _insert_lines(self, lines):
        if not lines:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice_line
                    (notice_id, item_id, level_id, round, name, date_invoice, date_due, days_overdue, amount_original,
                     amount_residual, amount_credit, amount_held, amount_claimed, role, live, amount_interest,
                     amount_compensation)
                SELECT new.*, 'claimed', TRUE, 0, 0 FROM %s
                """,
                bulk_rows(LINE, lines),
            )
        )
        self.env["account.dunning.notice"].invalidate_model(["line_ids"])

    @api.model
    def _get_lines(self, ledger, standings, notice_id, planned):
        rows = standings.rows_by_item
        return [self._get_line(ledger.today, notice_id, step, rows[step.item_id]) for step in planned.steps]

    @api.model
    def _get_line(self, today, notice_id, step, row):
        """The values of LINE."""
        claim = step.claim
        return (
            notice_id,
            step.item_id,
            step.level.id,
            row["round"] or 0,
            row["name"],
            row["invoice_date"],
            row["date_due"],
            (today - row["date_due"]).days,
            row["original"],
            claim.residual,
            claim.credit,
            claim.held,
            claim.claimed,
        )

    # === Calls === #

    @api.model
    def _plan_calls(self, ledger, notice_ids, new):
        """A level after a call: a task now, and the notice two working days later if nobody called."""
        if not new:
            return
        levels = self.env["account.dunning.level"].browse({planned.level.id for _decision, planned in new})
        after_call = set(levels.filtered("after_call").ids)
        called = [
            notice_id
            for notice_id, (_decision, planned) in zip(notice_ids, new, strict=True)
            if planned.level.id in after_call
        ]
        if called:
            notices = self.env["account.dunning.notice"].browse(called)
            notices.date_not_before = ledger.company._add_working_days(ledger.today, 2)
            notices.case_id._raise_task("call", ledger.today)
