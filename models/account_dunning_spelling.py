"""Numbers and dates in words, as a formal notice writes them beside the figures."""

from num2words import num2words

from odoo import api, models
from odoo.tools.misc import format_date


class AccountDunningSpelling(models.AbstractModel):
    _name = "account.dunning.spelling"
    _description = "Dunning Spelling"

    @api.model
    def _spell_number(self, number):
        """« huit » for 8 in the language of the context; empty in a language that nobody here can spell."""
        try:
            return num2words(number, lang=self._get_code())
        except NotImplementedError:
            return ""

    @api.model
    def _spell_date(self, day):
        """« trois mars deux mille vingt-six »; empty in a language that nobody here can spell."""
        try:
            return self._join(day) if day else ""
        except NotImplementedError:
            return ""

    @api.model
    def _join(self, day):
        code = self._get_code()
        month = format_date(self.env, day, date_format="MMMM")
        if code == "en":
            number, year = num2words(day.day, to="ordinal", lang=code), num2words(day.year, to="year", lang=code)
            return f"{number} of {month} {year}"
        number = "premier" if code == "fr" and day.day == 1 else num2words(day.day, lang=code)
        joint = " de " if code in ("es", "pt") else " "
        return joint.join((number, month, num2words(day.year, lang=code)))

    @api.model
    def _get_code(self):
        return (self.env.lang or "en_US").split("_")[0]
