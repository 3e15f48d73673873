from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.chain import Head, Walk, explain, read_anchors

SLICE = 500


class AccountDunningVerification(models.TransientModel):
    """All proofs of a chain read again and recomputed, slice by slice."""

    _name = "account.dunning.verification"
    _description = "Verification of the Proofs"

    chain_id = fields.Many2one("account.dunning.chain", required=True, readonly=True, ondelete="cascade")
    outside = fields.Text(
        string="Lines Kept Outside",
        help="Paste what you kept elsewhere: the daily e-mails, the manifest of a dossier. Only with such a line can "
        "anybody tell that the last proofs were removed, or that an older backup was restored.",
    )
    total = fields.Integer(readonly=True)
    done_count = fields.Integer(readonly=True)
    progress = fields.Json(readonly=True, help="Where the next slice begins.")
    state = fields.Selection(
        [("asked", "Asked"), ("intact", "Intact"), ("broken", "Broken")], default="asked", readonly=True
    )
    answer = fields.Text(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_asked(vals, {"chain_id", "outside"})
        return super().create(vals_list)

    def write(self, vals):
        self._check_asked(vals, {"outside"})
        return super().write(vals)

    @api.model
    def _check_asked(self, vals, open_names):
        """Whoever asks says what to compare with; what comes of it nobody writes but the verification."""
        if not self.env.su and vals.keys() - open_names:
            raise UserError(self.env._("What came of a verification is not written by hand: press Verify."))

    @api.model
    def _open(self, chain):
        verification = self.create({"chain_id": chain.id})
        return verification._show()

    def _get_chain(self):
        """All of it, for whoever may read the chain; the dialog of a chain of others opens nothing."""
        self.chain_id.check_access("read")
        return self.chain_id.sudo()

    def _show(self):
        return {
            "name": self.env._("Verification of the Proofs"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def action_verify(self):
        """A few at once; more of them by the client, slice by slice, with a progress bar."""
        self.ensure_one()
        total = self._get_chain().sequence
        self._check_lines()
        begun = {"total": total, "done_count": 0, "progress": False, "state": "asked", "answer": False}
        self.sudo().write(begun)
        if total > SLICE:
            return self._show_progress()
        self.make_slice()
        return self.finish()

    def _check_lines(self):
        """Text without any line of this chain would compare with nothing and look like a yes."""
        lines = read_anchors(self.outside or "")
        if self.outside and self.outside.strip() and not any(uuid == self.chain_id.uuid for uuid, _head in lines):
            raise UserError(
                self.env._(
                    "No line of this chain is in what you pasted. It begins with: account_dunning chain %s. If you are "
                    "sure that you pasted lines of this company, all its proofs were replaced by others.",
                    self.chain_id.uuid,
                )
            )

    def _show_progress(self):
        return {
            "name": self.env._("Verification of the Proofs"),
            "type": "ir.actions.client",
            "tag": "account_dunning_progress",
            "target": "new",
            "params": {
                "model": self._name,
                "res_id": self.id,
                "total": self.total,
                "unit": self.env._("proofs"),
                "finishing": self.env._("Comparing with what was kept outside…"),
                "failing": self.env._("The proofs could not be verified."),
            },
        }

    def make_slice(self):
        """Verify the next proofs; how far it is. Repeated after a failure it begins where it was."""
        self.ensure_one()
        self.lock_for_update()
        self._walk_on()
        return self._tell()

    def _walk_on(self):
        """False where the chain ends, or is broken."""
        walk, chain = self._take_up(), self._get_chain()
        proofs, unreadable = chain._get_proofs(walk.last.sequence + 1, SLICE)._until_unreadable()
        moved = proofs._find_moved()
        for proof in proofs:
            record = proof._read_record()
            finding = walk.step(record) or moved.get(proof)
            if finding:
                self._break(explain(finding, record, chain._has_record))
                return False
        if unreadable:
            self._break(unreadable)
            return False
        last = walk.last.sequence
        self.sudo().write({"progress": self._put_down(walk), "done_count": min(last, self.total)})
        return bool(proofs)

    def _tell(self):
        return {"done": self.done_count, "total": self.total}

    def _take_up(self):
        anchors = [head for uuid, head in read_anchors(self.outside or "") if uuid == self.chain_id.uuid]
        anchors += self._get_chain().anchor_ids._get_heads()
        begun = self.progress or {}
        last = Head(*begun["last"]) if begun else None
        return Walk(self.chain_id.uuid, anchors, last, begun.get("erased", ()), begun.get("erasures", ()))

    def _put_down(self, walk):
        last = [walk.last.sequence, walk.last.record_hash]
        return {"last": last, "erased": walk.erased, "erasures": sorted(walk.erasures)}

    def _break(self, finding):
        self.sudo().write({"state": "broken", "answer": self.chain_id._say(finding), "done_count": self.total})

    def finish(self):
        """What came of it, in words; kept on the chain. What came in since the last slice is verified too."""
        self.ensure_one()
        chain = self._get_chain()
        while self.state == "asked" and self._walk_on():
            pass
        if self.state == "asked":
            finding = self._find_at_end(chain)
            if finding:
                self._break(finding)
            else:
                self.sudo().write({"state": "intact", "answer": self._say_intact()})
        chain._note_verification(self.answer if self.state == "broken" else False)
        return self._show()

    def _find_at_end(self, chain):
        misassigned = self.env["account.dunning.proof"].sudo()._find_misassigned(chain)
        return self._take_up().end(chain._get_head()) or misassigned or chain._find_unsealed()

    def _say_intact(self):
        said = self.env._(
            "All %s proofs are as they were sealed, in their order, with their files.", self._get_chain().sequence
        )
        lines = [head for uuid, head in read_anchors(self.outside or "") if uuid == self.chain_id.uuid]
        if lines:
            compared = self.env._("It agrees with what you kept outside; lines compared: %s.", len(lines))
        else:
            compared = self.env._(
                "Not compared with any line kept outside: whether the last proofs were removed is not checked."
            )
        return f"{said}\n{compared}"
