from odoo import api, fields, models

from ..models.account_dunning_erasure import GROUNDS


class AccountDunningErasureWizard(models.TransientModel):
    """Why proofs should be erased; a second manager decides."""

    _name = "account.dunning.erasure.wizard"
    _description = "Ask for an Erasure"

    proof_ids = fields.Many2many("account.dunning.proof", string="Proofs", required=True)
    ground = fields.Selection(GROUNDS, required=True, default="retention")
    reason = fields.Char(
        required=True,
        help="Kept for ever in the chain of proofs: name nobody, give the reference of the letter or of the decision.",
    )

    @api.model
    def _open(self, proofs):
        return {
            "name": self.env._("Ask for an Erasure"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_proof_ids": proofs.ids},
        }

    def action_ask(self):
        self.ensure_one()
        self.env["account.dunning.erasure"]._ask(self.proof_ids, self.ground, self.reason)
        return self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_erasure_action")
