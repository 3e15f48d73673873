from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningPostWizard(models.TransientModel):
    _name = "account.dunning.post.wizard"
    _description = "Mark Letters as Posted"

    date = fields.Date(string="Posted On", required=True, default=lambda self: self.env.company._dunning_today())
    line_ids = fields.One2many("account.dunning.post.wizard.line", "wizard_id", string="Letters")

    @api.model
    def _open(self, deliveries):
        """The dialog with one line for each of these letters that still waits."""
        waiting = deliveries.filtered(lambda delivery: delivery._waits_for_post())
        if not waiting:
            raise UserError(self.env._("None of these letters waits to be posted."))
        lines = [
            fields.Command.create({"delivery_id": delivery.id, "tracking_number": delivery.tracking_number})
            for delivery in waiting
        ]
        return {
            "name": self.env._("Letters Posted"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": lines},
        }

    def action_post(self):
        if self.date > self.env.company._dunning_today():
            raise UserError(self.env._("A letter is marked as posted once it was posted: the day lies ahead."))
        for line in self.line_ids:
            line.delivery_id.action_mark_posted(self.date, line.tracking_number)
        return {"type": "ir.actions.act_window_close"}
