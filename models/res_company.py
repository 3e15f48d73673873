from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

OPENS, CLOSES = time(8, 30), time(18, 0)
QUIET_PERIODS = ((8, 1, 8, 25), (12, 20, 12, 31), (1, 1, 1, 3))  # first and last month and day


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_mode = fields.Selection(selection="_get_dunning_modes", default="off", required=True, string="Dunning")
    dunning_policy_id = fields.Many2one("account.dunning.policy", string="Default Dunning Policy")
    dunning_tz = fields.Selection(
        selection="_get_timezones", string="Dunning Time Zone", default=lambda self: self.env.user.tz or "Europe/Paris"
    )
    dunning_nightly_cap = fields.Integer(
        string="Notices a Day", default=50, help="At most so many notices are issued a day; 0 for no limit."
    )
    dunning_business_hours_only = fields.Boolean(
        string="Send in Business Hours Only", default=True, help="Working days, 8:30 to 18:00."
    )
    dunning_quiet_periods = fields.Boolean(
        string="Quiet Periods",
        default=True,
        help="No formal notice leaves from 1 to 25 August nor from 20 December to 3 January.",
    )
    dunning_days_in_process = fields.Integer(
        string="Days a Payment May Take",
        default=8,
        help="A payment on its way holds its amount for so many days; then somebody looks for it before any letter "
        "goes.",
    )

    @api.constrains("dunning_policy_id")
    def _check_dunning_policy(self):
        for company in self.filtered("dunning_policy_id"):
            if company.dunning_policy_id.company_id not in company.parent_ids:
                raise ValidationError(
                    self.env._("%s is no policy of this company.", company.dunning_policy_id.display_name)
                )

    def write(self, vals):
        if "dunning_policy_id" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)

    @api.model
    def _get_dunning_modes(self):
        return [
            ("off", self.env._("Off")),
            ("simulate", self.env._("Simulate")),
            ("prepare", self.env._("Prepare")),
            ("send", self.env._("Send")),
        ]

    @api.model
    def _get_timezones(self):
        return [(name, name) for name in sorted(pytz.common_timezones)]

    def _dunning_now(self):
        """The local time of this company, without a time zone."""
        return self._dunning_local(fields.Datetime.now())

    def _dunning_local(self, moment):
        zone = pytz.timezone(self.dunning_tz or "Europe/Paris")
        return pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)

    def _dunning_today(self):
        return self._dunning_now().date()

    def _dunning_window_is_open(self):
        if not self.dunning_business_hours_only:
            return True
        now = self._dunning_now()
        return self._is_working_day(now.date()) and OPENS <= now.time() < CLOSES

    @api.model
    def _get_dunning_senders(self):
        """The companies that may issue and send now: mode `send`, sending window open."""
        return (
            self.sudo()
            .search([("dunning_mode", "=", "send")])
            .filtered(lambda company: company._dunning_window_is_open())
        )

    def _dunning_last_day_over(self):
        """The last day on which nothing can be sent any more: today once the window has closed."""
        now = self._dunning_now()
        is_over = self.dunning_business_hours_only and now.time() >= CLOSES
        return now.date() if is_over else now.date() - timedelta(days=1)

    def _dunning_window_opening(self):
        """The next moment, in UTC, when the sending window opens."""
        day = self._dunning_today()
        if self._dunning_now().time() >= OPENS or not self._is_working_day(day):
            day = self._add_working_days(day, 1)
        zone = pytz.timezone(self.dunning_tz or "Europe/Paris")
        return zone.localize(datetime.combine(day, OPENS)).astimezone(pytz.utc).replace(tzinfo=None)

    def _is_quiet(self, day):
        """True on days when no formal notice leaves."""
        if not self.dunning_quiet_periods:
            return False
        return any((m1, d1) <= (day.month, day.day) <= (m2, d2) for m1, d1, m2, d2 in QUIET_PERIODS)

    def _is_working_day(self, day):
        return day.weekday() < 5 and day not in self._get_holidays(day.year)

    def _get_holidays(self, year):
        """Public holidays of the company's country; none without the library `holidays`, which the settings say."""
        try:
            import holidays
        except ImportError:
            return {}
        try:
            return holidays.country_holidays(self.country_id.code or "", years=year)
        except NotImplementedError:
            return {}

    def _add_working_days(self, day, count):
        """The day `count` working days after `day`, before it where `count` is negative."""
        step = 1 if count > 0 else -1
        for _day in range(abs(count)):
            day += timedelta(days=step)
            while not self._is_working_day(day):
                day += timedelta(days=step)
        return day

    def _get_dunning_sequence(self):
        """This company's numbers of notices, made at the first one."""
        self.ensure_one()
        sequences = self.env["ir.sequence"].sudo()
        found = sequences.search([("code", "=", "account.dunning.notice"), ("company_id", "=", self.id)], limit=1)
        return found or sequences.create(
            {
                "name": self.env._("Dunning notices"),
                "code": "account.dunning.notice",
                "company_id": self.id,
                "prefix": "REL/%(year)s/",
                "padding": 5,
            }
        )
