import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.chain import Head, write_anchor
from .retried import retried


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
        ],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(string="Number", required=True, readonly=True)
    record_hash = fields.Char(string="Hash", required=True, readonly=True)
    date = fields.Datetime(string="Noted On", required=True, readonly=True, default=fields.Datetime.now)
    detail = fields.Char(readonly=True, help="To whom it was sent, or who stamped it.")
    token = fields.Binary(string="Time-Stamp", readonly=True, attachment=False)
    token_name = fields.Char(compute="_compute_line", string="Name of the Time-Stamp")
    line = fields.Char(compute="_compute_line", help="What was kept outside; a time-stamp is over its SHA-256.")

    @api.depends("chain_id", "sequence", "record_hash", "token")
    def _compute_line(self):
        for anchor in self:
            head = Head(anchor.sequence, anchor.record_hash)
            anchor.line = write_anchor(anchor.chain_id.uuid, head)
            anchor.token_name = f"proofs-{anchor.sequence}.tst" if anchor.token else False

    def write(self, vals):
        raise UserError(self.env._("An anchor is never changed."))

    def unlink(self):
        raise UserError(self.env._("An anchor is never deleted."))

    @api.model
    def _note(self, chain, way, **vals):
        """Where the chain ends now."""
        return self._note_head(chain, chain._get_head(), way, **vals)

    @api.model
    def _note_head(self, chain, head, way, **vals):
        """Where the chain ended when `head` was noted outside."""
        return self.sudo().create(
            {"chain_id": chain.id, "way": way, "sequence": head.sequence, "record_hash": head.record_hash, **vals}
        )

    def _get_heads(self):
        return [Head(anchor.sequence, anchor.record_hash) for anchor in self]

    # === Every day === #

    @api.model
    def _send_daily(self, company):
        """The line of the chain of `company` leaves once a day where it grew, by each way that is set up.

        What fails is tried again by the next job, and the chain says so. Nothing is locked while others are called.
        """
        chain = self.env["account.dunning.chain"].sudo().search([("company_id", "=", company.id)])
        if not chain or chain.is_copy:
            return
        for way in chain._get_anchor_ways():
            if self._is_due(chain, way):
                getattr(self, f"_leave_by_{way}")(chain)

    @api.model
    def _is_due(self, chain, way):
        last = chain._get_last_anchor(way)
        today = chain.company_id._dunning_today()
        is_new = chain.sequence > last.sequence
        return is_new and (not last or chain.company_id._dunning_local(last.date).date() < today)

    @api.model
    def _leave_by_mail(self, chain):
        head, address = chain._get_head(), chain.company_id.dunning_anchor_email
        problem = self.env["account.dunning.anchor.mail"]._send(chain)
        retried(self.env, self._record, chain, head, "mail", problem, {"detail": address})

    @api.model
    def _leave_by_timestamp(self, chain):
        head, service = chain._get_head(), self.env["account.dunning.anchor.timestamp"]
        asked = service._prepare(chain.company_id, write_anchor(chain.uuid, head))
        self.env["ir.cron"]._commit_progress()
        token, said = service._fetch(asked)
        vals = {"detail": said, "token": base64.b64encode(token)} if token else {}
        retried(self.env, self._record, chain, head, "timestamp", "" if token else said, vals)

    @api.model
    def _record(self, chain, head, way, problem, vals):
        """In a transaction of its own, which knows what others did during the call."""
        self.env["ir.cron"]._commit_progress()
        if not problem:
            self._note_head(chain, head, way, **vals)
        chain._note_anchor_problem(way, problem)
        self.env["ir.cron"]._commit_progress()
