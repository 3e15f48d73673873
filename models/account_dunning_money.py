"""Money on its way: payments that the ledger does not show yet. Each holds its amount, once."""

import re
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core.claims import Hold

DAYS_TO_CREDIT = 30
KINDS = {"credit": "credit_in_progress"}  # what holds the amount, where it is no payment
WORD = re.compile(r"[^\s,;:()]+")


class Money(NamedTuple):
    """One payment or draft credit note: for these invoices, from this customer, with what the bank's text says."""

    source: str
    move_ids: list
    partner_id: int
    text: str
    amount: Decimal
    currency_id: int
    since: object
    days: int


class OnItsWay(NamedTuple):
    """Holds by journal item, holds by (customer, currency), and the customers whose money takes too long."""

    by_line: dict
    by_customer: dict
    late: set


class AccountDunningMoney(models.AbstractModel):
    _name = "account.dunning.money"
    _description = "Money on Its Way"

    @api.model
    def _read(self, company, today, rows):
        """What holds the open items `rows` of one chunk of customers."""
        owed = [row for row in rows if row["residual"] > 0]
        found = OnItsWay(defaultdict(list), defaultdict(list), set())
        moneys = self._match(self._read_all(company, owed), owed)
        answered = self._read_answers(company, today, moneys)
        rests = {row["line_id"]: Decimal(str(row["residual"])) for row in owed}
        by_partner, by_move = defaultdict(list), defaultdict(list)
        for row in sorted(owed, key=lambda row: row["date_due"]):
            by_partner[row["partner_id"]].append(row)
            by_move[row["move_id"]].append(row)
        for money in moneys:
            until = self._get_until(money, today, answered)
            if until is None:
                found.late.add(money.partner_id)
            named = [row for move_id in money.move_ids for row in by_move[move_id]]
            left = self._hold_rows(found, money, until, named, rests)
            if left and by_partner[money.partner_id] and (not named or money.source == "bank"):
                self._hold_customer(found, money._replace(amount=left), until, by_partner[money.partner_id])
        return found

    # === Reading === #

    @api.model
    def _read_all(self, company, owed):
        """Online payments, payments without an entry of their own, incoming bank lines that nobody has matched, and
        credit notes in preparation, for so many days."""
        query = SQL(
            """
            SELECT 'online', ARRAY_AGG(link.invoice_id), MIN(partner.commercial_partner_id), NULL,
                   payment.amount, payment.currency_id,
                   COALESCE(payment.last_state_change, payment.create_date)::date, %(days)s
              FROM payment_transaction payment
              JOIN account_invoice_transaction_rel link ON link.transaction_id = payment.id
              JOIN res_partner partner ON partner.id = payment.partner_id
             WHERE payment.company_id = %(company)s AND link.invoice_id = ANY(%(moves)s)
               AND (payment.state IN ('pending', 'authorized')
                    OR payment.state = 'done' AND payment.is_post_processed IS NOT TRUE)
          GROUP BY payment.id
             UNION ALL
            SELECT 'payment', ARRAY_AGG(link.invoice_id), MIN(partner.commercial_partner_id), NULL,
                   payment.amount, payment.currency_id, payment.date,
                   COALESCE(NULLIF(MIN(method.dunning_days_in_process), 0), %(days)s)
              FROM account_payment payment
              JOIN res_partner partner ON partner.id = payment.partner_id
         LEFT JOIN account_move__account_payment link ON link.payment_id = payment.id
         LEFT JOIN account_move invoice ON invoice.id = link.invoice_id
         LEFT JOIN account_payment_method_line method ON method.id = payment.payment_method_line_id
             WHERE payment.company_id = %(company)s AND payment.move_id IS NULL
               AND payment.payment_type = 'inbound' AND payment.partner_type = 'customer'
               AND partner.commercial_partner_id = ANY(%(partners)s)
               AND (payment.state = 'in_process'
                    OR payment.state = 'paid' AND invoice.payment_state IN ('paid', 'in_payment'))
          GROUP BY payment.id
             UNION ALL
            SELECT 'bank', NULL, COALESCE(partner.commercial_partner_id, owner.partner_id), line.payment_ref,
                   COALESCE(NULLIF(ABS(line.amount_residual), 0), line.amount)::numeric,
                   COALESCE(line.foreign_currency_id, line.currency_id), move.date, %(days)s
              FROM account_bank_statement_line line
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN LATERAL (
                       SELECT MIN(holder.commercial_partner_id) AS partner_id
                         FROM res_partner_bank bank JOIN res_partner holder ON holder.id = bank.partner_id
                        WHERE bank.sanitized_acc_number = UPPER(REGEXP_REPLACE(line.account_number, '\\W', '', 'g'))
                          AND bank.active AND COALESCE(bank.company_id, %(company)s) = %(company)s
                       HAVING COUNT(DISTINCT holder.commercial_partner_id) = 1) owner ON TRUE
             WHERE line.company_id = %(company)s AND line.is_reconciled IS NOT TRUE AND line.amount > 0
               AND move.state = 'posted'
             UNION ALL
            SELECT 'credit', ARRAY[note.reversed_entry_id], partner.commercial_partner_id, NULL,
                   note.amount_total, note.currency_id, note.create_date::date, %(days_to_credit)s
              FROM account_move note JOIN res_partner partner ON partner.id = note.partner_id
             WHERE note.company_id = %(company)s AND note.reversed_entry_id = ANY(%(moves)s)
               AND note.move_type = 'out_refund' AND note.state = 'draft' AND note.amount_total > 0
               AND note.create_date::date >= %(credit_since)s
            """,
            company=company.id,
            days_to_credit=DAYS_TO_CREDIT,
            credit_since=company._dunning_today() - timedelta(days=DAYS_TO_CREDIT),
            days=company.dunning_days_in_process,
            moves=list({row["move_id"] for row in owed}),
            partners=list({row["partner_id"] for row in owed}),
        )
        return [
            Money(
                source,
                [move_id for move_id in move_ids or () if move_id],
                partner_id,
                text,
                Decimal(str(amount)),
                *rest,
            )
            for source, move_ids, partner_id, text, amount, *rest in self.env.execute_query(query)
        ]

    @api.model
    def _match(self, moneys, owed):
        """The money of the customers of `owed`: bank lines know their invoices by the numbers in the text.

        A bank line of the same customer and amount as a payment is the arrival of that payment.
        """
        by_name = {row["name"].upper(): row for row in owed if row["name"]}
        customers = {row["partner_id"] for row in owed}
        matched, announced = [], Counter()
        for money in moneys:
            words = (word.strip(".").upper() for word in WORD.findall(money.text or ""))
            named = [by_name[word] for word in words if word in by_name]
            if named:
                money = money._replace(move_ids=[row["move_id"] for row in named], partner_id=named[0]["partner_id"])
            if money.partner_id not in customers:
                continue
            same = money.partner_id, money.amount, money.currency_id
            if money.source == "bank" and announced[same]:
                announced[same] -= 1
                continue
            announced[same] += money.source not in ("bank", "credit")
            matched.append(money)
        return matched

    # === How long === #

    @api.model
    def _read_answers(self, company, today, moneys):
        """{customer: the last day on which somebody answered the task to look for his payment}"""
        late = {money.partner_id for money in moneys if self._get_end(money) < today}
        if not late:
            return {}
        query = SQL(
            """
            SELECT dunning.partner_id, MAX(task.date_done)
              FROM account_dunning_task task JOIN account_dunning_case dunning ON dunning.id = task.case_id
             WHERE task.kind = 'find_payment' AND task.state = 'done' AND dunning.company_id = %s
               AND dunning.partner_id IN %s GROUP BY dunning.partner_id
            """,
            company.id,
            tuple(late),
        )
        return dict(self.env.execute_query(query))

    @api.model
    def _get_end(self, money):
        return money.since + timedelta(days=money.days)

    @api.model
    def _get_until(self, money, today, answered):
        """The last day that `money` holds; None once it takes too long and nobody has looked for it yet."""
        end = self._get_end(money)
        answer = answered.get(money.partner_id)
        return None if end < today and not (answer and answer > end) else end

    @api.model
    def _raise_tasks(self, ledger):
        """Money that takes too long is looked for by a person before any letter goes."""
        case_ids = {row["case_id"] for row in ledger.rows if row["partner_id"] in ledger.late_money and row["case_id"]}
        self.env["account.dunning.case"].browse(case_ids)._raise_task("find_payment", ledger.today)

    # === How much === #

    @api.model
    def _hold_rows(self, found, money, until, rows, rests):
        """Hold `money` on these journal items, oldest first; what is left of it, in its own currency."""
        left = money.amount
        for row in rows:
            part = min(self._convert(left, money.currency_id, row["currency_id"]), rests[row["line_id"]])
            if part > 0:
                kind = KINDS.get(money.source, "payment_in_process")
                found.by_line[row["line_id"]].append(Hold(kind, until=until, amount=part))
                rests[row["line_id"]] -= part
                left -= self._convert(part, row["currency_id"], money.currency_id)
        return left

    @api.model
    def _hold_customer(self, found, money, until, rows):
        """Hold `money` on one case of the customer: that of its currency, else that of his oldest item."""
        currencies = [row["currency_id"] for row in rows]
        currency_id = money.currency_id if money.currency_id in currencies else currencies[0]
        amount = self._convert(money.amount, money.currency_id, currency_id)
        hold = Hold("payment_in_process", until=until, amount=amount)
        found.by_customer[rows[0]["partner_id"], currency_id].append(hold)

    @api.model
    def _convert(self, amount, from_id, to_id):
        if from_id == to_id:
            return amount
        from_currency, to_currency = self.env["res.currency"].browse((from_id, to_id))
        company = self.env.company
        return Decimal(str(from_currency._convert(float(amount), to_currency, company, company._dunning_today())))
