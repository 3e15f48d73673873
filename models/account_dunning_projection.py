"""Items and cases as the night leaves them: who is dunned for what, and what is next."""

from odoo import api, models
from odoo.tools import SQL

from .bulk_rows import bulk_rows, draw_ids

PROJECTED = {
    "id": "int4",
    "claimed": "numeric",
    "level_id": "int4",
    "next_date": "date",
    "reason": "varchar",
    "until": "date",
    "detail": "varchar",
    "date_due": "date",
    "sent_on": "date",
}
IDENTITY = {
    "line_id": "int4",
    "move_id": "int4",
    "rank": "int4",
    "partner_id": "int4",
    "currency_id": "int4",
    "case_id": "int4",
}


class AccountDunningProjection(models.AbstractModel):
    _name = "account.dunning.projection"
    _description = "Dunning Projection"

    # === Before the decision === #

    @api.model
    def _number_items(self, ledger):
        """An id for the item of each open receivable line that has none; it is written once decided."""
        for row in ledger.rows:
            row["known"] = bool(row["item_id"])
        missing = [row for row in ledger.rows if not row["known"] and row["residual"] > 0]
        if not missing:
            return
        get_sent_on = self.env["account.dunning.standing"]._get_sent_on
        ranks = self._get_ranks({row["move_id"] for row in missing})
        for row, item_id in zip(missing, draw_ids(self.env, "account.dunning.item", len(missing)), strict=True):
            row.update(item_id=item_id, rank=ranks[row["line_id"]], round=0, stage_count=0)
            row["sent_on"] = get_sent_on(row, ledger.today)

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
        by_case = self.env["account.dunning.standing"]._by_case
        cases = by_case([row for row in ledger.rows if row["item_id"]])
        overdue = [key for key, rows in cases.items() if any(row["date_due"] < ledger.today for row in rows)]
        if not overdue:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_case (partner_id, company_id, currency_id, state, create_date)
                SELECT new.partner_id, %s, new.currency_id, 'open', now() AT TIME ZONE 'UTC' FROM %s
                ON CONFLICT DO NOTHING
                """,
                ledger.company.id,
                bulk_rows({"partner_id": "int4", "currency_id": "int4"}, overdue),
            )
        )
        self._join_cases(cases, self._get_open_cases(ledger.company, {partner_id for partner_id, _currency in overdue}))

    @api.model
    def _get_open_cases(self, company, partner_ids):
        """{(customer, currency): id of the open case}"""
        query = SQL(
            """
            SELECT partner_id, currency_id, id FROM account_dunning_case
             WHERE company_id = %s AND state = 'open' AND partner_id IN %s
            """,
            company.id,
            tuple(partner_ids),
        )
        return {
            (partner_id, currency_id): case_id for partner_id, currency_id, case_id in self.env.execute_query(query)
        }

    @api.model
    def _join_cases(self, cases, case_ids):
        joining = []
        for key, rows in cases.items():
            for row in rows:
                if key in case_ids and row["case_id"] != case_ids[key]:
                    row["case_id"] = case_ids[key]
                    joining.append(row)
        known = [(row["item_id"], row["case_id"]) for row in joining if row["known"]]
        if not known:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_item item SET case_id = dunning.id, partner_id = dunning.partner_id
                  FROM %s JOIN account_dunning_case dunning ON dunning.id = new.case_id
                 WHERE item.id = new.id
                """,
                bulk_rows({"id": "int4", "case_id": "int4"}, known),
            )
        )

    # === After it === #

    @api.model
    def _project(self, ledger, standings):
        """What is next for every item, the new ones written with it, and their cases' sums."""
        rows = standings.rows_by_item
        steps = [step for decision in standings.decisions for step in decision.steps]
        found = [(step, rows[step.item_id]) for step in steps]
        self._insert_items(ledger.company, [(step, row) for step, row in found if not row["known"]])
        self._update_items([(step, row) for step, row in found if row["known"]])
        self.env["account.dunning.item"].invalidate_model(flush=False)
        self._project_cases({row["case_id"] for row in rows.values() if row["case_id"]}, ledger.today)

    @api.model
    def _insert_items(self, company, found):
        if not found:
            return
        values = [(*self._get_projected(step, row), *(row[column] for column in IDENTITY)) for step, row in found]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_item
                    (id, amount_claimed, next_level_id, next_date, reason, reason_until, reason_detail, date_due,
                     sent_on, move_line_id, move_id, rank, partner_id, currency_id, case_id, company_id, active,
                     round, stage_count, projected_at)
                SELECT new.*, %s, TRUE, 0, 0, now() AT TIME ZONE 'UTC' FROM %s
                ON CONFLICT DO NOTHING
                """,
                company.id,
                bulk_rows({**PROJECTED, **IDENTITY}, values),
            )
        )

    @api.model
    def _update_items(self, found):
        if not found:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_item item
                   SET amount_claimed = new.claimed, next_level_id = new.level_id, next_date = new.next_date,
                       reason = new.reason, reason_until = new.until, reason_detail = new.detail,
                       date_due = new.date_due, sent_on = COALESCE(item.sent_on, new.sent_on),
                       projected_at = now() AT TIME ZONE 'UTC'
                  FROM %s WHERE item.id = new.id
                """,
                bulk_rows(PROJECTED, [self._get_projected(step, row) for step, row in found]),
            )
        )

    @api.model
    def _get_projected(self, step, row):
        """The values of PROJECTED."""
        return (
            step.item_id,
            step.claim.claimed,
            step.level.id if step.level else None,
            step.next_date,
            step.reason,
            step.until,
            step.detail or step.claim.held_kind or None,
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
                   SET amount_overdue = new.overdue, amount_not_due = new.not_due, amount_1_30 = new.late_1_30,
                       amount_31_60 = new.late_31_60, amount_61_90 = new.late_61_90, amount_over_90 = new.late_over_90,
                       next_date = new.next_date, next_level_id = new.next_level_id,
                       level_id = new.level_id, projected_at = now() AT TIME ZONE 'UTC'
                  FROM (SELECT item.case_id,
                               SUM(item.amount_claimed) FILTER (WHERE item.date_due < %(today)s) AS overdue,
                               SUM(item.amount_claimed) FILTER (WHERE late.days <= 0) AS not_due,
                               SUM(item.amount_claimed) FILTER (WHERE late.days BETWEEN 1 AND 30) AS late_1_30,
                               SUM(item.amount_claimed) FILTER (WHERE late.days BETWEEN 31 AND 60) AS late_31_60,
                               SUM(item.amount_claimed) FILTER (WHERE late.days BETWEEN 61 AND 90) AS late_61_90,
                               SUM(item.amount_claimed) FILTER (WHERE late.days > 90) AS late_over_90,
                               MIN(item.next_date) AS next_date,
                               (ARRAY_AGG(item.next_level_id ORDER BY item.reason != 'due', item.next_date,
                                                                              coming.sequence DESC, item.id)
                                   FILTER (WHERE item.next_level_id IS NOT NULL))[1] AS next_level_id,
                               (ARRAY_AGG(item.level_id ORDER BY level.sequence DESC)
                                   FILTER (WHERE item.level_id IS NOT NULL))[1] AS level_id
                          FROM account_dunning_item item
                    CROSS JOIN LATERAL (SELECT %(today)s - item.date_due AS days) AS late
                     LEFT JOIN account_dunning_level level ON level.id = item.level_id
                     LEFT JOIN account_dunning_level coming ON coming.id = item.next_level_id
                         WHERE item.case_id IN %(cases)s AND item.active GROUP BY item.case_id) AS new
                 WHERE dunning.id = new.case_id
                """,
                today=today,
                cases=tuple(case_ids),
            )
        )
        self.env["account.dunning.case"].invalidate_model(flush=False)
