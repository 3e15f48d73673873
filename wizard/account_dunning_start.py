from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AccountDunningStart(models.TransientModel):
    _name = "account.dunning.start"
    _description = "Start Sending"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, readonly=True)
    dry_run_id = fields.Many2one("account.dunning.dry.run", readonly=True)
    notice_group_ids = fields.One2many(related="dry_run_id.notice_group_ids", related_sudo=False)
    notice_count = fields.Integer(related="dry_run_id.notice_count", related_sudo=False)
    notice_amounts = fields.Char(related="dry_run_id.notice_amounts", related_sudo=False)
    bank_warning = fields.Char(related="dry_run_id.bank_warning", related_sudo=False)
    nightly_cap = fields.Integer(
        string="Notices a Day",
        default=lambda self: self.env.company.dunning_nightly_cap,
        help="At most so many notices are issued a day, so that a mistake stays small. 0 for no limit.",
    )
    old_days = fields.Integer(string="Old: Due for More Than", default=60)
    old_count = fields.Integer(string="Old Invoices", compute="_compute_old_count")
    treatment = fields.Selection(
        [
            ("level", "They count as reminded today: the next step comes after the days between two notices"),
            ("pause", "They are paused until somebody has looked at them"),
            ("none", "They start with the first reminder like all others"),
        ],
        string="Old Debts",
        required=True,
        default=lambda self: "none" if self.env.company.dunning_baseline_date else "level",
        help="Debts older than this software were dunned elsewhere, or not at all.",
    )
    review_date = fields.Date(
        string="Paused Until", default=lambda self: self.env.company._dunning_today() + timedelta(days=30)
    )

    @api.depends("old_days", "dry_run_id")
    def _compute_old_count(self):
        for start in self:
            old = start.dry_run_id.line_ids.filtered(lambda line, days=start.old_days: line._is_old(days))
            start.old_count = len(old)

    @api.depends("company_id")
    def _compute_display_name(self):
        self.display_name = self.env._("Start sending")

    @api.model
    def action_open(self):
        """Tonight's list of the current company, with the questions before sending starts."""
        self.env["res.company"]._check_no_other_dunning()
        dry_run = self.env["account.dunning.dry.run"].create({})
        dry_run.action_calculate()
        start = self.create({"dry_run_id": dry_run.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Start Sending"),
            "res_model": self._name,
            "res_id": start.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_lines(self):
        return self.dry_run_id.action_lines()

    def action_start(self):
        """Decide on old debts, then let notices leave from the next sending window on."""
        self.ensure_one()
        self._check()
        company = self.company_id.sudo()
        self._treat_old_debts(company)
        company.write(
            {
                "dunning_baseline_date": company.dunning_baseline_date or company._dunning_today(),
                "dunning_list_pending": False,
                "dunning_nightly_cap": self.nightly_cap,
                "dunning_mode": "send",
            }
        )
        return self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_case_action")

    def _check(self):
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("Select %s among your companies first.", self.company_id.sudo().name))
        if self.nightly_cap < 0 or self.old_days < 0:
            raise UserError(self.env._("Days and numbers must not be negative."))
        if self.treatment == "pause" and not self.review_date:
            raise UserError(self.env._("Enter the day by which somebody looks at the old debts."))

    def _treat_old_debts(self, company):
        if self.treatment == "none":
            return
        self.env.flush_all()  # what follows reads with SQL
        baseline = self.env["account.dunning.baseline"].sudo().with_company(company)
        found = baseline._find(company, self.old_days)
        if self.treatment == "level":
            baseline._raise_levels(company, found)
        else:
            baseline._pause(company, found, self.review_date)
