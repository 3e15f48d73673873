from odoo import fields, models


class AccountDunningRefuseWizard(models.TransientModel):
    _name = "account.dunning.refuse.wizard"
    _description = "Refuse Dunning Notices"

    notice_ids = fields.Many2many("account.dunning.notice", string="Notices", required=True)
    reason = fields.Char(required=True, help="Kept with the notices and on the pause of their items.")

    def action_refuse(self):
        self.notice_ids.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
