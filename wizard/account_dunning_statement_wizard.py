from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang

from ..models.file_download import download_from


class AccountDunningStatementWizard(models.TransientModel):
    """The dialog behind *Statement of Account* of customers, cases and the letters of invoices."""

    _name = "account.dunning.statement.wizard"
    _description = "Statement of Account Dialog"

    customer_list = fields.Json(required=True, readonly=True, help="The customers, in the order of the list.")
    company_id = fields.Many2one(
        "res.company",
        string="Company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="What was open in the books on this day: entries and payments dated later do not count.",
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    is_possible = fields.Boolean(compute="_compute_summary")

    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        model, ids = self.env.context.get("active_model"), self.env.context.get("active_ids", [])
        if "customer_list" in fields_list and model == "res.partner":
            defaults["customer_list"] = self.env[model].browse(ids).commercial_partner_id.ids
        if "customer_list" in fields_list and model == "account.dunning.case":
            cases = self.env[model].browse(ids)
            defaults |= {"customer_list": cases.partner_id.ids, "company_id": cases.company_id[:1].id}
        return defaults

    @api.model
    def _open(self, customers, company):
        """The dialog for these customers, as an action."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_statement_wizard_action"),
            "context": {"default_customer_list": customers.ids, "default_company_id": company.id},
        }

    def _get_customers(self):
        return self.env["res.partner"].browse(self.customer_list or []).exists().commercial_partner_id

    # === What is shown first === #

    @api.depends("customer_list", "company_id", "date")
    @api.depends_context("lang")
    def _compute_summary(self):
        for dialog in self:
            obstacle = dialog._get_obstacle()
            rows = [] if obstacle else dialog._get_rows()
            dialog.is_possible = bool(rows)
            words = {"obstacle": obstacle, "rows": rows, "left_out": len(dialog._get_customers()) - len(rows)}
            dialog.summary = self.env["ir.qweb"]._render("account_dunning.statement_summary", words)

    def _get_obstacle(self):
        if not self.date or not self.company_id:
            return self.env._("Enter the day and the company.")
        if self.date > self.company_id._dunning_today():
            return self.env._("The day lies in the future: a statement says what the books show already.")
        return ""

    def _get_rows(self):
        """Who has something open, and how much; the others are only counted."""
        found = self.env["account.dunning.statement"]._read(self.company_id, self._get_customers(), self.date)
        return [
            {"customer": customer.display_name, "balances": [self._say_balance(account) for account in accounts]}
            for customer, accounts in found.items()
        ]

    def _say_balance(self, account):
        return formatLang(self.env, float(account.statement.balance), currency_obj=account.currency)

    # === What is done === #

    def action_print(self):
        """One PDF of all statements, in the order of the list."""
        self.ensure_one()
        obstacle = self._get_obstacle()
        if obstacle:
            raise UserError(obstacle)
        content = self.env["account.dunning.statement"]._render(self.company_id, self._get_customers(), self.date)
        if not content:
            raise UserError(self._say_nothing_open())
        return download_from(self, self._get_file_name(), content)

    def _say_nothing_open(self):
        day, customers = format_date(self.env, self.date), self._get_customers()
        if len(customers) == 1:
            return self.env._("Nothing is open with %(name)s on %(day)s.", name=customers.display_name, day=day)
        return self.env._("Nothing is open with these customers on %s.", day)

    def _get_file_name(self):
        customers = self._get_customers()
        if len(customers) > 1:
            return self.env._("Statements %s.pdf", self.date)
        name = customers.display_name.replace("/", "-")
        return self.env._("Statement %(date)s %(customer)s.pdf", date=self.date, customer=name)
