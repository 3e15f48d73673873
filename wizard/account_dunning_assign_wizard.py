from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningAssignWizard(models.TransientModel):
    """A receipt that names no delivery is given to one, by a record of the chain."""

    _name = "account.dunning.assign.wizard"
    _description = "Assign a Proof"

    proof_ids = fields.Many2many("account.dunning.proof", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    delivery_id = fields.Many2one(
        "account.dunning.delivery",
        string="Delivery",
        domain="[('company_id', '=', company_id), ('date_left', '!=', False)]",
        help="The sending that this receipt belongs to. It cannot be changed afterwards.",
    )

    @api.model
    def _open(self, proofs):
        orphans = proofs.filtered("is_orphan")
        wizard = self.create({"proof_ids": orphans.ids, "company_id": orphans.company_id[:1].id})
        return {
            "name": self.env._("Assign to a Delivery"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def action_assign(self):
        self.ensure_one()
        if not self.delivery_id:
            raise UserError(self.env._("Choose the delivery first."))
        self.delivery_id.check_access("write")
        for proof in self.proof_ids:
            proof.sudo()._assign(self.delivery_id.sudo())
        return {"type": "ir.actions.act_window_close"}
