from datetime import timedelta

from odoo import api, fields, models

from ..core.ecb import get_half_year_end


class AccountLateInterestRateWizard(models.TransientModel):
    _name = "account.late.interest.rate.wizard"
    _description = "Enter a New Rate"

    reference = fields.Selection(
        selection=lambda self: self.env["account.late.interest.rate"]._get_references(),
        required=True,
        string="Rate",
        default="ecb_mro",
    )
    last_rate_id = fields.Many2one(
        "account.late.interest.rate", compute="_compute_last_rate_id", string="Last Known Rate"
    )
    last_percent = fields.Float(related="last_rate_id.percent", string="Last Percent")
    publisher = fields.Char(compute="_compute_last_rate_id", string="Published By")
    date_start = fields.Date(compute="_compute_date_start", store=True, readonly=False, required=True, string="From")
    date_end = fields.Date(compute="_compute_date_end", store=True, readonly=False, required=True, string="To")
    percent = fields.Float(digits=(6, 3), string="Percent a Year")
    source = fields.Char(
        compute="_compute_source",
        store=True,
        readonly=False,
        required=True,
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
            wizard.date_start = last + timedelta(days=1) if last else fields.Date.context_today(self).replace(day=1)

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
        self.env["account.late.interest.rate"].create(
            {name: self[name] for name in ("reference", "date_start", "date_end", "percent", "source")}
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
