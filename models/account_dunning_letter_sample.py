"""What a letter of a level looks like: its texts as they stand in the form, with an invented customer."""

from datetime import timedelta

from odoo import Command, api, models
from odoo.tools.misc import get_lang

from .account_dunning_surroundings import Surroundings


class AccountDunningLetterSample(models.AbstractModel):
    _name = "account.dunning.letter.sample"
    _description = "Sample of a Dunning Letter"

    @api.model
    def _render(self, level):
        """The page of an invented notice of `level`, which need not be saved; in the language of the form."""
        lang = get_lang(self.env).code
        return self.with_context(lang=lang)._write(level.with_context(lang=lang))

    @api.model
    def _write(self, level):
        notice = self._invent_notice(level)
        enclosed = self.env["account.dunning.enclosures"]._invent(level, notice.line_ids.mapped("name"))
        around = Surroundings([], [], notice.browse(), enclosed)
        today = notice.company_id._dunning_today()
        letter = self.env["account.dunning.letter"]._write(notice, around, today, self.env._("SAMPLE"))
        notice.update({name: value for name, value in letter.vals.items() if name != "line_ids"})
        return self.env["account.dunning.letter.images"]._put_in(notice)

    @api.model
    def _invent_notice(self, level):
        company = level.policy_id.company_id or self.env.company
        claimed = level.interest_mode == "claim"
        return self.env["account.dunning.notice"].new(
            {
                "company_id": company.id,
                "currency_id": company.currency_id.id,
                "partner_id": self._invent_customer(level, company),
                "policy_id": level.policy_id,
                "level_id": level,
                "channel_id": level.channel_id,
                "line_ids": [Command.create(vals) for vals in self._invent_lines(level, company)],
                "amount_claimed": 3480.0,
                "amount_total": 3480.0 + (127.42 if claimed else 0),
                "amount_interest": 47.42,
                "amount_compensation": 80.0,
                "interest_mode": level.interest_mode,
                "interest_terms": self.env._("(The law and its rates stand here.)"),
            }
        )

    @api.model
    def _invent_customer(self, level, company):
        person = level.policy_id.debtor_kind == "consumer"
        return self.env["res.partner"].new(
            {
                "name": "Jeanne Martin" if person else self.env._("Sample Customer Ltd"),
                "street": self.env._("12 High Street"),
                "zip": "69002",
                "city": "Lyon",
                "country_id": company.country_id.id,
                "is_company": not person,
                "debtor_kind": level.policy_id.debtor_kind,
            }
        )

    @api.model
    def _invent_lines(self, level, company):
        today = company._dunning_today()
        for number, original, open_amount, days in (("0012", 1200.0, 1200.0, 40), ("0031", 3000.0, 2280.0, 22)):
            due = today - timedelta(days=days)
            yield {
                "role": "claimed",
                "level_id": level,
                "name": f"INV/{due.year}/{number}",
                "date_invoice": due - timedelta(days=30),
                "date_due": due,
                "days_overdue": days,
                "amount_original": original,
                "amount_residual": open_amount,
                "amount_claimed": open_amount,
            }
