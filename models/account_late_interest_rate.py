import csv
from decimal import Decimal

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools.misc import file_open, format_date

from ..core import rates
from ..core.ecb import get_half_year_end

REFERENCES = [
    ("ecb_mro", "ECB main refinancing rate"),
    ("fr_legal_other", "French legal rate (other creditors)"),
    ("fr_legal_consumer", "French legal rate (creditors who are consumers)"),
    ("de_base", "German base rate"),
    ("at_base", "Austrian base rate"),
    ("uk_bank", "Bank of England base rate"),
]
CONFIDENCES = [
    ("verified", "Verified"),
    ("derived", "Derived from another figure"),
    ("memory", "Not checked against a publication"),
    ("low", "Doubtful"),
]
PUBLISHED = "account_dunning/data/account_late_interest_rates.csv"


class AccountLateInterestRate(models.Model):
    """A published rate for a period. The law is the same for all companies: no company."""

    _name = "account.late.interest.rate"
    _description = "Late Interest Rate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "reference, date_start desc, id desc"

    reference = fields.Selection(REFERENCES, required=True, string="Rate")
    date_start = fields.Date(required=True, tracking=True, string="From")
    date_end = fields.Date(required=True, tracking=True, string="To", help="The last day, included.")
    percent = fields.Float(required=True, tracking=True, digits=(6, 2), string="Percent a Year", aggregator=None)
    source = fields.Char(
        string="Source of the Figure",
        help="Who published the figure, and where. Printed with the working of the interest.",
    )
    confidence = fields.Selection(CONFIDENCES, required=True, default="verified")
    active = fields.Boolean(default=True, tracking=True, help="An archived rate is not used.")
    note = fields.Char(translate=True)

    _one_per_start = models.UniqueIndex(
        "(reference, date_start) WHERE active", "There is already a rate that begins on this day."
    )
    _ends_after_start = models.Constraint("CHECK (date_end >= date_start)", "The last day is before the first.")

    @api.model
    def _get_references(self):
        """{rate: its name in the user's language}"""
        return dict(self._fields["reference"]._description_selection(self.env))

    @api.model
    def _get_publishers(self):
        """{rate: who publishes it, and when}"""
        return {
            "ecb_mro": self.env._(
                "the European Central Bank (key interest rates; that of 1 January and 1 July counts)"
            ),
            "fr_legal_other": self.env._("the Journal officiel (order of late June and late December)"),
            "fr_legal_consumer": self.env._("the Journal officiel (order of late June and late December)"),
            "de_base": self.env._("the Deutsche Bundesbank (Bundesanzeiger, early January and early July)"),
            "at_base": self.env._("the Oesterreichische Nationalbank (that of 1 January and 1 July counts)"),
            "uk_bank": self.env._("the Bank of England (Bank Rate; that of 30 June and 31 December counts)"),
        }

    @api.depends("reference", "date_start")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = self._get_references()
        for rate in self:
            since = format_date(self.env, rate.date_start) if rate.date_start else ""
            rate.display_name = f"{names.get(rate.reference, '')} {since}".strip()

    @api.constrains("reference", "date_start", "date_end", "active")
    def _check_overlap(self):
        for rate in self.filtered("active"):
            other = self.search(
                [
                    ("id", "!=", rate.id),
                    ("reference", "=", rate.reference),
                    ("date_start", "<=", rate.date_end),
                    ("date_end", ">=", rate.date_start),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "%(name)s: there is already a rate from %(start)s to %(end)s. Change its dates, or archive it.",
                        name=self._get_references()[rate.reference],
                        start=format_date(self.env, other.date_start),
                        end=format_date(self.env, other.date_end),
                    )
                )

    # === What the engine reads === #

    @api.model
    def _get_reference_rate(self, reference):
        """The core.rates.ReferenceRate of the active rates, under the name that the user knows it by."""
        return rates.ReferenceRate(self._get_references()[reference], self._get_periods(reference))

    @api.model
    @tools.ormcache("reference")
    def _get_periods(self, reference):
        known = [("reference", "=", reference), ("active", "=", True)]
        found = self.sudo().search_fetch(known, ["date_start", "date_end", "percent", "source"])
        return tuple(
            rates.Period(one.date_start, one.date_end, Decimal(str(one.percent)), one.source or "") for one in found
        )

    @api.model_create_multi
    def create(self, vals_list):
        created = super().create(vals_list)
        self.env.registry.clear_cache()
        self.env["account.late.interest.watch"]._close_reminders(created)
        return created

    def write(self, vals):
        written = super().write(vals)
        self.env.registry.clear_cache()
        return written

    def unlink(self):
        unlinked = super().unlink()
        self.env.registry.clear_cache()
        return unlinked

    # === New figures === #

    @api.model
    def _add_published(self):
        """The shipped figures that are missing; what is there, archived or changed by hand, stays as it is."""
        with file_open(PUBLISHED, "r") as file:
            rows = list(csv.DictReader(file))
        known = {(one.reference, one.date_start.isoformat()) for one in self.with_context(active_test=False).search([])}
        self.with_context(tracking_disable=True).create(
            [
                {**row, "percent": float(row["percent"]), "active": row["active"] == "1"}
                for row in rows
                if (row["reference"], row["date_start"]) not in known
            ]
        )

    @api.model
    def action_fetch(self):
        """Ask the ECB now, whatever the settings say of every day; tell what came of it."""
        self.check_access("create")
        fetch = self.env["account.late.interest.fetch"]
        fetch._fetch()
        problems = fetch._say_problems()
        params = {
            "message": " ".join(problems or [fetch._say_last()]),
            "type": "warning" if problems else "success",
            "sticky": bool(problems),
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    @api.model
    def _add_missing(self, reference, periods):
        """(the rates added, [(the known rate, the percent told)] of those that differ and stay as they are)"""
        known = {one.date_start: one for one in self.search([("reference", "=", reference)])}
        differing = [
            (known[one.start], one.percent)
            for one in periods
            if one.start in known and Decimal(str(known[one.start].percent)) != one.percent
        ]
        added = self.create(
            [
                {
                    "reference": reference,
                    "date_start": one.start,
                    "date_end": one.end,
                    "percent": float(one.percent),
                    "source": one.source,
                }
                for one in periods
                if one.start not in known
            ]
        )
        return added, differing

    @api.onchange("date_start")
    def _onchange_date_start(self):
        """Rates are published by the half-year."""
        if self.date_start and not self.date_end:
            self.date_end = get_half_year_end(self.date_start)
