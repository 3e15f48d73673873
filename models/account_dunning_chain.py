from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.chain import (
    CHAIN,
    CHANGED,
    ERASED_WITHOUT_RECORD,
    FILE_CHANGED,
    FILE_EMPTY,
    FILE_MISSING,
    GAP,
    HEAD,
    OLDER_COPY,
    PREVIOUS,
    RECORD,
    REORDERED,
    REWRITTEN,
    TAIL_CUT,
    UNKNOWN_HEAD,
    UNKNOWN_VERSION,
    Finding,
    Head,
    origin,
    seal,
    write_anchor,
)
from .account_dunning_proof import COLUMNS
from .account_dunning_proof_ties import TIED, UNREADABLE
from .retried import attempted

UNSEALED = "unsealed"
PLACELESS = "placeless"


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

        False while another process does it: what this one brought is then sealed by the collection job, which is
        woken. Where another has just done it, PostgreSQL refuses and the caller's whole transaction is done again,
        as every conflict is. Others refer to the chain meanwhile: a stronger lock would wait for all who receive.
        """
        self.ensure_one()
        if not self.sudo().try_lock_for_update(allow_referencing=True):
            self.env["account.dunning.collection"]._wake()
            return False
        self.invalidate_recordset(["sequence", "record_hash"])
        head = self._get_head()
        for proof in self._get_waiting():
            record = seal(self.uuid, head, proof._get_sealed_values(), proof.salt)
            proof._record_seal(record)
            head = Head(record.sequence, record.record_hash)
        if head != self._get_head():
            self.sudo().write({"sequence": head.sequence, "record_hash": head.record_hash})
        return True

    def _get_waiting(self):
        """By a statement: a search for 0 also finds what has no number at all, which nobody here has written."""
        proofs = self.env["account.dunning.proof"].sudo()
        proofs.flush_model()
        waiting = SQL("SELECT id FROM account_dunning_proof WHERE chain_id = %s AND sequence = 0 ORDER BY id", self.id)
        return proofs.browse(proof_id for (proof_id,) in self.env.execute_query(waiting))

    @api.model
    def _seal_all_waiting(self):
        """What came in while another process was sealing; one chain a transaction, none stops another."""
        for chain in self.sudo().search([("proof_ids", "any", [("sequence", "=", 0)])]):
            attempted(self.env, chain._seal_and_commit)

    def _seal_and_commit(self):
        self._seal_waiting()
        self.env["ir.cron"]._commit_progress()

    # === Verifying === #

    def action_verify(self):
        self.ensure_one()
        self.check_access("read")
        return self.env["account.dunning.verification"]._open(self)

    def _get_proofs(self, from_sequence, limit):
        proofs = self.env["account.dunning.proof"].sudo()
        proofs.flush_model()
        return proofs.search(
            [("chain_id", "=", self.id), ("sequence", ">=", from_sequence)], order="sequence", limit=limit
        )

    def _read_records(self):
        """Each sealed record as it is stored now, in order, a batch in memory at a time."""
        from_sequence = 1
        while batch := self._get_proofs(from_sequence, 500):
            from_sequence = batch[-1].sequence + 1
            yield from (proof._read_record() for proof in batch)
            batch.invalidate_recordset()

    def _has_record(self, record_hash):
        return bool(
            self.env["account.dunning.proof"]
            .sudo()
            .search_count([("chain_id", "=", self.id), ("record_hash", "=", record_hash)], limit=1)
        )

    def _find_unsealed(self):
        """A record that waits to be sealed for longer than a job needs, or one that has no place at all."""
        self.env["account.dunning.proof"].flush_model(["chain_id", "sequence"])
        counted = SQL(
            """
            SELECT COUNT(*) FILTER (WHERE sequence = 0), COUNT(*) - COUNT(DISTINCT sequence) FILTER (WHERE sequence > 0)
              FROM account_dunning_proof WHERE chain_id = %s
            """,
            self.id,
        )
        [(waiting, too_many)] = self.env.execute_query(counted)
        if too_many > waiting:
            return Finding(PLACELESS, 0, facts={"count": too_many - waiting})
        return Finding(UNSEALED, 0, facts={"count": waiting}) if waiting else None

    def _note_verification(self, finding):
        self.sudo().write(
            {"verified_at": fields.Datetime.now(), "verified_sequence": self.sequence, "finding": finding}
        )

    def _say(self, finding):
        """A finding in words: which record, and how."""
        proof = self._get_found(finding)
        record = self.env._("Proof %(number)s (%(name)s)", number=finding.sequence, name=proof.display_name or "–")
        facts = {"record": record, "number": finding.sequence, **finding.facts}
        field = proof._fields.get(COLUMNS.get(finding.name, finding.name))
        facts["field"] = field._description_string(self.env) if field else finding.name
        sentences = self._get_sentences()
        sentence = sentences.get((finding.kind, finding.name)) or sentences[finding.kind]
        return sentence % {"next": "", "head": "", "anchor": "", "version": "", **facts}

    def _get_found(self, finding):
        """Its proof; none where the row cannot even be read."""
        proofs = self.env["account.dunning.proof"].sudo()
        if finding.kind == UNREADABLE:
            return proofs
        return proofs.search([("chain_id", "=", self.id), ("sequence", "=", finding.sequence)], limit=1)

    def _get_sentences(self):
        return {
            CHANGED: self.env._("%(record)s was changed: its %(field)s is not what was sealed."),
            (CHANGED, RECORD): self.env._(
                "%(record)s was replaced as a whole: it fits itself, and no longer the hash in its place of the chain."
            ),
            (CHANGED, "digests"): self.env._("%(record)s was changed: what seals its fields is not what was written."),
            (CHANGED, "body"): self.env._("%(record)s was changed: what seals it as a whole is not what was written."),
            (CHANGED, PREVIOUS): self.env._("%(record)s was changed: it does not follow the proof before it."),
            (CHANGED, CHAIN): self.env._("The number of the chain was changed: its proofs were sealed in another one."),
            (CHANGED, HEAD): self.env._(
                "%(record)s is the last one, and the chain notes another end: one of the two was changed."
            ),
            UNKNOWN_VERSION: self.env._(
                "%(record)s was sealed in a way that is not known here: update the addon. If it is up to date, the "
                "proof was changed."
            ),
            GAP: self.env._("Proof %(number)s is missing: the next one that is there is %(next)s."),
            REORDERED: self.env._("%(record)s stands in another place than it was sealed in."),
            FILE_MISSING: self.env._("%(record)s: its file is missing. Restore it from a backup."),
            FILE_EMPTY: self.env._("%(record)s: its file is empty. Restore it from a backup."),
            FILE_CHANGED: self.env._("%(record)s: its file was changed. Restore it from a backup."),
            (FILE_MISSING, "letter_sha256"): self.env._(
                "%(record)s: the letter that it is about is missing. Restore it from a backup."
            ),
            (FILE_CHANGED, "letter_sha256"): self.env._(
                "%(record)s: the letter that it is about was changed. Restore it from a backup."
            ),
            (FILE_MISSING, "content_sha256"): self.env._(
                "%(record)s: the content that left is missing. Restore it from a backup."
            ),
            (FILE_CHANGED, "content_sha256"): self.env._(
                "%(record)s: the content that left was changed. Restore it from a backup."
            ),
            UNREADABLE: self.env._("Proof %(number)s was changed: its %(field)s is a day that no calendar has."),
            TIED: self.env._("%(record)s is tied to something else than was sealed: %(field)s."),
            ERASED_WITHOUT_RECORD: self.env._("%(record)s was erased without a record of who did it."),
            TAIL_CUT: self.env._("The end was cut off: the proofs %(number)s to %(head)s are missing."),
            UNKNOWN_HEAD: self.env._("%(record)s was added by something else: the chain ends with proof %(head)s."),
            OLDER_COPY: self.env._(
                "This is an older copy, or its end was cut off: what was kept outside knows proof %(anchor)s, here "
                "proof %(number)s is missing already."
            ),
            REWRITTEN: self.env._(
                "%(record)s or an earlier one was rewritten: what was kept outside has another hash for it."
            ),
            UNSEALED: self.env._("%(count)s proofs wait to be sealed: let the collection job run, then verify again."),
            PLACELESS: self.env._(
                "%(count)s proofs have no place of their own in the chain: they were moved, or added by something else."
            ),
        }
