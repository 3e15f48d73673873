from odoo import fields, models


class AccountDunningPostWizardLine(models.TransientModel):
    _name = "account.dunning.post.wizard.line"
    _description = "Letter Marked as Posted"

    wizard_id = fields.Many2one("account.dunning.post.wizard", required=True, ondelete="cascade")
    delivery_id = fields.Many2one("account.dunning.delivery", string="Letter", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="delivery_id.partner_id", related_sudo=False)
    method = fields.Selection(related="delivery_id.method", related_sudo=False)
    tracking_number = fields.Char(string="Registered Number")
