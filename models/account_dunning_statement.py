"""The statement of account of a customer: what is open in the books on a day, without any claim."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.image import image_data_uri
from odoo.tools.misc import formatLang, get_lang
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..core import statement
from .account_dunning_letter import DOCTYPE
from .account_dunning_letter_images import LOGO
from .letter_dates import format_day, format_long
from .pdf_pages import split_letters


class Account(NamedTuple):
    """A customer's open entries in one currency; `rows`: {entry id: what else was read of it}."""

    currency: object
    statement: statement.Statement
    rows: dict


class AccountDunningStatement(models.AbstractModel):
    _name = "account.dunning.statement"
    _description = "Statement of Account"

    # === Reading === #

    @api.model
    def _read(self, company, partners, day):
        """{customer: [Account]} of those with something open on `day`, in the order of `partners`; by one query."""
        self._check_readable(company, partners)
        rows_by_account = defaultdict(list)
        for row in self._query(company, partners, day):
            rows_by_account[row["partner_id"], row["currency_id"]].append(row)
        accounts = defaultdict(list)
        for (partner_id, currency_id), rows in rows_by_account.items():
            currency = self.env["res.currency"].browse(currency_id)
            drawn = statement.draw_up(map(self._get_entry, rows), day, Decimal(str(currency.rounding)))
            if drawn.items or drawn.credits:
                accounts[partner_id].append(Account(currency, drawn, {row["id"]: row for row in rows}))
        return {one: self._sort(company, accounts[one.id]) for one in partners if one.id in accounts}

    @api.model
    def _check_readable(self, company, partners):
        """The query asks nobody: whoever draws up a statement reads the books of this company and these customers."""
        self.env["account.move.line"].check_access("read")
        partners.check_access("read")
        if company not in self.env.companies:
            raise AccessError(self.env._("You do not work in this company: choose one of yours."))

    @api.model
    def _query(self, company, partners, day):
        """What is open today or was settled after `day` only; the paid history before it is left alone."""
        self.env.flush_all()
        query = SQL(
            """
            SELECT line.id, line.date, COALESCE(line.date_maturity, line.date) AS date_due,
                   line.amount_currency AS original, line.currency_id, partner.commercial_partner_id AS partner_id,
                   move.name, move.ref, COALESCE(move.invoice_date, line.date) AS date_document, move.move_type,
                   move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL AS is_payment,
                   matched.days, matched.amounts
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (
                SELECT array_agg(max_date) AS days, array_agg(amount) AS amounts
                  FROM (SELECT max_date, debit_amount_currency AS amount
                          FROM account_partial_reconcile WHERE debit_move_id = line.id
                         UNION ALL
                        SELECT max_date, -credit_amount_currency
                          FROM account_partial_reconcile WHERE credit_move_id = line.id) AS partial) AS matched
             WHERE line.account_id = ANY(ARRAY(SELECT id FROM account_account WHERE account_type = 'asset_receivable'))
               AND line.partner_id = ANY(ARRAY(SELECT id FROM res_partner WHERE commercial_partner_id IN %(partners)s))
               AND line.parent_state = 'posted'
               AND line.company_id = %(company)s
               AND line.date <= %(day)s
               AND (line.amount_residual_currency != 0
                    OR EXISTS (SELECT FROM account_partial_reconcile later
                                WHERE later.debit_move_id = line.id AND later.max_date > %(day)s)
                    OR EXISTS (SELECT FROM account_partial_reconcile later
                                WHERE later.credit_move_id = line.id AND later.max_date > %(day)s))
            """,
            partners=tuple(partners.ids or [0]),
            company=company.id,
            day=day,
        )
        return self.env.execute_query_dict(query)

    @api.model
    def _get_entry(self, row):
        amounts = (Decimal(str(amount)) for amount in row["amounts"] or ())
        matches = tuple(zip(row["days"] or (), amounts, strict=True))
        return statement.Entry(row["id"], row["date"], row["date_due"], Decimal(str(row["original"])), matches)

    @api.model
    def _sort(self, company, accounts):
        """The company's own currency first."""
        return sorted(accounts, key=lambda one: (one.currency != company.currency_id, one.currency.name))

    # === The document === #

    @api.model
    def _render(self, company, partners, day, lang=None):
        """One PDF, each customer beginning a page of his own, in his language or `lang`; b"" where nothing is open."""
        found = self._read(company, partners, day)
        pages = [self._render_page(company, partner, day, accounts, lang) for partner, accounts in found.items()]
        return self._make_pdf(pages, [f"{partner.name or ''}, {day}" for partner in found]) if pages else b""

    @api.model
    def _make_pdf(self, pages, labels):
        """Each page of paper carries its label and number; an engine with unpatched Qt takes one page at a time."""
        document = self.env["account.dunning.document"]
        if len(pages) > 1 and _wkhtml().is_patched_qt:
            return merge_pdf(split_letters(document._run(pages), labels))
        return merge_pdf([document._print(page, label) for page, label in zip(pages, labels, strict=True)])

    @api.model
    def _render_page(self, company, partner, day, accounts, lang=None):
        lang = get_lang(self.env, lang or partner.lang or company.sudo().partner_id.lang).code
        in_language = (record.sudo().with_context(lang=lang) for record in (company, partner))
        words = self.with_context(lang=lang)._get_shown(*in_language, day, accounts)
        page = str(self.env["ir.qweb"]._render("account_dunning.statement_letter", {"letter": words}, lang=lang))
        logo = image_data_uri(company.sudo().logo_web) if words["has_logo"] else ""
        return DOCTYPE + page.strip().replace(LOGO, logo)

    @api.model
    def _get_shown(self, company, partner, day, accounts):
        """What the template shows, as text in the language of the context."""
        letter = self.env["account.dunning.letter"]
        today = company._dunning_today()
        return {
            **letter._get_stationery(company, partner, format_long(self.env, today)),
            "subject": self.env._("Statement of account on %s", format_long(self.env, day)),
            **self._get_sentences(day, today),
            "accounts": [self._get_account(account) for account in accounts],
            "is_owed": any(account.statement.balance > 0 for account in accounts),
            "payment": self._get_payment(company, partner),
            "contact": letter._say_contact(company),
            "disregard": "",
        }

    @api.model
    def _get_sentences(self, day, today):
        words = {"day": format_long(self.env, day), "today": format_long(self.env, today)}
        return {
            "opening": self.env._(
                "Please find below what is open on your account in our books on %(day)s. If your books show another "
                "balance, please tell us.",
                **words,
            ),
            "basis": self.env._(
                "Counted are the entries, and what settled them, dated up to %(day)s, as our books stand on %(today)s. "
                "Negative amounts are credits in your favour.",
                **words,
            ),
        }

    @api.model
    def _get_payment(self, company, partner):
        """No code to scan: what is paid, and when, is the customer's to say."""
        return {
            **self.env["account.dunning.letter"]._get_account(company._get_dunning_bank()),
            "reference": partner.ref or self.env._("numbers of the documents that you pay"),
            "link": "",
            "has_code": False,
        }

    @api.model
    def _get_account(self, account):
        drawn, currency = account.statement, account.currency
        return {
            "caption": self.env._("Account in %s", currency.name),
            "items": [self._get_row(account, one) for one in drawn.items],
            "credits": [self._get_row(account, one) for one in drawn.credits],
            "owed": self._format(drawn.owed, currency),
            "credited": self._format(drawn.credited, currency),
            "ages": [self._format(amount, currency) for amount in drawn.ages.values()],
            "balance_label": f"{self._say_balance(drawn.balance)} ({currency.name})",
            "balance": self._format(drawn.balance, currency),
        }

    @api.model
    def _get_row(self, account, one):
        row, currency = account.rows[one.entry.id], account.currency
        return {
            "name": row["name"],
            "reference": row["ref"] or "",
            "kind": self._say_kind(row),
            "date": format_day(self.env, row["date_document"]),
            "due": format_day(self.env, one.entry.due),
            "days": one.days_late or "",
            "original": self._format(one.entry.original, currency),
            "settled": self._format(one.settled, currency) if one.settled else "",
            "balance": self._format(one.balance, currency),
        }

    @api.model
    def _say_kind(self, row):
        if row["move_type"] == "out_refund":
            return self.env._("Credit note")
        return self.env._("Payment not allocated") if row["is_payment"] else self.env._("Other credit")

    @api.model
    def _say_balance(self, balance):
        if balance < 0:
            return self.env._("Balance in your favour")
        return self.env._("Balance in our favour") if balance else self.env._("Balance")

    @api.model
    def _format(self, amount, currency):
        return formatLang(self.env, float(amount), currency_obj=currency)
