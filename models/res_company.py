from datetime import date, datetime, time, timedelta

import pytz

from odoo import api, fields, models, modules
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_date

OPENS, CLOSES = time(8, 30), time(18, 0)
OTHER_DUNNING = ("account_followup", "account_credit_control")  # modules that write to the same customers
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
    dunning_second_approval_amount = fields.Monetary(
        string="Two People Approve From",
        help="A notice that waits for approval and whose total reaches this amount needs two different managers; "
        "0 for one manager whatever the amount.",
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

    dunning_user_id = fields.Many2one(
        "res.users", string="Responsible for Dunning", help="Gets the tasks of customers who have nobody of their own."
    )
    dunning_law_country_id = fields.Many2one(
        "res.country",
        string="Governing Law",
        help="The country whose law your contracts choose. Empty: the company's own for businesses and public bodies, "
        "the customer's for consumers.",
    )
    dunning_approver_id = fields.Many2one(
        "res.users",
        string="Approves Notices",
        help="Gets the tasks to approve notices that waited for three working days; any dunning manager may approve.",
    )
    dunning_list_pending = fields.Boolean(
        string="List To Be Seen Again",
        readonly=True,
        help="Sending was switched off meanwhile: it starts again with tonight's list.",
    )
    dunning_baseline_date = fields.Date(
        string="Dunned Since",
        readonly=True,
        help="The day on which somebody looked at the list of old debts and decided how they start.",
    )
    dunning_bank_journal_ids = fields.Many2many(
        "account.journal",
        "res_company_dunning_bank_journal_rel",
        string="Banks That Count",
        domain="[('type', '=', 'bank'), ('company_id', 'parent_of', id)]",
        help="While the entries of one of these banks are older than the days allowed, notices are prepared and none "
        "is sent: the customer may have paid.",
        groups="account_dunning.group_dunning_user,base.group_system",
    )
    dunning_bank_days = fields.Integer(
        string="Working Days a Bank May Be Late", default=3, help="Counted back from today, without weekends."
    )

    @api.constrains("dunning_mode", "dunning_baseline_date", "dunning_list_pending")
    def _check_dunning_baseline(self):
        """Sending begins, also after a break, with tonight's list and a decision on old debts, not by a write."""
        for company in self:
            is_seen = company.dunning_baseline_date and not company.dunning_list_pending
            if company.dunning_mode == "send" and not is_seen:
                raise RedirectWarning(
                    self.env._("%s does not send yet: look at tonight's list and decide on old debts.", company.name),
                    self.env.ref("account_dunning.account_dunning_start_action").id,
                    self.env._("Look at the list"),
                    {"allowed_company_ids": company.ids},
                )

    _dunning_second_approval_not_negative = models.Constraint(
        "CHECK (dunning_second_approval_amount >= 0)", "The amount from which two people approve must not be negative."
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
        if vals.get("dunning_mode") == "off":
            vals = {**vals, "dunning_baseline_date": False}
        if vals.get("dunning_mode", "send") != "send" and any(company.dunning_mode == "send" for company in self):
            vals = {**vals, "dunning_list_pending": True}
        if vals.get("dunning_mode") == "send" and any(company.dunning_mode != "send" for company in self):
            self._check_no_other_dunning()
        return super().write(vals)

    @api.model
    def _check_no_other_dunning(self):
        other = self._get_other_dunning()
        if other:
            raise UserError(
                self.env._(
                    "%s writes to the same customers. Uninstall it, or switch its automatic sending off, first.", other
                )
            )

    @api.model
    def _get_other_dunning(self):
        """The name of another module of this database that dunnes customers by itself, or an empty text."""
        modules = self.env["ir.module.module"].sudo()
        found = modules.search([("name", "in", OTHER_DUNNING), ("state", "in", ("installed", "to upgrade"))])
        for module in found:
            if module.name != "account_followup" or self._does_followup_send():
                return f"{module.shortdesc} ({module.name})"
        return ""

    @api.model
    def _does_followup_send(self):
        """True unless every follow-up level of Odoo Enterprise is known to wait for a person."""
        levels = self.env.get("account_followup.followup.line")
        if levels is None or "auto_execute" not in levels._fields:
            return True
        return bool(levels.sudo().search_count([("auto_execute", "=", True)], limit=1))

    # === Are the bank's entries recent enough? === #

    def _get_late_bank(self):
        """(journal, day of its last entry or None) of the bank that counts whose entries are the oldest, if too old."""
        self.ensure_one()
        journals = self.dunning_bank_journal_ids
        if not journals:
            return None
        last = self._get_last_bank_days(journals)
        journal = min(journals, key=lambda journal: last.get(journal.id) or date.min)
        day = last.get(journal.id)
        limit = self._add_working_days(self._dunning_today(), -self.dunning_bank_days)
        return None if day and day >= limit else (journal, day)

    def _get_last_bank_days(self, journals):
        """{journal id: day of the newest bank line or, where no bank line was ever entered, payment or entry}"""
        self.env.flush_all()
        query = SQL(
            """
            SELECT move.journal_id,
                   COALESCE(MAX(move.date) FILTER (WHERE move.statement_line_id IS NOT NULL), MAX(move.date))
              FROM account_move move
             WHERE move.journal_id IN %s AND move.state = 'posted' AND move.date <= %s
          GROUP BY move.journal_id
            """,
            tuple(journals.ids),
            self._dunning_today(),
        )
        return dict(self.env.execute_query(query))

    def _get_bank_warning(self):
        late = self._get_late_bank()
        return self._say_late_bank(*late) if late else ""

    @api.model
    def _say_late_bank(self, journal, day):
        if not day:
            return self.env._("%s has no bank entries: notices are prepared, none is sent.", journal.name)
        return self.env._(
            "Bank entries of %(journal)s end on %(date)s: notices are prepared, none is sent.",
            journal=journal.name,
            date=format_date(self.env, day),
        )

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

    @api.model
    def _dunning_is_trial(self):
        """In a database with our demo data, or of tests: only there a test service may stand for a real one."""
        demo = self.env.ref("account_dunning.demo_customer_1", raise_if_not_found=False)
        return bool(demo or modules.module.current_test)

    def _dunning_utc(self, moment):
        """The other way round: what the company's clock shows, as UTC."""
        zone = pytz.timezone(self.dunning_tz or "Europe/Paris")
        return zone.localize(moment).astimezone(pytz.utc).replace(tzinfo=None)

    def _dunning_today(self):
        return self._dunning_now().date()

    def _dunning_window_is_open(self):
        if not self.dunning_business_hours_only:
            return True
        now = self._dunning_now()
        return self._is_working_day(now.date()) and OPENS <= now.time() < CLOSES

    @api.model
    def _get_dunning_senders(self):
        """The companies that may issue and send now: mode `send`, sending window open, bank entries recent."""
        return (
            self.sudo()
            .search([("dunning_mode", "=", "send")])
            .filtered(lambda company: company._dunning_window_is_open() and not company._get_late_bank())
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
