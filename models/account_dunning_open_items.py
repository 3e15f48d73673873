"""All that is open in the books with a customer, as a plain list without any claim."""

from odoo import api, models
from odoo.tools.misc import format_date, formatLang, get_lang


class AccountDunningOpenItems(models.AbstractModel):
    _name = "account.dunning.open.items"
    _description = "Open Items of a Customer"

    @api.model
    def _render(self, company, partner):
        """(PDF bytes) in the customer's language, b"" where nothing is open."""
        lines = self._find(company, partner)
        if not lines:
            return b""
        lang = get_lang(self.env, partner.lang or company.partner_id.lang).code
        words = self.with_context(lang=lang)._get_printed(company, partner, lines)
        page = self.env["ir.qweb"]._render("account_dunning.open_items", words, lang=lang)
        return self.env["account.dunning.document"]._print(page, "")

    @api.model
    def _find(self, company, partner):
        """Invoices, credits and payments that nothing has settled yet, by due date."""
        return self.env["account.move.line"].search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "child_of", partner.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "!=", 0),
            ],
            order="date_maturity, date, id",
        )

    @api.model
    def _get_printed(self, company, partner, lines):
        """What the template shows, as text in the language of the context."""
        return {
            "company": company,
            "addressee": partner.with_context(lang=self.env.lang)._get_dunning_address(),
            "date": format_date(self.env, company._dunning_today(), date_format="d MMMM yyyy"),
            "rows": [self._get_row(line) for line in lines],
            "totals": [
                self._format(sum(of_currency.mapped("amount_residual_currency")), currency)
                for currency, of_currency in lines.grouped("currency_id").items()
            ],
        }

    @api.model
    def _get_row(self, line):
        return {
            "name": line.move_id.name,
            "reference": line.move_id.ref or "",
            "date": format_date(self.env, line.move_id.invoice_date or line.date),
            "due": format_date(self.env, line.date_maturity) if line.date_maturity else "",
            "original": self._format(line.amount_currency, line.currency_id),
            "balance": self._format(line.amount_residual_currency, line.currency_id),
        }

    @api.model
    def _format(self, amount, currency):
        return formatLang(self.env, amount, currency_obj=currency)
