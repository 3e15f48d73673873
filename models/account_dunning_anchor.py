from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.chain import Head


class AccountDunningAnchor(models.Model):
    """The end of a chain at some moment, as it was noted where we cannot reach it."""

    _name = "account.dunning.anchor"
    _description = "Anchor of the Proofs"
    _order = "id desc"
    _rec_name = "way"

    chain_id = fields.Many2one("account.dunning.chain", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="chain_id.company_id", store=True)
    way = fields.Selection(
        [
            ("mail", "E-mail to an outside mailbox"),
            ("export", "Export"),
            ("timestamp", "Time-stamp (RFC 3161)"),
            ("entered", "Line entered by hand"),
        ],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(string="Number", required=True, readonly=True)
    record_hash = fields.Char(string="Hash", required=True, readonly=True)
    date = fields.Datetime(string="Noted On", required=True, readonly=True, default=fields.Datetime.now)
    detail = fields.Char(readonly=True, help="To whom it was sent, or who stamped it.")
    token = fields.Binary(string="Time-Stamp", readonly=True, attachment=False)

    def write(self, vals):
        raise UserError(self.env._("An anchor is never changed."))

    def unlink(self):
        raise UserError(self.env._("An anchor is never deleted."))

    @api.model
    def _note(self, chain, way, **vals):
        """Where the chain ends now."""
        head = chain._get_head()
        return self.sudo().create(
            {"chain_id": chain.id, "way": way, "sequence": head.sequence, "record_hash": head.record_hash, **vals}
        )

    def _get_heads(self):
        return [Head(anchor.sequence, anchor.record_hash) for anchor in self]
