"""From the ledger to `core.escalation.Standing`: the border that records cross once."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core import escalation
from ..core.claims import Credit, Hold, allocate

NUMBER_IN_TEXT = re.compile(r"[^\s,;:()]+")


class Ledger(NamedTuple):
    """What was read of one chunk of customers: rows are dictionaries, keyed and ordered as in the query."""

    company: object
    today: object
    rows: list
    last_left: dict
    holds: dict
    in_process: dict
    customer_in_process: dict


class Standings(NamedTuple):
    """Decisions of one chunk with what is needed to act on them."""

    decisions: list
    rows_by_item: dict


class AccountDunningStanding(models.AbstractModel):
    _name = "account.dunning.standing"
    _description = "Dunning Standing"

    # === Reading === #

    @api.model
    def _read(self, company, partner_ids, bank_lines):
        """The open receivable items of these customers, their credits, holds and money on its way."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._get_ledger_query(company, partner_ids))
        in_process, customer_in_process = self._read_in_process(company, rows, bank_lines)
        return Ledger(
            company=company,
            today=company._dunning_today(),
            rows=rows,
            last_left=self._read_last_left(company, partner_ids),
            holds=self._read_holds(company, partner_ids),
            in_process=in_process,
            customer_in_process=customer_in_process,
        )

    @api.model
    def _get_ledger_query(self, company, partner_ids):
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.partner_id AS line_partner_id,
                   partner.commercial_partner_id AS partner_id, line.currency_id,
                   COALESCE(line.date_maturity, line.date) AS date_due,
                   line.amount_residual_currency AS residual, line.amount_currency AS original,
                   line.no_followup, line.journal_id, journal.type AS journal_type,
                   move.name, move.move_type, move.invoice_date, move.is_move_sent, move.reversed_entry_id,
                   move.dunning_policy_id AS own_policy_id, move.payment_state,
                   item.id AS item_id, item.case_id, item.level_id, item.stage, item.stage_count, item.round,
                   item.last_notice_date, item.response_date, item.sent_on, item.reason AS reason_before,
                   CASE WHEN item.sent_on IS NULL AND move.move_type != 'entry' THEN (
                       SELECT MIN(message.date)::date FROM mail_message message
                        WHERE message.model = 'account.move' AND message.res_id = move.id
                          AND message.message_type = 'email_outgoing')
                   END AS message_date,
                   EXISTS (SELECT 1 FROM account_dunning_notice_line claimed
                             JOIN account_dunning_notice notice ON notice.id = claimed.notice_id
                            WHERE claimed.item_id = item.id AND claimed.role = 'claimed' AND claimed.live
                              AND notice.state = 'issued' AND notice.date_left IS NULL) AS under_way,
                   EXISTS (SELECT 1 FROM account_dunning_notice_line claimed
                             JOIN account_dunning_notice notice ON notice.id = claimed.notice_id
                            WHERE claimed.item_id = item.id AND claimed.role = 'claimed' AND claimed.live
                              AND notice.state IN ('draft', 'approved')) AS drafted
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_journal journal ON journal.id = line.journal_id
              JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN account_dunning_item item ON item.move_line_id = line.id AND item.active
             WHERE line.account_id IN %(accounts)s
               AND line.partner_id BETWEEN %(first)s AND %(last)s
               AND line.partner_id IN %(partners)s
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company)s
               AND line.amount_residual_currency != 0
          ORDER BY partner.commercial_partner_id, line.currency_id, date_due, line.id
            """,
            accounts=tuple(self._get_receivable_accounts(company)) or (0,),
            first=min(partner_ids),
            last=max(partner_ids),
            partners=tuple(partner_ids),
            company=company.id,
        )

    @api.model
    def _get_receivable_accounts(self, company):
        accounts = self.env["account.account"].sudo().with_company(company)
        return accounts.search(
            [("account_type", "=", "asset_receivable"), ("company_ids", "parent_of", company.id)]
        ).ids

    @api.model
    def _read_last_left(self, company, partner_ids):
        """{customer: the last day anything left to it, or counted as such}"""
        query = SQL(
            """
            SELECT partner_id, MAX(left_on) FROM (
                SELECT partner_id, date_left AS left_on FROM account_dunning_notice
                 WHERE company_id = %(company)s AND partner_id IN %(partners)s AND date_left IS NOT NULL
                 UNION ALL
                SELECT partner_id, last_notice_date FROM account_dunning_item
                 WHERE company_id = %(company)s AND partner_id IN %(partners)s AND last_notice_date IS NOT NULL
            ) AS leavings GROUP BY partner_id
            """,
            company=company.id,
            partners=tuple(partner_ids),
        )
        return dict(self.env.execute_query(query))

    @api.model
    def _read_holds(self, company, partner_ids):
        """{(case id, item id or None): [core holds]} of the active holds of these customers."""
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "active"),
            ("case_id.state", "=", "open"),
            ("case_id.partner_id", "in", partner_ids),
        ]
        found = defaultdict(list)
        for hold in self.env["account.dunning.hold"].sudo().search(domain):
            if not hold.item_ids:
                found[hold.case_id.id, None].append(hold._to_core())
            for item in hold.item_ids:
                found[hold.case_id.id, item.id].append(hold._to_core())
        return found

    # === Money on its way === #

    @api.model
    def _read_bank_lines(self, company):
        """Unmatched incoming bank lines: ({word: amount} of their texts, {customer: amount}), each line once."""
        query = SQL(
            """
            SELECT line.payment_ref, line.amount, partner.commercial_partner_id
              FROM account_bank_statement_line line
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.company_id = %s AND line.is_reconciled IS NOT TRUE AND line.amount > 0
            """,
            company.id,
        )
        return self.env.execute_query(query)

    @api.model
    def _read_in_process(self, company, rows, bank_lines):
        """({line id: [holds]}, {customer: [holds]}) of payments that the ledger does not show yet."""
        by_move = defaultdict(list)
        for row in rows:
            if row["residual"] > 0:
                by_move[row["move_id"]].append(row)
        by_name = {row["name"]: row["move_id"] for row in rows if row["name"]}
        in_process, of_customer = defaultdict(list), defaultdict(list)
        for move_id, amount, since in self._read_payments(company, tuple(by_move) or (0,)):
            self._hold_money(in_process, by_move[move_id], Decimal(str(amount)), company, since)
        for text, amount, partner_id in bank_lines:
            words = NUMBER_IN_TEXT.findall(text or "")
            named = next((by_name[word] for word in words if word in by_name), None)
            if named:
                self._hold_money(in_process, by_move[named], Decimal(str(amount)), company)
            elif partner_id:
                of_customer[partner_id].append(Hold("payment_in_process", amount=Decimal(str(amount))))
        return in_process, of_customer

    @api.model
    def _read_payments(self, company, move_ids):
        """(invoice, amount, since) of pending online payments, and of payments without an entry of their own."""
        query = SQL(
            """
            SELECT link.invoice_id, payment.amount, payment.create_date::date
              FROM payment_transaction payment
              JOIN account_invoice_transaction_rel link ON link.transaction_id = payment.id
             WHERE payment.state IN ('pending', 'authorized') AND link.invoice_id IN %(moves)s
             UNION ALL
            SELECT link.invoice_id, payment.amount, payment.date
              FROM account_payment payment
              JOIN account_move__account_payment link ON link.payment_id = payment.id
             WHERE payment.move_id IS NULL AND payment.state = 'in_process' AND link.invoice_id IN %(moves)s
            """,
            moves=move_ids,
        )
        return self.env.execute_query(query)

    @api.model
    def _hold_money(self, in_process, rows, amount, company, since=None):
        """Hold `amount` on the instalments of one invoice, oldest first."""
        until = since + timedelta(days=company.dunning_days_in_process) if since else None
        for row in rows:
            part = min(amount, Decimal(str(row["residual"])))
            if part > 0:
                in_process[row["line_id"]].append(Hold("payment_in_process", until=until, amount=part))
            amount -= part

    # === Deciding === #

    @api.model
    def _number_missing_items(self, ledger):
        """Without writing: lines that have no item yet are decided under the negative of their own id."""
        for row in ledger.rows:
            if not row["item_id"]:
                row.update(item_id=-row["line_id"], round=0, stage_count=0)

    @api.model
    def _decide(self, ledger):
        """The arbitrated decisions of a chunk whose items and cases exist."""
        policies = self._get_policies(ledger)
        standings = defaultdict(list)
        rows_by_item = {}
        for (partner_id, currency_id), rows in self._by_case(ledger.rows).items():
            items = self._to_items(ledger, policies, rows)
            rows_by_item.update({row["item_id"]: row for row in rows if row["item_id"]})
            case_holds = self._get_case_holds(ledger, rows, partner_id)
            for item in allocate(items, self._get_credits(rows), case_holds, ledger.today):
                policy = policies[rows_by_item[item.id]["policy_id"]]
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
                    last_left_on=ledger.last_left.get(partner_id),
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
        """{policy id or None: core policy}; every row learns its policy and whether each notice is approved."""
        partners = self.env["res.partner"].browse({row["partner_id"] for row in ledger.rows})
        resolved = self.env["account.dunning.policy"]._resolve(ledger.company, partners)
        manual = {partner.id: partner.dunning_approval for partner in partners.sudo().with_company(ledger.company)}
        policies = {None: None}
        for row in ledger.rows:
            policy_id = row["own_policy_id"] or resolved[partners.browse(row["partner_id"])].id or None
            row["approval"] = manual[row["partner_id"]]
            row["policy_id"] = (policy_id, row["approval"] == "each") if policy_id else None
            if row["policy_id"] not in policies:
                policies[row["policy_id"]] = self._to_core_policy(*row["policy_id"])
        self._set_exclusions(ledger)
        return policies

    @api.model
    def _to_core_policy(self, policy_id, approve_each):
        policy = self.env["account.dunning.policy"].sudo().browse(policy_id)._to_core()
        if not approve_each:
            return policy
        return replace(policy, levels=tuple(replace(level, approval=escalation.MANUAL) for level in policy.levels))

    @api.model
    def _set_exclusions(self, ledger):
        companies = self.env["res.company"].sudo().search([]).partner_id.ids
        for row in ledger.rows:
            row["excluded"] = self._get_exclusion(row, companies)

    @api.model
    def _get_exclusion(self, row, company_partner_ids):
        """The code of why this item is not dunned at all, or None."""
        if row["no_followup"] and row["journal_type"] == "general":
            policy_id = row["policy_id"] and row["policy_id"][0]
            listed = self.env["account.dunning.policy"].sudo().browse(policy_id).journal_ids.ids
            return None if row["journal_id"] in listed else "general_journal"
        if row["no_followup"]:
            return "no_followup"
        if row["partner_id"] in company_partner_ids:
            return "intercompany"
        return "never" if row["approval"] == "never" else None

    @api.model
    def _to_items(self, ledger, policies, rows):
        return tuple(self._to_item(ledger, row) for row in rows if row["residual"] > 0 and row["item_id"])

    @api.model
    def _to_item(self, ledger, row):
        holds = [*ledger.in_process.get(row["line_id"], ()), *ledger.holds.get((row["case_id"], row["item_id"]), ())]
        if row["payment_state"] == "blocked":
            holds.append(Hold("blocked"))
        return escalation.Item(
            id=row["item_id"],
            due_date=row["date_due"],
            residual=Decimal(str(row["residual"])),
            move_id=row["move_id"],
            needs_sending=row["move_type"] != "entry",
            sent_on=row["sent_on"] or self._get_sent_on(row, ledger.today),
            stage=row["stage"],
            stage_count=row["stage_count"] or 0,
            last_notice_on=row["last_notice_date"],
            response_until=row["response_date"],
            under_way=row["under_way"],
            drafted=row["drafted"],
            excluded=row["excluded"],
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
        return (*of_case, *ledger.customer_in_process.get(partner_id, ()))

    @api.model
    def _get_rates(self, ledger):
        """{currency: company currency for one unit of it, today}"""
        company = ledger.company
        currencies = self.env["res.currency"].browse({row["currency_id"] for row in ledger.rows})
        return {
            currency.id: Decimal(str(currency._convert(1.0, company.currency_id, company, ledger.today, round=False)))
            for currency in currencies
        }
