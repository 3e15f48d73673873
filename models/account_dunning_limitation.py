"""Until when the items of a ledger can be claimed in court, and the notices that would claim one too late."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.limitation import last_day

READ = (
    "account.dunning.item",
    "account.dunning.interruption",
    "account.dunning.hold",
    "account.dunning.plan",
    "account.dunning.notice",
    "account.dunning.notice.line",
    "account.partial.reconcile",
)


class AccountDunningLimitation(models.AbstractModel):
    _name = "account.dunning.limitation"
    _description = "Limitation of Claims"

    # === The last day === #

    @api.model
    def _get_last_days(self, items):
        """{item: its last day, False where the law is not known}, by as many queries for one item as for all."""
        interruptions = self._read_interruptions(items)
        return {
            item: self._get_last_day(item, regime, interruptions.get(item.id, ()))
            for company, of_company in items.grouped("company_id").items()
            for item, regime in self._get_regimes(company, of_company)
        }

    @api.model
    def _get_regimes(self, company, items):
        resolved = self.env["account.late.interest.regime"]._resolve(company, items.partner_id)
        return [(item, resolved[item.partner_id.commercial_partner_id]) for item in items]

    @api.model
    def _get_last_day(self, item, regime, interruptions):
        term = regime._get_limitation_term()
        if not term or not item.date_due:
            return False
        since = self._get_cause(item) if term.by_calendar_year else item.date_due
        return last_day(since, term, interruptions)

    @api.model
    def _get_cause(self, item):
        """The day on which the claim arose: calendar years do not wait for its due date."""
        move = item.move_id
        return min(item.date_due, move.delivery_date or move.invoice_date or move.date or item.date_due)

    @api.model
    def _read_interruptions(self, items):
        """{item id: [(day, kind)]}

        Money of the customer that settles a part of the item, promises and plans with a document, what was entered by
        hand, and the notices that left. Credit notes and write-offs are the creditor's doing: they acknowledge nothing.
        """
        for name in READ:
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, credit.date, 'acknowledgement'
                  FROM account_dunning_item item
                  JOIN account_partial_reconcile partial ON partial.debit_move_id = item.move_line_id
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_journal journal ON journal.id = credit.journal_id
                 WHERE item.id = ANY(%(items)s) AND journal.type IN ('bank', 'cash', 'credit')
             UNION ALL
                SELECT item.id, COALESCE(plan.date, hold.date_from), 'acknowledgement'
                  FROM account_dunning_item item
                  JOIN account_dunning_hold hold ON hold.case_id = item.case_id AND hold.kind = 'promise'
             LEFT JOIN account_dunning_plan plan ON plan.id = hold.plan_id
                 WHERE item.id = ANY(%(items)s) AND COALESCE(hold.document_id, plan.document_id) IS NOT NULL
                   AND CASE WHEN EXISTS (SELECT 1 FROM account_dunning_hold_account_dunning_item_rel link
                                          WHERE link.account_dunning_hold_id = hold.id)
                            THEN EXISTS (SELECT 1 FROM account_dunning_hold_account_dunning_item_rel link
                                          WHERE link.account_dunning_hold_id = hold.id
                                            AND link.account_dunning_item_id = item.id)
                            ELSE item.date_due <= hold.date_from END
             UNION ALL
                SELECT item.id, interruption.date, interruption.kind
                  FROM account_dunning_item item
                  JOIN account_dunning_interruption interruption ON interruption.case_id = item.case_id
                 WHERE item.id = ANY(%(items)s)
                   AND (item.id IN (SELECT link.account_dunning_item_id
                                      FROM account_dunning_interruption_account_dunning_item_rel link
                                     WHERE link.account_dunning_interruption_id = interruption.id)
                        OR NOT EXISTS (SELECT 1 FROM account_dunning_interruption_account_dunning_item_rel link
                                        WHERE link.account_dunning_interruption_id = interruption.id)
                           AND item.date_due <= interruption.date)
             UNION ALL
                SELECT line.item_id, notice.date_left, 'demand'
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice notice ON notice.id = line.notice_id
                 WHERE line.item_id = ANY(%(items)s) AND line.role = 'claimed' AND line.live
                   AND notice.date_left IS NOT NULL
                """,
                items=items.ids,
            )
        )
        found = {}
        for item_id, day, kind in rows:
            found.setdefault(item_id, []).append((day, kind))
        return found

    # === Notices that claim too late === #

    @api.model
    def _get_late_lines(self, notices):
        """{notice: the lines that it claims after their last day}"""
        lines = notices.sudo()._get_claimed_lines()
        days = self._get_last_days(lines.item_id)
        late = lines.filtered(lambda line: days.get(line.item_id) and days[line.item_id] < self._get_today(line))
        return {
            notice: late.filtered(lambda line, notice=notice: line.notice_id == notice) for notice in late.notice_id
        }

    @api.model
    def _get_today(self, line):
        return line.notice_id.company_id._dunning_today()

    @api.model
    def _get_unexplained(self, notices):
        """{notice: its late lines} of those for which no manager has said why they are claimed all the same."""
        return self._get_late_lines(notices.filtered(lambda notice: not notice.limitation_reason))

    @api.model
    def _keep_claimable(self, notices):
        """Those that may be issued; the others wait until a manager approves them with a reason."""
        unexplained = self._get_unexplained(notices)
        for notice, lines in unexplained.items():
            notice._wait_for_approval(self._say(lines))
            notice.case_id._raise_task("approve")
        return notices.filtered(lambda notice: notice not in unexplained)

    @api.model
    def _check_claimable(self, notices):
        """By hand nothing is issued that waits for a manager's reason."""
        unexplained = self._get_unexplained(notices)
        if unexplained:
            raise UserError("\n".join(self._say(lines) for lines in unexplained.values()))

    @api.model
    def _say(self, lines):
        days = self._get_last_days(lines.item_id)
        named = ", ".join(f"{line.name} ({format_date(self.env, days[line.item_id])})" for line in lines)
        return self.env._(
            "The limitation date is past: %s. It can still be asked for, not in court any more: a manager approves the "
            "notice with a reason.",
            named,
        )

    @api.model
    def _ask(self, notices, messages):
        """The dialog that asks for the reason, after what else there is to tell."""
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_limitation_wizard_action"),
            "context": {"default_notice_ids": notices.ids},
        }
        if not messages:
            return action
        told = self.env["account.dunning.notice"]._notify(messages)
        return {**told, "params": {**told["params"], "next": action}}
