import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningExport(models.Model):
    """One dossier, or the whole chain, that was handed out: who took it, for whom and why. Never changed."""

    _name = "account.dunning.export"
    _description = "Export of a Dossier"
    _order = "id desc"
    _rec_name = "recipient"

    case_id = fields.Many2one("account.dunning.case", readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer", store=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    notice_ids = fields.Many2many("account.dunning.notice", string="Notices", readonly=True)
    is_whole_case = fields.Boolean(string="Whole Case", readonly=True)
    is_whole_chain = fields.Boolean(string="Whole Chain", readonly=True, help="All proofs of the company.")
    date = fields.Datetime(string="Made On", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True, ondelete="restrict")
    target = fields.Selection(selection="_get_targets", string="Made For", required=True, readonly=True)
    recipient = fields.Char(string="To", required=True, readonly=True)
    reason = fields.Char(string="Why", required=True, readonly=True)
    date_as_of = fields.Date(string="Figures as Of", readonly=True)
    lang = fields.Char(string="Language", readonly=True)
    first_sequence = fields.Integer(string="First Proof", readonly=True, help="Its number in the chain of proofs.")
    last_sequence = fields.Integer(string="Last Proof", readonly=True)
    head_sequence = fields.Integer(string="End of the Chain", readonly=True)
    head_hash = fields.Char(string="Hash of the End", readonly=True)
    sha256 = fields.Char(string="SHA-256 of the ZIP", readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="SHA-256 of the file SHA256SUMS: what verify.py says of the dossier, unpacked or not."
    )
    size = fields.Integer(string="Bytes", readonly=True)
    piece_count = fields.Integer(string="Pieces", readonly=True)
    remark = fields.Text(string="What Was Missing or Changed", readonly=True)

    _of_something = models.Constraint("CHECK (case_id IS NOT NULL OR is_whole_chain)", "An export is of something.")

    @api.model
    def _get_targets(self):
        return [
            *self.env["account.dunning.dossier"]._get_targets().items(),
            ("keeping", self.env._("Keeping elsewhere")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Exports are noted by themselves: make a dossier from its case."))
        return super().create(vals_list)

    def write(self, vals):
        raise UserError(self.env._("The log of exports is never changed."))

    def unlink(self):
        raise UserError(self.env._("The log of exports is never changed."))

    def copy(self, default=None):
        raise UserError(self.env._("The log of exports is never changed."))

    @api.model
    def _note(self, asked, made, reason, lang):
        """Who asked, for whom, and what went out; the proofs in it count as exported."""
        export = self._create_for(
            asked.case.company_id,
            made,
            {
                "case_id": asked.case.id,
                "notice_ids": [fields.Command.set(asked.notices.ids)],
                "is_whole_case": asked.is_whole,
                "target": asked.target,
                "recipient": asked.recipient,
                "reason": reason,
                "date_as_of": asked.day,
                "lang": lang,
            },
        )
        export._log_on_case()
        return export

    @api.model
    def _note_chain(self, chain, made):
        """The same of all proofs of a company, which are of many cases."""
        said = {"is_whole_chain": True, "target": "keeping", "recipient": self.env.user.name, "lang": self.env.lang}
        return self._create_for(chain.company_id, made, {**said, "reason": self.env._("All proofs of the company")})

    @api.model
    def _create_for(self, company, made, asked):
        went_out = {
            "company_id": company.id,
            "date": fields.Datetime.now(),
            "user_id": self.env.uid,
            "first_sequence": min(made.sequences, default=0),
            "last_sequence": max(made.sequences, default=0),
            "head_sequence": made.head.sequence if made.head else 0,
            "head_hash": made.head.record_hash if made.head else False,
            "sha256": hashlib.sha256(made.content).hexdigest(),
            "fingerprint": made.fingerprint,
            "size": len(made.content),
            "piece_count": len(made.pieces),
            "remark": self._say_remark(made),
        }
        export = self.sudo().create({**asked, **went_out})
        export._note_proofs(made)
        return export

    @api.model
    def _say_remark(self, made):
        changed = [
            self.env._("CHANGED: piece %(number)s, %(title)s", number=one.added.piece.number, title=one.source.title)
            for one in made.changed
        ]
        return "\n".join([*changed, *(one.title for one in made.missing)])

    def _note_proofs(self, made):
        proofs = self.env["account.dunning.proof"].sudo()
        domain = [("company_id", "=", self.company_id.id), ("sequence", "in", made.sequences)]
        proofs.search(domain).write({"date_exported": self.date})
        if made.head:
            chain = self.env["account.dunning.chain"]._get_of(self.company_id)
            self.env["account.dunning.anchor"]._note(chain, "export", detail=self.recipient)

    def _log_on_case(self):
        body = self.env._(
            "Dossier made for %(recipient)s: %(reason)s. Pieces: %(count)s, SHA-256 of the ZIP: %(sha256)s",
            recipient=self.recipient,
            reason=self.reason,
            count=self.piece_count,
            sha256=self.sha256,
        )
        self.case_id._message_log(body=body, author_id=self.user_id.partner_id.id)
