from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_dunning_annexes(self):
        """*Supporting Documents* of the invoice's page."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Supporting Documents of %s", self.display_name),
            "res_model": "account.dunning.annex",
            "view_mode": "list",
            "domain": [("move_id", "=", self.id)],
            "context": {"default_move_id": self.id},
        }

    def button_draft(self):
        """Override of `account`: what is printed after a change is not what the copy says."""
        result = super().button_draft()
        self.env["account.dunning.invoice.copy"].sudo().search([("move_id", "in", self.ids)]).active = False
        return result
