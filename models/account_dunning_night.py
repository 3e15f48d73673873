"""One night for some customers, from the ledger to their draft notices, and how a night ends."""

from odoo import Command, api, models
from odoo.tools import SQL

from ..core import escalation
from ..core.claims import Hold

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
        projection = self.env["account.dunning.projection"]
        projection._number_items(ledger)
        projection._open_cases(ledger)
        if prepare and self._pause_returned(ledger):
            ledger = ledger._replace(holds=standing._read_holds(company, partner_ids))
        standings = standing._decide(ledger)
        projection._project(ledger, standings)
        if prepare:
            self.env["account.dunning.preparation"]._prepare(ledger, standings, run)
            self.env["account.dunning.money"]._raise_tasks(ledger)
        return standings.decisions

    @api.model
    def _refresh(self, company, customers):
        """After an action of our own: the projection of these customers shows what is next now."""
        if customers:
            self.sudo()._decide_partners(company.sudo(), customers.ids, prepare=False)

    @api.model
    def _pause_returned(self, ledger):
        """Debts that were settled after a notice and came back: a person looks before any letter goes."""
        returned = self._get_returned(ledger)
        cases = self.env["account.dunning.case"].browse({row["case_id"] for row in returned})
        if not cases:
            return False
        until = self._get_review_date(ledger)
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
            ]
        )
        cases._raise_task("review", ledger.today, self.env._("A settled debt came back"))
        self.env.flush_all()
        return True

    @api.model
    def _get_returned(self, ledger):
        return [
            row
            for row in ledger.rows
            if row.get("reason_before") == escalation.SETTLED and row["level_id"] and row["case_id"]
        ]

    @api.model
    def _get_review_date(self, ledger):
        return ledger.company._add_working_days(ledger.today, DAYS_TO_REVIEW)

    @api.model
    def _preview_partners(self, company, partner_ids):
        """(ledger, standings) as the night would decide for these customers; nothing is written."""
        standing = self.env["account.dunning.standing"]
        ledger = standing._read(company, partner_ids)
        standing._number_missing_items(ledger)
        for row in self._get_returned(ledger):
            pause = Hold("pause", since=ledger.today, until=self._get_review_date(ledger))
            ledger.holds[row["case_id"], row["item_id"]].append(pause)
        return ledger, standing._decide(ledger)

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
        self.env["account.dunning.projection"]._project_cases(case_ids, company._dunning_today())

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
