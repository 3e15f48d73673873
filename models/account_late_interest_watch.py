"""Rates that end before the next one is entered: who is told, where."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_date

DAYS_BEFORE = 30
REMINDER = "mail.mail_activity_data_todo"


class AccountLateInterestWatch(models.AbstractModel):
    _name = "account.late.interest.watch"
    _description = "Watch on Late Interest Rates"

    @api.model
    def _get_warnings(self, company):
        """Sentences for the settings and the desk."""
        today = company._dunning_today()
        fetch = self.env["account.late.interest.fetch"]
        problems = fetch._say_problems() if fetch._is_on() else []
        return [*self._say_endings(self._get_endings(company), today), *problems]

    @api.model
    def _get_endings(self, company):
        """[[rate, last known day or False]] of the rates of the company's law that end soon, or have ended."""
        regimes = self.env["account.late.interest.regime"]._get_of_company(company).sudo()
        needed = {*regimes.mapped("reference"), *regimes.mapped("floor_reference")} - {False}
        last = dict(
            self.env["account.late.interest.rate"]
            .sudo()
            ._read_group([("reference", "in", list(needed))], ["reference"], ["date_end:max"])
        )
        limit = company._dunning_today() + timedelta(days=DAYS_BEFORE)
        return [
            [reference, fields.Date.to_string(last.get(reference)) or False]
            for reference in sorted(needed)
            if not last.get(reference) or last[reference] < limit
        ]

    @api.model
    def _say_endings(self, endings, today):
        return [self._say_ending(reference, fields.Date.to_date(last), today) for reference, last in endings]

    @api.model
    def _say_ending(self, reference, last, today):
        rates = self.env["account.late.interest.rate"]
        facts = {
            "name": rates._get_references().get(reference, reference),
            "publisher": rates._get_publishers().get(reference, reference),
            "date": format_date(self.env, last) if last else "",
        }
        if not last:
            return self.env._("%(name)s: no rate is known. Enter the one of %(publisher)s.", **facts)
        if last < today:
            return self.env._(
                "%(name)s: no rate is known after %(date)s, so no interest can be computed. "
                "Enter the one of %(publisher)s.",
                **facts,
            )
        return self.env._(
            "%(name)s: known until %(date)s only. Enter the next one as soon as it is out, from %(publisher)s.", **facts
        )

    # === The reminder === #

    @api.model
    def _remind(self, company, endings):
        """One activity for the responsible on the last known rate, which the entry of the next one removes."""
        responsible = company.dunning_user_id
        if not responsible:
            return
        today = company._dunning_today()
        for reference, last in endings:
            rate = self._get_last_rate(reference)
            if rate and responsible not in rate.activity_ids.user_id:
                sentence = self._say_ending(reference, fields.Date.to_date(last), today)
                rate.activity_schedule(
                    REMINDER, rate.date_end, self.env._("Enter the next rate"), sentence, user_id=responsible.id
                )

    @api.model
    def _get_last_rate(self, reference):
        return self.env["account.late.interest.rate"].sudo().search([("reference", "=", reference)], limit=1)

    @api.model
    def _close_reminders(self, entered):
        for rate in entered.sudo().filtered("active"):
            earlier = [("reference", "=", rate.reference), ("date_end", "<", rate.date_start)]
            rate.search([*earlier, ("activity_ids", "!=", False)]).activity_unlink([REMINDER])
