from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_mode = fields.Selection(related="company_id.dunning_mode", readonly=False)
    dunning_policy_id = fields.Many2one(related="company_id.dunning_policy_id", readonly=False)
    dunning_nightly_cap = fields.Integer(related="company_id.dunning_nightly_cap", readonly=False)
    dunning_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of Dunning Amounts")
    dunning_second_approval_amount = fields.Monetary(
        related="company_id.dunning_second_approval_amount", currency_field="dunning_currency_id", readonly=False
    )
    dunning_business_hours_only = fields.Boolean(related="company_id.dunning_business_hours_only", readonly=False)
    dunning_quiet_periods = fields.Boolean(related="company_id.dunning_quiet_periods", readonly=False)
    dunning_tz = fields.Selection(related="company_id.dunning_tz", readonly=False)
    dunning_days_in_process = fields.Integer(related="company_id.dunning_days_in_process", readonly=False)
    dunning_knows_holidays = fields.Boolean(compute="_compute_dunning_knows_holidays", string="Public Holidays Known")

    dunning_approver_id = fields.Many2one(related="company_id.dunning_approver_id", readonly=False)
    dunning_user_id = fields.Many2one(related="company_id.dunning_user_id", readonly=False)
    dunning_bank_journal_ids = fields.Many2many(related="company_id.dunning_bank_journal_ids", readonly=False)
    dunning_bank_days = fields.Integer(related="company_id.dunning_bank_days", readonly=False)
    dunning_baseline_date = fields.Date(related="company_id.dunning_baseline_date")
    dunning_bank_warning = fields.Char(compute="_compute_dunning_bank_warning")

    dunning_signatory = fields.Char(related="company_id.dunning_signatory", readonly=False)
    dunning_signatory_role = fields.Char(related="company_id.dunning_signatory_role", readonly=False)
    dunning_signature = fields.Image(related="company_id.dunning_signature", readonly=False)
    dunning_window = fields.Selection(related="company_id.dunning_window", readonly=False)

    dunning_receipt_alias = fields.Char(related="company_id.dunning_receipt_alias", readonly=False)
    dunning_receipt_domain = fields.Char(related="company_id.dunning_receipt_domain")
    dunning_anchor_email = fields.Char(related="company_id.dunning_anchor_email", readonly=False)
    dunning_timestamp_url = fields.Char(related="company_id.dunning_timestamp_url", readonly=False)
    dunning_proof_years = fields.Integer(related="company_id.dunning_proof_years", readonly=False)

    dunning_law_country_id = fields.Many2one(related="company_id.dunning_law_country_id", readonly=False)
    dunning_rate_warning = fields.Text(compute="_compute_dunning_rate_warning")
    dunning_fetch_ecb_rate = fields.Boolean(
        string="Fetch the ECB Rate", config_parameter="account_dunning.fetch_ecb_rate"
    )
    dunning_fetch_outcome = fields.Char(compute="_compute_dunning_rate_warning")

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_dunning_rate_warning(self):
        watch, fetch = self.env["account.late.interest.watch"], self.env["account.late.interest.fetch"]
        for settings in self:
            settings.dunning_rate_warning = "\n".join(watch._get_warnings(settings.company_id))
            settings.dunning_fetch_outcome = fetch._say_last()

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_dunning_bank_warning(self):
        for settings in self:
            settings.dunning_bank_warning = settings.company_id._get_bank_warning()

    @api.depends("company_id")
    def _compute_dunning_knows_holidays(self):
        for settings in self:
            company = settings.company_id
            settings.dunning_knows_holidays = bool(company._get_holidays(company._dunning_today().year))
