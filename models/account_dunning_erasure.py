from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

STATES = [("asked", "Asked"), ("released", "Erased"), ("refused", "Refused")]
GROUNDS = [
    ("retention", "The years to keep it are over"),
    ("request", "The person asked for it (GDPR, article 17)"),
]


class AccountDunningErasure(models.Model):
    """The end of one proof's file, asked for by one manager and released by another. Nothing is erased by itself."""

    _name = "account.dunning.erasure"
    _description = "Erasure of a Proof"
    _order = "id desc"
    _rec_name = "proof_id"

    proof_id = fields.Many2one("account.dunning.proof", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="proof_id.company_id", store=True)
    proof_kind = fields.Selection(related="proof_id.kind", string="Kind of Proof")
    notice_id = fields.Many2one(related="proof_id.notice_id")
    retain_until = fields.Date(related="proof_id.retain_until")
    ground = fields.Selection(GROUNDS, required=True, readonly=True)
    reason = fields.Char(
        required=True, readonly=True, help="Kept for ever in the chain of proofs: name nobody, give the reference."
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="asked")
    asked_by_id = fields.Many2one("res.users", string="Asked by", required=True, readonly=True, ondelete="restrict")
    asked_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="restrict")
    decided_on = fields.Datetime(readonly=True)
    record_id = fields.Many2one(
        "account.dunning.proof", string="Record", readonly=True, ondelete="restrict", help="In the chain of proofs."
    )
    outcome = fields.Char(readonly=True, help="Where the same file is kept elsewhere, too.")
    is_mine = fields.Boolean(compute="_compute_is_mine", string="Asked by Me")

    _one_open = models.UniqueIndex("(proof_id) WHERE state = 'asked'", "Its erasure is asked for already.")
    _two_persons = models.Constraint(
        "CHECK (state != 'released' OR (decided_by_id IS NOT NULL AND decided_by_id != asked_by_id))",
        "An erasure needs two persons.",
    )

    @api.depends("asked_by_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for erasure in self:
            erasure.is_mine = erasure.asked_by_id == self.env.user

    # === Never by hand === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Ask for an erasure on the proof itself."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("An erasure is released or refused, never changed."))
        return super().write(vals)

    def unlink(self):
        raise UserError(self.env._("An erasure stays, as the record of who asked and who released."))

    # === Asked for === #

    @api.model
    def _ask(self, proofs, ground, reason):
        """One erasure a proof, by the current user; UserError says which proof must stay, and why."""
        self._check_manager()
        proofs.check_access("read")
        proofs._check_erasable(ground)
        self._check_not_asked(proofs)
        asked = {"ground": ground, "reason": reason.strip(), "asked_by_id": self.env.uid}
        return self.sudo().create([{**asked, "proof_id": proof.id} for proof in proofs]).with_env(self.env)

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise AccessError(self.env._("Erasures are asked for and released by dunning managers."))

    @api.model
    def _check_not_asked(self, proofs):
        waiting = self.sudo().search([("proof_id", "in", proofs.ids), ("state", "=", "asked")], limit=1)
        if waiting:
            raise UserError(
                self.env._(
                    "The erasure of %s is asked for already: it waits for a second manager.", waiting.display_name
                )
            )

    # === Decided === #

    def action_release(self):
        """Erase, as a second manager."""
        self._check_may_decide()
        for erasure in self:
            erasure._check_second_person()
            erasure.proof_id._check_erasable(erasure.ground)
            erasure._release()
        return True

    def action_refuse(self):
        """It stays; whoever asked may withdraw so, too."""
        self._check_may_decide()
        self.sudo().write({"state": "refused", **self._prepare_decision()})
        return True

    def _check_may_decide(self):
        self._check_manager()
        self.check_access("read")
        self.sudo().lock_for_update()
        self.invalidate_recordset(["state"])
        if self.filtered(lambda erasure: erasure.state != "asked"):
            raise UserError(self.env._("This erasure is decided already."))

    def _check_second_person(self):
        if self.is_mine:
            raise UserError(self.env._("You asked for it yourself: another manager releases it, or refuses."))

    def _prepare_decision(self):
        return {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}

    def _release(self):
        proof, elsewhere = self.sudo().proof_id, self._find_elsewhere()
        record = proof._erase(self._say())
        self.sudo().write(
            {"state": "released", "record_id": record.id, "outcome": elsewhere, **self._prepare_decision()}
        )

    def _say(self):
        """What the chain keeps: who and why, nothing of the debtor."""
        return self.env._(
            "Asked by %(asked)s, released by %(released)s. %(ground)s: %(reason)s",
            asked=self.asked_by_id.name,
            released=self.env.user.name,
            ground=dict(self._fields["ground"]._description_selection(self.env))[self.ground],
            reason=self.reason,
        )

    def _find_elsewhere(self):
        """Files of the same content stay on the disk as long as anything else has them: that is said."""
        file = self.sudo().proof_id.attachment_id
        query = SQL(
            "SELECT COUNT(*) FROM ir_attachment WHERE checksum = %s AND id != %s", file.checksum or "", file.id or 0
        )
        [[count]] = self.env.execute_query(query)
        return (
            self.env._("The same file is attached elsewhere, too (%s times): it stays there.", count) if count else ""
        )
