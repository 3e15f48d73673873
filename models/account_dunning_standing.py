"""From the ledger to `core.escalation.Standing`: the border that records cross once."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core import escalation
from ..core.claims import Credit, Hold, allocate


class Ledger(NamedTuple):
    """What was read of one chunk of customers: rows are dictionaries, keyed and ordered as in the query."""

    company: object
    today: object
    rows: list
    holds: dict
    in_process: dict
    customer_in_process: dict
    late_money: set


class Standings(NamedTuple):
    """Decisions of one chunk with what is needed to act on them."""

    decisions: list
    rows_by_item: dict


class AccountDunningStanding(models.AbstractModel):
    _name = "account.dunning.standing"
    _description = "Dunning Standing"

    # === Reading === #

    @api.model
    def _read(self, company, partner_ids):
        """The open receivable items of these customers, their credits, holds and money on its way."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._get_ledger_query(company, partner_ids))
        today = company._dunning_today()
        money = self.env["account.dunning.money"].with_company(company)._read(company, today, rows)
        return Ledger(
            company=company,
            today=today,
            rows=rows,
            holds=self._read_holds(company, partner_ids),
            in_process=money.by_line,
            customer_in_process=money.by_customer,
            late_money=money.late,
        )

    @api.model
    def _get_ledger_query(self, company, partner_ids):
        return SQL(
            """
            WITH customer AS MATERIALIZED (
                SELECT partner.id,
                       ARRAY(SELECT category_id FROM res_partner_res_partner_category_rel tag
                              WHERE tag.partner_id = partner.id) AS tags,
                       EXISTS (SELECT 1 FROM res_company WHERE res_company.partner_id = partner.id) AS is_intercompany,
                       GREATEST(
                           (SELECT MAX(date_left) FROM account_dunning_notice notice
                             WHERE notice.company_id = %(company)s AND notice.partner_id = partner.id
                               AND notice.date_left IS NOT NULL),
                           (SELECT MAX(last_notice_date) FROM account_dunning_item item
                             WHERE item.company_id = %(company)s AND item.partner_id = partner.id AND item.active)
                       ) AS last_left
                  FROM res_partner partner
                 WHERE partner.id IN (SELECT commercial_partner_id FROM res_partner WHERE id IN %(partners)s)
            )
            SELECT line.id AS line_id, line.move_id, line.partner_id AS line_partner_id,
                   partner.commercial_partner_id AS partner_id, line.currency_id,
                   COALESCE(line.date_maturity, line.date) AS date_due,
                   line.amount_residual_currency AS residual, line.amount_currency AS original,
                   line.no_followup, line.journal_id, journal.type AS journal_type,
                   COALESCE(move.delivery_date, move.invoice_date, move.date) AS cause_on,
                   move.name, move.move_type, move.invoice_date, move.is_move_sent, move.reversed_entry_id,
                   move.dunning_policy_id AS move_policy_id, move.payment_state,
                   (commercial.dunning_policy_id ->> %(company_key)s)::int AS partner_policy_id,
                   commercial.dunning_approval ->> %(company_key)s AS approval,
                   commercial.debtor_kind, commercial.country_id, customer.tags, customer.last_left,
                   customer.is_intercompany,
                   item.id AS item_id, item.case_id, item.level_id, item.stage, item.stage_count, item.round,
                   item.last_notice_date, item.response_date, item.sent_on, item.reason AS reason_before,
                   item.at_once,
                   CASE WHEN item.sent_on IS NULL AND move.move_type != 'entry' THEN (
                       SELECT MIN(message.date)::date FROM mail_message message
                        WHERE message.model = 'account.move' AND message.res_id = move.id
                          AND message.message_type = 'email_outgoing')
                   END AS message_date,
                   pending.under_way, pending.drafted
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_journal journal ON journal.id = line.journal_id
              JOIN res_partner partner ON partner.id = line.partner_id
              JOIN res_partner commercial ON commercial.id = partner.commercial_partner_id
              JOIN customer ON customer.id = commercial.id
         LEFT JOIN account_dunning_item item ON item.move_line_id = line.id AND item.active
         LEFT JOIN LATERAL (
                SELECT COALESCE(BOOL_OR(notice.state = 'issued'), FALSE) AS under_way,
                       COALESCE(BOOL_OR(notice.state != 'issued'), FALSE) AS drafted
                  FROM account_dunning_notice_line claimed
                  JOIN account_dunning_notice notice ON notice.id = claimed.notice_id
                 WHERE claimed.item_id = item.id AND claimed.role = 'claimed' AND claimed.live
                   AND notice.date_left IS NULL AND notice.state != 'cancelled') AS pending ON TRUE
             WHERE line.account_id = ANY(ARRAY(SELECT id FROM account_account WHERE account_type = 'asset_receivable'))
               AND line.partner_id = ANY(ARRAY(
                       SELECT id FROM res_partner WHERE commercial_partner_id = ANY(ARRAY(
                           SELECT commercial_partner_id FROM res_partner WHERE id IN %(partners)s))))
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company)s
               AND line.amount_residual_currency != 0
          ORDER BY partner.commercial_partner_id, line.currency_id, date_due, line.id
            """,
            partners=tuple(partner_ids),
            company=company.id,
            company_key=str(company.id),
        )

    @api.model
    def _read_holds(self, company, partner_ids):
        """{(case id, item id or None): [core holds]} of the active holds of these customers.

        One without an amount is each of its items' own; an amount of several items is spread like one of the case.
        """
        query = SQL(
            """
            SELECT hold.case_id, hold.kind, hold.date_from, hold.date_until, hold.amount, hold.date_judgment,
                   ARRAY(SELECT link.account_dunning_item_id FROM account_dunning_hold_account_dunning_item_rel link
                          WHERE link.account_dunning_hold_id = hold.id)
              FROM account_dunning_hold hold
              JOIN account_dunning_case dunning ON dunning.id = hold.case_id
             WHERE hold.state = 'active' AND dunning.state = 'open' AND dunning.company_id = %(company)s
               AND dunning.partner_id IN (SELECT commercial_partner_id FROM res_partner WHERE id IN %(partners)s)
          ORDER BY hold.id
            """,
            company=company.id,
            partners=tuple(partner_ids),
        )
        found = defaultdict(list)
        for case_id, kind, since, until, amount, judgment, item_ids in self.env.execute_query(query):
            hold = Hold(
                kind,
                since=since,
                until=until,
                amount=Decimal(str(amount)) if amount else None,
                item_ids=frozenset(item_ids),
                causes_before=judgment if kind == "insolvency" else None,
            )
            is_items_own = item_ids and not hold.causes_before and (len(item_ids) == 1 or hold.amount is None)
            for item_id in item_ids if is_items_own else (None,):
                found[case_id, item_id].append(hold)
        return found

    # === Deciding === #

    @api.model
    def _look(self, company, partner_ids):
        """(ledger, standings) of these customers as they are now; nothing is written."""
        ledger = self._read(company, partner_ids)
        self._number_missing_items(ledger)
        return ledger, self._decide(ledger)

    @api.model
    def _number_missing_items(self, ledger):
        """Without writing: lines that have no item yet are decided under the negative of their own id."""
        for row in ledger.rows:
            row["known"] = bool(row["item_id"])
            if not row["known"]:
                row.update(item_id=-row["line_id"], round=0, stage_count=0)

    @api.model
    def _decide(self, ledger):
        """The arbitrated decisions of a chunk whose items and cases exist."""
        policies = self._get_policies(ledger)
        standings = defaultdict(list)
        rows_by_item = {}
        for (partner_id, currency_id), rows in self._by_case(ledger.rows).items():
            items = self._to_items(ledger, rows)
            rows_by_item.update({row["item_id"]: row for row in rows if row["item_id"]})
            open_credits, case_holds = self._get_credits(rows), self._get_case_holds(ledger, rows, partner_id)
            if open_credits or case_holds:
                items = allocate(items, open_credits, case_holds, ledger.today)
            for item in items:
                policy = policies[rows_by_item[item.id]["policy_key"]]
                standings[partner_id, currency_id, policy].append(item)
        rates = self._get_rates(ledger)
        decisions = [
            escalation.decide(
                escalation.Standing(
                    partner_id=partner_id,
                    company_id=ledger.company.id,
                    currency_id=currency_id,
                    items=tuple(items),
                    rate=rates[currency_id],
                    last_left_on=rows_by_item[items[0].id]["last_left"],
                    case_id=rows_by_item[items[0].id]["case_id"] or 0,
                ),
                policy,
                ledger.today,
            )
            for (partner_id, currency_id, policy), items in standings.items()
        ]
        return Standings(escalation.arbitrate(decisions), rows_by_item)

    @api.model
    def _by_case(self, rows):
        cases = defaultdict(list)
        for row in rows:
            cases[row["partner_id"], row["currency_id"]].append(row)
        return cases

    @api.model
    def _get_policies(self, ledger):
        """{key: core policy}; every row learns the key of its policy, which is None where none applies."""
        policy_model = self.env["account.dunning.policy"].sudo()
        policies = {None: None}
        resolved = {}
        for row in ledger.rows:
            chooser = row["move_policy_id"], row["partner_id"]
            if chooser not in resolved:
                resolved[chooser] = policy_model._resolve_row(ledger.company.id, row)
            policy_id, approve_each = resolved[chooser], row["approval"] == "each"
            row["policy_key"] = (policy_id, approve_each) if policy_id else None
            if row["policy_key"] not in policies:
                policies[row["policy_key"]] = self._to_core_policy(policy_model, policy_id, approve_each)
            row["excluded"] = self._get_exclusion(row, policy_model)
        return policies

    @api.model
    def _to_core_policy(self, policy_model, policy_id, approve_each):
        policy = policy_model._get_core(policy_id)
        if not approve_each:
            return policy
        return replace(policy, levels=tuple(replace(level, approval=escalation.MANUAL) for level in policy.levels))

    @api.model
    def _get_exclusion(self, row, policy_model):
        """The code of why this item is not dunned at all, or None."""
        if row["no_followup"] and row["journal_type"] == "general":
            listed = policy_model._get_journal_ids(row["policy_key"][0]) if row["policy_key"] else ()
            return None if row["journal_id"] in listed else "general_journal"
        if row["no_followup"]:
            return "no_followup"
        if row["is_intercompany"]:
            return "intercompany"
        return "never" if row["approval"] == "never" else None

    @api.model
    def _to_items(self, ledger, rows):
        return tuple(self._to_item(ledger, row) for row in rows if row["residual"] > 0 and row["item_id"])

    @api.model
    def _to_item(self, ledger, row):
        row["sent_on"] = row["sent_on"] or self._get_sent_on(row, ledger.today)
        holds = [*ledger.in_process.get(row["line_id"], ()), *ledger.holds.get((row["case_id"], row["item_id"]), ())]
        if row["payment_state"] == "blocked":
            holds.append(Hold("blocked"))
        return escalation.Item(
            id=row["item_id"],
            due_date=row["date_due"],
            residual=Decimal(str(row["residual"])),
            move_id=row["move_id"],
            needs_sending=row["move_type"] != "entry",
            sent_on=row["sent_on"],
            stage=row["stage"],
            stage_count=row["stage_count"] or 0,
            last_notice_on=row["last_notice_date"],
            response_until=row["response_date"],
            under_way=row["under_way"],
            drafted=row["drafted"],
            excluded=row["excluded"],
            cause_on=row["cause_on"],
            at_once=bool(row["at_once"]),
            holds=tuple(holds),
        )

    @api.model
    def _get_sent_on(self, row, today):
        """The day of the first outgoing message, else the day the flag was first seen by a known item, else the
        invoice date, which is all that is known of invoices older than this addon."""
        if row["move_type"] == "entry":
            return None
        if row["message_date"]:
            return row["message_date"]
        if not row["is_move_sent"]:
            return None
        return today if row.get("known") else row["invoice_date"]

    @api.model
    def _get_credits(self, rows):
        return tuple(
            Credit(-Decimal(str(row["residual"])), row["reversed_entry_id"] or 0) for row in rows if row["residual"] < 0
        )

    @api.model
    def _get_case_holds(self, ledger, rows, partner_id):
        case_ids = {row["case_id"] for row in rows if row["case_id"]}
        of_case = [hold for case_id in case_ids for hold in ledger.holds.get((case_id, None), ())]
        return (*of_case, *ledger.customer_in_process.get((partner_id, rows[0]["currency_id"]), ()))

    @api.model
    def _get_rates(self, ledger):
        """{currency: company currency for one unit of it, today}"""
        company = ledger.company
        currencies = self.env["res.currency"].browse({row["currency_id"] for row in ledger.rows})
        return {
            currency.id: Decimal(str(currency._convert(1.0, company.currency_id, company, ledger.today, round=False)))
            if currency != company.currency_id
            else Decimal(1)
            for currency in currencies
        }
