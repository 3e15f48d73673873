"""What one night does with its decisions: items and cases, the projection, draft notices."""

from odoo import Command, api, models
from odoo.tools import SQL

from ..core import escalation
from .account_dunning_notice import PENDING

DAYS_TO_REVIEW = 3


class AccountDunningNight(models.AbstractModel):
    _name = "account.dunning.night"
    _description = "Dunning Night"

    @api.model
    def _decide_partners(self, company, partner_ids, run=None, prepare=True):
        """Decide for these customers, write the projection and, unless simulating, bring their drafts up to date."""
        standing = self.env["account.dunning.standing"]
        ledger = standing._read(company, partner_ids)
        if not ledger.rows:
            return []
        self._create_items(ledger)
        self._open_cases(ledger)
        if prepare and self._pause_returned(ledger):
            ledger = ledger._replace(holds=standing._read_holds(company, partner_ids))
        standings = standing._decide(ledger)
        if prepare:
            self._prepare_notices(company, standings, run)
            self.env["account.dunning.money"]._raise_tasks(ledger)
        self._project(ledger, standings)
        return standings.decisions

    @api.model
    def _refresh(self, company, customers):
        """After an action of our own: the projection of these customers shows what is next now."""
        if customers:
            self.sudo()._decide_partners(company.sudo(), customers.ids, prepare=False)

    # === Items and cases === #

    @api.model
    def _create_items(self, ledger):
        """One item for each open receivable line that has none; all with one statement."""
        for row in ledger.rows:
            row["known"] = bool(row["item_id"])
        missing = [row for row in ledger.rows if not row["item_id"] and row["residual"] > 0]
        if not missing:
            return
        standing = self.env["account.dunning.standing"]
        ranks = self._get_ranks({row["move_id"] for row in missing})
        values = [
            SQL(
                "(%s, %s, %s, %s, %s, %s, %s, %s, TRUE, 0, 0, 'settled', now() AT TIME ZONE 'UTC')",
                row["line_id"],
                row["move_id"],
                ranks[row["line_id"]],
                row["partner_id"],
                ledger.company.id,
                row["currency_id"],
                row["date_due"],
                standing._get_sent_on(row, ledger.today),
            )
            for row in missing
        ]
        created = self.env.execute_query(
            SQL(
                """
                INSERT INTO account_dunning_item
                    (move_line_id, move_id, rank, partner_id, company_id, currency_id, date_due, sent_on,
                     active, round, stage_count, reason, create_date)
                     VALUES %s ON CONFLICT DO NOTHING RETURNING move_line_id, id, sent_on
                """,
                SQL(", ").join(values),
            )
        )
        ids = {line_id: (item_id, sent_on) for line_id, item_id, sent_on in created}
        for row in missing:
            row["item_id"], row["sent_on"] = ids.get(row["line_id"], (None, None))
            row["round"] = row["stage_count"] = 0

    @api.model
    def _get_ranks(self, move_ids):
        """{line id: position by due date among the receivable lines of its move}"""
        query = SQL(
            """
            SELECT line.id, ROW_NUMBER() OVER (PARTITION BY line.move_id
                                               ORDER BY COALESCE(line.date_maturity, line.date), line.id)
              FROM account_move_line line JOIN account_account account ON account.id = line.account_id
             WHERE line.move_id IN %s AND account.account_type = 'asset_receivable'
            """,
            tuple(move_ids),
        )
        return dict(self.env.execute_query(query))

    @api.model
    def _open_cases(self, ledger):
        """An open case for each customer and currency with an overdue item; every item joins its customer's."""
        standing = self.env["account.dunning.standing"]
        cases = standing._by_case([row for row in ledger.rows if row["item_id"]])
        overdue = [key for key, rows in cases.items() if any(row["date_due"] < ledger.today for row in rows)]
        if not overdue:
            return
        values = [
            SQL("(%s, %s, %s, 'open', now() AT TIME ZONE 'UTC')", partner_id, ledger.company.id, currency_id)
            for partner_id, currency_id in overdue
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_case (partner_id, company_id, currency_id, state, create_date)
                     VALUES %s ON CONFLICT DO NOTHING
                """,
                SQL(", ").join(values),
            )
        )
        self._join_cases(ledger, cases, tuple({partner_id for partner_id, _currency in overdue}))

    @api.model
    def _join_cases(self, ledger, cases, partner_ids):
        found = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, currency_id, id FROM account_dunning_case
                 WHERE company_id = %s AND state = 'open' AND partner_id IN %s
                """,
                ledger.company.id,
                partner_ids,
            )
        )
        case_ids = {(partner_id, currency_id): case_id for partner_id, currency_id, case_id in found}
        joining = []
        for key, rows in cases.items():
            for row in rows:
                case_id = case_ids.get(key)
                if case_id and row["case_id"] != case_id:
                    row["case_id"] = case_id
                    joining.append(SQL("(%s, %s)", row["item_id"], case_id))
        if joining:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE account_dunning_item item SET case_id = dunning.id, partner_id = dunning.partner_id
                      FROM (VALUES %s) AS joining (id, case_id)
                      JOIN account_dunning_case dunning ON dunning.id = joining.case_id
                     WHERE item.id = joining.id
                    """,
                    SQL(", ").join(joining),
                )
            )

    @api.model
    def _pause_returned(self, ledger):
        """Debts that were settled after a notice and came back: a person looks before any letter goes."""
        returned = [row for row in ledger.rows if row.get("reason_before") == escalation.SETTLED and row["level_id"]]
        cases = self.env["account.dunning.case"].browse({row["case_id"] for row in returned if row["case_id"]})
        if not cases:
            return False
        until = ledger.company._add_working_days(ledger.today, DAYS_TO_REVIEW)
        self.env["account.dunning.hold"].create(
            [
                {
                    "case_id": row["case_id"],
                    "item_ids": [Command.set([row["item_id"]])],
                    "kind": "pause",
                    "pause_reason": "other",
                    "date_from": ledger.today,
                    "date_until": until,
                    "note": self.env._("The payment was undone"),
                }
                for row in returned
                if row["case_id"]
            ]
        )
        cases._raise_task("review", ledger.today, self.env._("A settled debt came back"))
        self.env.flush_all()
        return True

    # === Projection === #

    @api.model
    def _project(self, ledger, standings):
        values = [
            self._get_item_projection(step, standings.rows_by_item[step.item_id])
            for decision in standings.decisions
            for step in decision.steps
        ]
        if not values:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_item item
                   SET amount_claimed = new.claimed, next_level_id = new.level_id, next_date = new.next_date,
                       reason = new.reason, reason_until = new.until, reason_detail = new.detail,
                       date_due = new.date_due, sent_on = COALESCE(item.sent_on, new.sent_on),
                       projected_at = now() AT TIME ZONE 'UTC'
                  FROM (VALUES %s) AS new (id, claimed, level_id, next_date, reason, until, detail, date_due, sent_on)
                 WHERE item.id = new.id
                """,
                SQL(", ").join(values),
            )
        )
        self._project_cases({row["case_id"] for row in standings.rows_by_item.values() if row["case_id"]}, ledger.today)
        self.env["account.dunning.item"].invalidate_model(flush=False)

    @api.model
    def _get_item_projection(self, step, row):
        return SQL(
            "(%s, %s::numeric, %s::int, %s::date, %s, %s::date, %s, %s::date, %s::date)",
            step.item_id,
            step.claim.claimed,
            step.level.id if step.level else None,
            step.next_date,
            step.reason,
            step.until,
            step.detail or None,
            row["date_due"],
            row["sent_on"],
        )

    @api.model
    def _project_cases(self, case_ids, today):
        if not case_ids:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_case dunning
                   SET amount_overdue = new.overdue, next_date = new.next_date, next_level_id = new.next_level_id,
                       level_id = new.level_id, projected_at = now() AT TIME ZONE 'UTC'
                  FROM (SELECT item.case_id,
                               SUM(item.amount_claimed) FILTER (WHERE item.date_due < %(today)s) AS overdue,
                               MIN(item.next_date) AS next_date,
                               (ARRAY_AGG(item.next_level_id ORDER BY item.next_date)
                                   FILTER (WHERE item.next_level_id IS NOT NULL))[1] AS next_level_id,
                               (ARRAY_AGG(item.level_id ORDER BY level.sequence DESC)
                                   FILTER (WHERE item.level_id IS NOT NULL))[1] AS level_id
                          FROM account_dunning_item item
                     LEFT JOIN account_dunning_level level ON level.id = item.level_id
                         WHERE item.case_id IN %(cases)s AND item.active GROUP BY item.case_id) AS new
                 WHERE dunning.id = new.case_id
                """,
                today=today,
                cases=tuple(case_ids),
            )
        )
        self.env["account.dunning.case"].invalidate_model(flush=False)

    # === Draft notices === #

    @api.model
    def _prepare_notices(self, company, standings, run):
        """Make, update or cancel the pending notices of these decisions; never two of one kind."""
        case_ids = [decision.standing.case_id for decision in standings.decisions if decision.standing.case_id]
        pending = self._get_pending(case_ids)
        planned = self._get_planned(standings)
        for key, notice in pending.items():
            if key not in planned:
                notice._cancel(self.env._("No longer due"))
        created = [key for key in planned if key not in pending]
        notices = self.env["account.dunning.notice"].create(
            [self._prepare_notice_vals(company, *planned[key], run) for key in created]
        )
        lines = []
        for key, notice in zip(created, notices, strict=True):
            lines += self._get_line_rows(standings, notice.id, *planned[key])
        for key in planned.keys() & pending.keys():
            lines += self._update_notice(standings, pending[key], *planned[key], run)
        self._insert_lines(company, lines)
        self._plan_calls(notices)
        return notices

    @api.model
    def _get_pending(self, case_ids):
        domain = [("case_id", "in", case_ids), ("state", "in", PENDING)]
        notices = self.env["account.dunning.notice"].search(domain)
        return {(one.case_id.id, one.policy_id.id, one.own_level_id.id or None): one for one in notices}

    @api.model
    def _get_planned(self, standings):
        """{(case id, policy id, level of its own or None): (decision, planned notice)}"""
        return {
            (decision.standing.case_id, decision.policy.id, planned.own_level_id): (decision, planned)
            for decision in standings.decisions
            for planned in decision.notices
        }

    @api.model
    def _prepare_notice_vals(self, company, decision, planned, run):
        standing = decision.standing
        return {
            "case_id": standing.case_id,
            "partner_id": standing.partner_id,
            "company_id": company.id,
            "currency_id": standing.currency_id,
            "policy_id": decision.policy.id,
            "level_id": planned.level.id,
            "own_level_id": planned.own_level_id or False,
            "run_id": run.id if run else False,
            **self._get_totals(planned),
        }

    @api.model
    def _get_totals(self, planned):
        amount = float(planned.amount_claimed)
        return {"amount_claimed": amount, "amount_total": amount}

    @api.model
    def _update_notice(self, standings, notice, decision, planned, run):
        """Bring a pending notice to tonight's figures; the rows of its new lines, none when nothing changed."""
        claims = {str(step.item_id): [step.level.id, float(step.claim.claimed)] for step in planned.steps}
        if run:
            notice.run_id = run
        if claims == notice._get_claims() and notice.level_id.id == planned.level.id:
            return []
        if notice.state == "approved" and notice._exceeds_approval(claims):
            notice._reopen(self.env._("More is claimed than was approved"))
        notice.write({"level_id": planned.level.id, **self._get_totals(planned)})
        notice.line_ids.unlink()
        return self._get_line_rows(standings, notice.id, decision, planned)

    @api.model
    def _get_line_rows(self, standings, notice_id, decision, planned):
        return [
            (notice_id, decision.standing.currency_id, step, standings.rows_by_item[step.item_id])
            for step in planned.steps
        ]

    @api.model
    def _insert_lines(self, company, lines):
        if not lines:
            return
        self.env["account.dunning.notice.line"].flush_model(["live"])  # superseded lines free their level
        today = company._dunning_today()
        values = [self._get_line_values(company, today, *line) for line in lines]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice_line
                    (notice_id, company_id, currency_id, item_id, move_line_id, move_id, role, level_id, round, live,
                     name, date_invoice, date_due, days_overdue, amount_original, amount_residual, amount_credit,
                     amount_held, amount_claimed, amount_interest, amount_compensation, create_date)
                     VALUES %s
                """,
                SQL(", ").join(values),
            )
        )
        self.env["account.dunning.notice"].invalidate_model(["line_ids"])

    @api.model
    def _get_line_values(self, company, today, notice_id, currency_id, step, row):
        return SQL(
            "(%s, %s, %s, %s, %s, %s, 'claimed', %s, %s, TRUE, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0,"
            " now() AT TIME ZONE 'UTC')",
            notice_id,
            company.id,
            currency_id,
            step.item_id,
            row["line_id"],
            row["move_id"],
            step.level.id,
            row["round"] or 0,
            row["name"],
            row["invoice_date"],
            row["date_due"],
            (today - row["date_due"]).days,
            row["original"],
            step.claim.residual,
            step.claim.credit,
            step.claim.held,
            step.claim.claimed,
        )

    @api.model
    def _plan_calls(self, notices):
        """A level after a call: a task now, and the notice two working days later if nobody called."""
        after_call = notices.filtered(lambda notice: notice.level_id.after_call)
        for company, of_company in after_call.grouped("company_id").items():
            today = company._dunning_today()
            of_company.write({"date_not_before": company._add_working_days(today, 2)})
            of_company.case_id._raise_task("call", today)

    # === The end of the night === #

    @api.model
    def _cancel_settled(self, company):
        """Pending notices none of whose items is open any more."""
        query = SQL(
            """
            SELECT notice.id FROM account_dunning_notice notice
             WHERE notice.company_id = %s AND notice.state IN ('draft', 'approved')
               AND NOT EXISTS (SELECT 1 FROM account_dunning_notice_line line
                                 JOIN account_dunning_item item ON item.id = line.item_id
                                WHERE line.notice_id = notice.id AND item.active AND item.reason != 'settled')
            """,
            company.id,
        )
        notice_ids = [notice_id for (notice_id,) in self.env.execute_query(query)]
        self.env["account.dunning.notice"].browse(notice_ids)._cancel(self.env._("Paid or settled"))

    @api.model
    def _settle_items(self, company):
        """Items whose journal item is settled or gone show nothing."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_item item
                   SET amount_claimed = 0, next_level_id = NULL, next_date = NULL, reason = 'settled',
                       reason_until = NULL, reason_detail = NULL, projected_at = now() AT TIME ZONE 'UTC'
                 WHERE item.company_id = %s AND item.active AND item.reason != 'settled'
                   AND NOT EXISTS (SELECT 1 FROM account_move_line line
                                    WHERE line.id = item.move_line_id AND line.reconciled IS NOT TRUE
                                      AND line.parent_state = 'posted' AND line.amount_residual_currency > 0)
             RETURNING item.case_id
                """,
                company.id,
            )
        )
        case_ids = {case_id for (case_id,) in self.env.cr.fetchall() if case_id}
        self.env["account.dunning.item"].invalidate_model(flush=False)
        self._project_cases(case_ids, company._dunning_today())

    @api.model
    def _close_cases(self, company):
        """Close cases with no open item, no notice pending, no delivery open and no hold active."""
        query = SQL(
            """
            SELECT dunning.id FROM account_dunning_case dunning
             WHERE dunning.company_id = %s AND dunning.state = 'open'
               AND NOT EXISTS (SELECT 1 FROM account_dunning_item item
                                WHERE item.case_id = dunning.id AND item.active AND item.reason != 'settled')
               AND NOT EXISTS (SELECT 1 FROM account_dunning_notice notice
                                WHERE notice.case_id = dunning.id AND notice.state IN ('draft', 'approved'))
               AND NOT EXISTS (SELECT 1 FROM account_dunning_delivery delivery
                                 JOIN account_dunning_notice notice ON notice.id = delivery.notice_id
                                WHERE notice.case_id = dunning.id
                                  AND delivery.state IN ('queued', 'sending', 'uncertain'))
               AND NOT EXISTS (SELECT 1 FROM account_dunning_hold hold
                                WHERE hold.case_id = dunning.id AND hold.state = 'active')
            """,
            company.id,
        )
        case_ids = [case_id for (case_id,) in self.env.execute_query(query)]
        self.env["account.dunning.case"].browse(case_ids)._close()
