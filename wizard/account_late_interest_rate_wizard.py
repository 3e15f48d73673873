from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.ecb import get_half_year_end
from ..models.account_late_interest_rate import REFERENCES


class AccountLateInterestRateWizard(models.TransientModel):
    _name = "account.late.interest.rate.wizard"
    _description = "Enter a New Rate"

    reference = fields.Selection(
        REFERENCES,
        required=True,
        string="Rate",
        default="ecb_mro",
    )
    last_rate_id = fields.Many2one(
        "account.late.interest.rate", compute="_compute_last_rate_id", string="Last Known Rate"
    )
    last_percent = fields.Float(related="last_rate_id.percent", string="Last Percent")
    publisher = fields.Char(compute="_compute_last_rate_id", string="Published By")
    date_start = fields.Date(compute="_compute_date_start", store=True, readonly=False, string="From")
    date_end = fields.Date(compute="_compute_date_end", store=True, readonly=False, string="To")
    percent = fields.Float(digits=(6, 2), string="Percent a Year")
    is_zero = fields.Boolean(string="It Is Really 0 %")
    source = fields.Char(
        string="Source of the Figure",
        compute="_compute_source",
        store=True,
        readonly=False,
        help="Where you read it: printed with the working of the interest.",
    )

    @api.depends("reference")
    @api.depends_context("lang")
    def _compute_last_rate_id(self):
        rates = self.env["account.late.interest.rate"]
        publishers = rates._get_publishers()
        for wizard in self:
            wizard.last_rate_id = rates.search([("reference", "=", wizard.reference)], limit=1)
            wizard.publisher = publishers.get(wizard.reference)

    @api.depends("reference")
    def _compute_date_start(self):
        """The half-year after the last one that is known."""
        for wizard in self:
            last = wizard.last_rate_id.date_end
            today = fields.Date.context_today(wizard)
            wizard.date_start = last + timedelta(days=1) if last else date(today.year, 1 if today.month < 7 else 7, 1)

    @api.depends("date_start")
    def _compute_date_end(self):
        for wizard in self:
            wizard.date_end = wizard.date_start and get_half_year_end(wizard.date_start)

    @api.depends("reference")
    def _compute_source(self):
        """Who published the last one, without the page it was read on."""
        for wizard in self:
            wizard.source = (wizard.last_rate_id.source or "").partition(", http")[0]

    def action_enter(self):
        self.ensure_one()
        if not self.percent and not self.is_zero:
            raise UserError(self.env._("Enter the percent; if it is really 0 %, tick the box that says so."))
        self.env["account.late.interest.rate"].create(
            {name: self[name] for name in ("reference", "date_start", "date_end", "percent", "source")}
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
