from odoo import fields, models


class AccountDunningPlanWizardLine(models.TransientModel):
    _name = "account.dunning.plan.wizard.line"
    _description = "Instalment of a Plan"
    _order = "date, id"

    wizard_id = fields.Many2one("account.dunning.plan.wizard", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id", related_sudo=False)
    date = fields.Date(string="To Be Paid By", required=True)
    amount = fields.Monetary(required=True)
