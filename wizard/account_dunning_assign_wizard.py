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
    kind = fields.Selection(selection="_selection_kind", string="What It Is")
    date_event = fields.Date(
        string="Day",
        help="The day that the receipt names: of a registered letter its first presentation, else the day on which it "
        "was received, refused or given back.",
    )

    @api.model
    def _selection_kind(self):
        return self.env["account.dunning.receipt.wizard.line"]._selection_kind()

    @api.model
    def _open(self, proofs):
        orphans = proofs.filtered("is_orphan")
        if len(orphans.company_id) > 1:
            raise UserError(self.env._("These came to several companies: assign those of one company at a time."))
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
        self.proof_ids.check_access("read")
        for proof in self.proof_ids.sudo():
            self.delivery_id._check_told(proof.file_name or proof.display_name, self.kind, self.date_event)
            proof._assign(self.delivery_id.sudo())
            self._state(proof)
        return {"type": "ir.actions.act_window_close"}

    def _state(self, proof):
        """What a person has read in it; where the file alone proves nothing, that is declared."""
        if self.kind:
            proof._state("upload", {"kind": self.kind, "event_time": self.delivery_id._get_noon(self.date_event)})
            self.delivery_id._declare_told(self.kind, self.date_event)
