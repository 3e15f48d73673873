from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.chain import Head, origin, seal, write_anchor


class AccountDunningChain(models.Model):
    """The proofs of one company, each sealing the one before it."""

    _name = "account.dunning.chain"
    _description = "Chain of Proofs"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    uuid = fields.Char(string="Chain", required=True, readonly=True, default=lambda self: str(uuid4()))
    sequence = fields.Integer(string="Last Number", readonly=True)
    record_hash = fields.Char(string="Last Hash", readonly=True)
    is_copy = fields.Boolean(
        string="In a Copy", readonly=True, help="This database is a neutralised copy: the chain goes on elsewhere."
    )
    proof_ids = fields.One2many("account.dunning.proof", "chain_id", string="Proofs", readonly=True)
    anchor_ids = fields.One2many("account.dunning.anchor", "chain_id", string="Anchors", readonly=True)
    verified_at = fields.Datetime(string="Verified", readonly=True)
    verified_sequence = fields.Integer(string="Verified up to", readonly=True)
    finding = fields.Char(readonly=True, help="The first record that is not as it was sealed, and how.")
    head_line = fields.Char(
        string="Line to Keep Outside",
        compute="_compute_head_line",
        help="Whoever keeps this line somewhere else can tell later whether proofs were removed or rewritten.",
    )

    _one_per_company = models.UniqueIndex("(company_id)", "A company has one chain of proofs.")
    _uuid_unique = models.UniqueIndex("(uuid)", "This chain already exists.")

    @api.depends("uuid", "sequence", "record_hash")
    def _compute_head_line(self):
        for chain in self:
            chain.head_line = write_anchor(chain.uuid, chain._get_head()) if chain.sequence else False

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("A chain of proofs is not changed by hand."))
        if {"uuid", "company_id"} & vals.keys():
            raise UserError(self.env._("A chain of proofs keeps its number and its company."))
        return super().write(vals)

    def unlink(self):
        raise UserError(self.env._("A chain of proofs is never deleted."))

    def copy(self, default=None):
        raise UserError(self.env._("A chain of proofs cannot be duplicated."))

    @api.model
    def _get_of(self, company):
        """The chain of `company`, made when its first proof comes in."""
        chain = self.sudo().search([("company_id", "=", company.id)])
        if chain:
            return chain
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_chain (company_id, uuid, sequence, create_date, write_date)
                     VALUES (%s, %s, 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING
                """,
                company.id,
                str(uuid4()),
            )
        )
        return self.sudo().search([("company_id", "=", company.id)])

    def _get_head(self):
        return Head(self.sequence, self.record_hash) if self.sequence else Head(0, origin(self.uuid))

    # === Sealing === #

    def _seal_waiting(self):
        """Seal what came in and is not sealed yet, in the order in which it came; the one place where it is done.

        False while another process does it. Where another has just done it, PostgreSQL refuses and the caller's
        whole transaction is done again, as every conflict is.
        """
        self.ensure_one()
        if not self.sudo().try_lock_for_update():
            return False
        self.invalidate_recordset(["sequence", "record_hash"])
        head, proofs = self._get_head(), self.env["account.dunning.proof"].sudo()
        proofs.flush_model()
        for proof in proofs.search([("chain_id", "=", self.id), ("sequence", "=", 0)], order="id"):
            record = seal(self.uuid, head, proof._get_sealed_values(), proof.salt)
            proof._record_seal(record)
            head = Head(record.sequence, record.record_hash)
        if head != self._get_head():
            self.sudo().write({"sequence": head.sequence, "record_hash": head.record_hash})
        return True

    # === Reading === #

    def _read_records(self, from_sequence=1):
        """Each sealed record as it is stored now, in order, a batch in memory at a time."""
        proofs = self.env["account.dunning.proof"].sudo()
        proofs.flush_model()
        while batch := proofs.search(
            [("chain_id", "=", self.id), ("sequence", ">=", from_sequence)], order="sequence", limit=500
        ):
            from_sequence = batch[-1].sequence + 1
            yield from (proof._read_record() for proof in batch)
            batch.invalidate_recordset()
