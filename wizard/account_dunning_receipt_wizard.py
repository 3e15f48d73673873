from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningReceiptWizard(models.TransientModel):
    """Receipts as files: dropped on a delivery, chosen, or scanned from paper."""

    _name = "account.dunning.receipt.wizard"
    _description = "Add Receipts"

    delivery_id = fields.Many2one(
        "account.dunning.delivery", required=True, readonly=True, related_sudo=False, ondelete="cascade"
    )
    method = fields.Selection(related="delivery_id.method", related_sudo=False)
    line_ids = fields.One2many("account.dunning.receipt.wizard.line", "wizard_id", string="Files")

    @api.model
    def _open(self, delivery, files=()):
        """`files`: [(name, content as base64)]"""
        delivery.ensure_one()
        lines = self.env["account.dunning.receipt.wizard.line"]._prepare(delivery, files)
        wizard = self.create({"delivery_id": delivery.id, "line_ids": [fields.Command.create(line) for line in lines]})
        return {
            "name": self.env._("Add Receipts: %s", delivery.display_name),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def action_add(self):
        """Each file becomes a proof; what it says is declared where the file alone does not prove it."""
        self.ensure_one()
        self.delivery_id.check_access("write")
        if not self.line_ids:
            raise UserError(self.env._("Add a file first."))
        for line in self.line_ids:
            self.delivery_id._check_told(line.file_name, line.kind, line.date_event)
            line._add()
        return {"type": "ir.actions.act_window_close"}
