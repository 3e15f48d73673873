import hashlib
import json
import secrets
from datetime import timezone
from uuid import uuid4

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from ..core.chain import SEALED, VERSION, Record
from ..evidence import read
from ..evidence.base import MAX_BYTES, ParseProblem
from .stored_bytes import find_file, lay_down, read_alone

KINDS = [
    ("submission", "Submission"),
    ("dispatch", "Dispatch"),
    ("receipt", "Receipt"),
    ("refusal", "Refusal"),
    ("non_claim", "Not claimed"),
    ("bounce", "Returned"),
    ("content", "Content"),
    ("consent", "Consent"),
    ("other", "Other"),
    ("assignment", "Assignment"),
    ("erasure", "Erasure"),
]
SOURCES = [
    ("collection", "Fetched from the provider"),
    ("upload", "Uploaded"),
    ("mail", "Received by e-mail"),
    ("scan", "Scan of a paper"),
    ("record", "Written by the software"),
]
SEALS = [
    ("none", "Without a seal"),
    ("intact", "Seal intact, signer not known to us"),
    ("trusted", "Seal intact, signer trusted"),
    ("broken", "Seal broken"),
    ("not_checked", "Seal not checked"),
]
COLLECTION = "collection"
# what was found in a file
MEASURED = (
    "seal_state",
    "signer",
    "issuer",
    "certificate_serial",
    "signed_at",
    "stamped_at",
    "remarks",
    "names_delivery",
)
# how the sealed fields of core/chain.py are kept here, where their names differ
COLUMNS = {"delivery": "delivery_uuid", "notice": "notice_number"}
CHAINED = ("sequence", "previous_hash", "record_hash", "body", "digests", "version")
LINKS = ("company_id", "chain_id", "salt", "attachment_id", "is_erased")
SEALED_FIELDS = frozenset((*(COLUMNS.get(name, name) for name in SEALED[VERSION]), *CHAINED, *LINKS))


class AccountDunningProof(models.Model):
    """One received artefact: its bytes as they came, sealed into the chain of its company. Never changed."""

    _name = "account.dunning.proof"
    _description = "Dunning Proof"
    _order = "id desc"
    _rec_name = "file_name"

    # what is sealed
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    chain_id = fields.Many2one("account.dunning.chain", required=True, readonly=True, ondelete="restrict")
    uuid = fields.Char(string="Identifier", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    source = fields.Selection(SOURCES, string="Came By", required=True, readonly=True)
    is_test = fields.Boolean(string="Test", readonly=True, help="It comes from a test service and proves nothing.")
    event_time = fields.Datetime(string="Happened", readonly=True, help="As its issuer says, where it says so.")
    event_time_raw = fields.Char(string="Time as Written", readonly=True)
    received_at = fields.Datetime(string="Came In", required=True, readonly=True)
    provider = fields.Char(readonly=True)
    external_ref = fields.Char(string="Provider's Reference", readonly=True)
    external_id = fields.Char(string="Provider's Number of the Proof", readonly=True)
    delivery_uuid = fields.Char(string="Our Reference", readonly=True, index="btree_not_null")
    method = fields.Char(readonly=True)
    notice_number = fields.Char(readonly=True)
    letter_sha256 = fields.Char(string="SHA-256 of the Letter", readonly=True)
    content_sha256 = fields.Char(string="SHA-256 of What Left", readonly=True)
    addressee = fields.Text(readonly=True)
    file_name = fields.Char(readonly=True)
    mimetype = fields.Char(string="Kind of File", readonly=True)
    size = fields.Integer(string="Bytes", readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    refers_to = fields.Char(readonly=True, index="btree_not_null", help="The earlier proof that this one is about.")
    note = fields.Text(readonly=True)
    # the place in the chain
    salt = fields.Char(readonly=True, groups="base.group_system")
    digests = fields.Json(readonly=True)
    body = fields.Char(readonly=True)
    sequence = fields.Integer(string="Number", readonly=True, help="0 while it waits to be sealed.")
    previous_hash = fields.Char(readonly=True)
    record_hash = fields.Char(readonly=True)
    version = fields.Integer(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    is_erased = fields.Boolean(string="Erased", readonly=True)
    # where it belongs: for an orphan what its assignment says
    delivery_id = fields.Many2one(
        "account.dunning.delivery", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    notice_id = fields.Many2one("account.dunning.notice", readonly=True, index="btree_not_null", ondelete="restrict")
    case_id = fields.Many2one(related="notice_id.case_id", string="Case")
    partner_id = fields.Many2one(related="notice_id.partner_id", string="Customer")
    # what was found in it: measured, so it may be measured again
    seal_state = fields.Selection(SEALS, string="Seal", readonly=True, default="not_checked")
    signer = fields.Char(string="Sealed By", readonly=True)
    issuer = fields.Char(string="Certified By", readonly=True)
    certificate_serial = fields.Char(readonly=True)
    signed_at = fields.Datetime(string="Sealed On", readonly=True, help="As the signer's own clock says.")
    stamped_at = fields.Datetime(string="Time-Stamped", readonly=True, help="As a time-stamp authority says.")
    remarks = fields.Json(readonly=True)
    unread = fields.Char(readonly=True)
    names_delivery = fields.Boolean(readonly=True, help="The file itself names this delivery.")
    problem = fields.Char(compute="_compute_problem", help="What keeps it from being read or trusted.")
    checked_at = fields.Datetime(string="Checked", readonly=True)
    is_orphan = fields.Boolean(
        string="To Assign", compute="_compute_is_orphan", search="_search_is_orphan", help="Its delivery is not known."
    )
    counts = fields.Boolean(
        compute="_compute_counts",
        string="Counts as Proof",
        help="Fetched by us from the provider, or sealed by somebody whom the company trusts and naming this very "
        "delivery; and not broken. Anything else moves nothing by itself.",
    )
    date_exported = fields.Datetime(string="Exported", readonly=True)

    _place_unique = models.UniqueIndex("(chain_id, sequence) WHERE sequence > 0", "This place is taken.")
    _link_unique = models.UniqueIndex(
        "(chain_id, previous_hash) WHERE previous_hash IS NOT NULL", "The chain goes on there already."
    )
    _uuid_unique = models.UniqueIndex("(uuid)", "This proof already exists.")
    _same_file = models.UniqueIndex(
        "(company_id, COALESCE(delivery_uuid, ''), sha256) WHERE sha256 IS NOT NULL",
        "This file is there already.",
    )
    _waiting_idx = models.Index("(chain_id, id) WHERE sequence = 0")

    @api.depends("kind", "notice_number", "file_name")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for proof in self:
            kind = kinds.get(proof.kind, proof.kind)  # one changed below Odoo may have any
            proof.display_name = " · ".join(filter(None, (kind, proof.notice_number or proof.file_name)))

    @api.depends("source", "seal_state", "names_delivery")
    def _compute_counts(self):
        for proof in self:
            fetched = proof.source == COLLECTION and proof.seal_state != "broken"
            proof.counts = fetched or (proof.seal_state == "trusted" and proof.names_delivery)

    @api.depends("remarks", "unread")
    @api.depends_context("lang")
    def _compute_problem(self):
        for proof in self:
            proof.problem = (
                proof._say_problem(proof.unread) if proof.unread else proof._say_remarks(proof.remarks or ())
            )

    @api.depends("delivery_id", "source", "is_erased")
    def _compute_is_orphan(self):
        for proof in self:
            proof.is_orphan = not proof.delivery_id and proof.source != "record" and not proof.is_erased

    def _search_is_orphan(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("delivery_id", "=", False), ("source", "!=", "record"), ("is_erased", "=", False)]

    # === Never changed === #

    @api.model_create_multi
    def create(self, vals_list):
        """Through `_receive` and `_write_down` only: nobody makes up a proof, not even an administrator."""
        if not self.env.su or any({*CHAINED, "is_erased"} & vals.keys() for vals in vals_list):
            raise UserError(self.env._("Proofs come in: upload the file on its delivery."))
        for vals in vals_list:
            vals.update(uuid=str(uuid4()), salt=secrets.token_hex(32), received_at=fields.Datetime.now(), sequence=0)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su or SEALED_FIELDS & vals.keys() - self._get_still_open():
            raise UserError(self.env._("A proof is never changed."))
        return super().write(vals)

    def _write_multi(self, vals_list):
        """What reaches the database by any other way than `write`."""
        if any(SEALED_FIELDS & vals.keys() - self._get_still_open() for vals in vals_list):
            raise UserError(self.env._("A proof is never changed."))
        return super()._write_multi(vals_list)

    def _get_still_open(self):
        """The file is stored right behind its record, and then never again."""
        taken = SQL(
            """
            SELECT 1 FROM account_dunning_proof
             WHERE id = ANY(%s) AND (sequence > 0 OR attachment_id IS NOT NULL) LIMIT 1
            """,
            list(self.ids),
        )
        self.env.cr.execute(taken)
        return set() if self.env.cr.fetchone() else {"attachment_id"}

    def unlink(self):
        raise UserError(self.env._("A proof is never deleted."))

    def copy(self, default=None):
        raise UserError(self.env._("A proof cannot be duplicated."))

    # === Coming in === #

    @api.model
    def _receive(self, content, *, source, company, delivery=None, file_name="", **facts):
        """Keep `content` (bytes) as a proof and do what follows from it; the proof, an earlier one of the same file.

        `facts`: kind, event_time (naive UTC), event_time_raw, external_id, note. Without a `delivery` it is looked
        for by the references in the file; where none is found the proof waits to be assigned. UserError where
        nothing can be kept: no bytes, or too many.
        """
        self._check_size(content, file_name)
        found = read(content, self.env["account.dunning.trust.root"]._get_certificates(company))
        delivery = delivery or self._find_delivery(company, found)
        sha256 = hashlib.sha256(content).hexdigest()
        if known := self._find_same(company, delivery, sha256):
            return known._come_again(delivery, source, facts)
        vals = self._prepare_received_vals(company, delivery, file_name, facts)
        vals |= {"source": source, "mimetype": found.mimetype, "size": len(content), "sha256": sha256}
        proof = self._create_once(vals)
        proof._store_file(content)
        proof._note_findings(found)
        proof._finish_coming_in()
        return proof

    @api.model
    def _create_once(self, vals):
        """Another process keeps the same file right now: done again, its proof is found."""
        try:
            return self.sudo().create(vals)
        except UniqueViolation as error:
            raise ConcurrencyError(self.env._("This file is just being kept by another process.")) from error

    @api.model
    def _write_down(self, company, kind, note, delivery=None, refers_to="", **told):
        """A record without a file: what was done with an earlier proof, by whom, or what was told of it later."""
        vals = self._prepare_received_vals(company, delivery, "", {"kind": kind, "note": note, **told})
        record = self.sudo().create({"source": "record", "seal_state": "none", **vals, "refers_to": refers_to})
        record.chain_id._seal_waiting()
        return record

    def _come_again(self, delivery, source, facts):
        """The same file once more is kept once; what it now is said to be, and was not, is a record of its own."""
        if delivery and self.is_orphan:
            self._assign(delivery)
        self._state(source, facts)
        return self

    def _state(self, source, facts):
        """Somebody who can know says what this file is: the provider, or a person who has read it."""
        kind = facts.get("kind", "other")
        if not self.delivery_id or kind == "other" or self._is_stated(kind, source):
            return
        note = facts.get("note") or self.env._("The same file as proof %s", self.sequence)
        seen = {name: self[name] for name in MEASURED}
        told = {name: value for name, value in facts.items() if name not in ("kind", "note")}
        self._write_down(
            self.company_id, kind, note, self.delivery_id, refers_to=self.uuid, source=source, **told, **seen
        )
        self.delivery_id._follow_proofs()

    def _is_stated(self, kind, source):
        """By the provider, or by anybody where this is no word of the provider."""
        others = self.search([("refers_to", "=", self.uuid), ("delivery_id", "=", self.delivery_id.id)])
        same = (self | others).filtered(lambda proof: proof.kind == kind)
        return bool(same.filtered(lambda proof: source != COLLECTION or proof.source == COLLECTION))

    @api.model
    def _check_size(self, content, file_name):
        if not content:
            raise UserError(self.env._("%s is empty: fetch or scan it again.", file_name or self.env._("The file")))
        if len(content) > MAX_BYTES:
            raise UserError(
                self.env._(
                    "%(file)s is too large: a proof has at most %(size)s MB.",
                    file=file_name or self.env._("The file"),
                    size=MAX_BYTES // 1024**2,
                )
            )

    @api.model
    def _prepare_received_vals(self, company, delivery, file_name, facts):
        vals = {
            "company_id": company.id,
            "chain_id": self.env["account.dunning.chain"]._get_of(company).id,
            "kind": "other",
            "file_name": file_name,
            **facts,
        }
        return {**vals, **self._prepare_delivery_vals(delivery)} if delivery else vals

    @api.model
    def _prepare_delivery_vals(self, delivery):
        """What of the delivery is sealed: words, not database numbers, as they were when it left."""
        notice = delivery.notice_id
        return {
            "delivery_id": delivery.id,
            "notice_id": notice.id,
            "is_test": delivery.is_test,
            "provider": delivery.channel_id.provider_id.code,
            "external_ref": delivery.external_ref,
            "delivery_uuid": delivery.uuid,
            "method": delivery.method,
            "notice_number": notice.name,
            "letter_sha256": notice.document_sha256,
            "content_sha256": delivery.content_sha256,
            "addressee": "\n".join(filter(None, (notice.addressee, delivery.recipient))),
        }

    @api.model
    def _find_same(self, company, delivery, sha256):
        """The proof of this file on this delivery, else one that still waits to be assigned."""
        same = self.sudo().search([("company_id", "=", company.id), ("sha256", "=", sha256)], order="id")
        if not delivery:
            return same[:1]
        return (same.filtered(lambda proof: proof.delivery_id == delivery) or same.filtered("is_orphan"))[:1]

    @api.model
    def _find_delivery(self, company, found):
        """The one delivery that the file names, by its identifier or its Message-ID."""
        names = [name.strip("<>") for name in getattr(found, "references", ())]
        if not names:
            return self.env["account.dunning.delivery"]
        domain = [
            ("company_id", "=", company.id),
            "|",
            ("uuid", "in", names),
            ("message_id", "in", [f"<{name}>" for name in names]),
        ]
        named = self.env["account.dunning.delivery"].sudo().search(domain, limit=2)
        return named if len(named) == 1 else self.env["account.dunning.delivery"]

    def _store_file(self, content):
        """The bytes as they are: no re-encoding of pictures; read again and compared."""
        vals = {
            "name": self.file_name or self.uuid,
            "raw": content,
            "mimetype": self.mimetype,
            "res_model": self._name,
            "res_id": self.id,
            "company_id": self.company_id.id,
        }
        lay_down(self.env["ir.attachment"].sudo(), content)
        self.attachment_id = self.env["ir.attachment"].sudo().with_context(image_no_postprocess=True).create(vals)
        self.flush_recordset(["attachment_id"])
        kept = find_file(self.attachment_id)
        if (kept.size, kept.sha256) != (self.size, self.sha256):
            raise UserError(self.env._("The file could not be stored as it came: look at the disk, and try again."))

    def _finish_coming_in(self):
        self.chain_id._seal_waiting()
        if self.delivery_id:
            self.delivery_id._follow_proofs()
        if self.seal_state == "broken":
            self._ask_to_look()

    def _get_moment(self):
        """When it happened: as the provider told us, else as the file itself proves, else as a person says."""
        told = (self.event_time,) if self.source == COLLECTION else ()
        return next(filter(None, (*told, self.stamped_at, self.signed_at, self.event_time, self.received_at)))

    def _ask_to_look(self):
        """A receipt that cannot be what it seems: somebody asks the provider for it again."""
        self.case_id._raise_task("check_proof", note=self.problem or self.display_name)

    # === Assigning === #

    def action_open_assigning(self):
        return self.env["account.dunning.assign.wizard"]._open(self)

    def _assign(self, delivery):
        """By a new record of the chain: the proof itself says for ever that it came without a reference."""
        if not self.is_orphan:
            raise UserError(self.env._("%s belongs to a delivery already.", self.display_name))
        if delivery.company_id != self.company_id:
            raise UserError(self.env._("%s came to another company.", self.display_name))
        note = self.env._("Assigned by %s", self.env.user.name)
        self._write_down(self.company_id, "assignment", note, delivery, refers_to=self.uuid)
        super().write({"delivery_id": delivery.id, "notice_id": delivery.notice_id.id})
        self._look_into()
        delivery._follow_proofs()

    # === What is in it === #

    def action_download(self):
        self.ensure_one()
        self.check_access("read")
        address = f"/web/content/{self.sudo().attachment_id.id}?download=true"
        return {"type": "ir.actions.act_url", "url": address, "target": "self"}

    def action_check_again(self):
        """Read the file once more, with the roots trusted today."""
        self.check_access("read")
        for proof in self.sudo().filtered("attachment_id"):
            proof._look_into()
            if proof.delivery_id.sudo(False).has_access("write"):
                proof.delivery_id._follow_proofs()
        return True

    def _look_into(self):
        if self.attachment_id:
            roots = self.env["account.dunning.trust.root"]._get_certificates(self.company_id)
            self._note_findings(read(read_alone(self.attachment_id), roots))

    def _note_findings(self, found):
        measured = {"checked_at": fields.Datetime.now(), "seal_state": "not_checked", "remarks": [], "unread": False}
        if isinstance(found, ParseProblem):
            measured["unread"] = found.code
        else:
            measured |= self._get_measured(found)
        super().write(measured)
        for record in self.search([("refers_to", "=", self.uuid), ("source", "!=", "record")]):
            super(AccountDunningProof, record).write({name: self[name] for name in MEASURED})

    def _get_measured(self, found):
        return {
            "seal_state": found.seal_state,
            "signer": found.signer,
            "issuer": found.issuer,
            "certificate_serial": found.serial,
            "signed_at": to_naive(found.signed_at),
            "stamped_at": to_naive(found.stamped_at),
            "remarks": list(found.remarks),
            "names_delivery": self._is_named(found.references),
        }

    def _is_named(self, references):
        delivery = self.delivery_id
        ours = {delivery.uuid, delivery.external_ref, (delivery.message_id or "").strip("<>")} - {False, ""}
        return bool(ours & {reference.strip("<>") for reference in references})

    # === Sealed === #

    def _get_sealed_values(self):
        """{field: value} as core/chain.py seals it."""
        proof = self.sudo()
        return {name: proof._to_sealed(COLUMNS.get(name, name)) for name in SEALED[VERSION]}

    def _to_sealed(self, name):
        value = self[name]
        match self._fields[name].type:
            case "datetime":
                return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
            case "boolean" | "integer":
                return value
        return value or ""

    def _record_seal(self, record):
        """By one statement, as everything of the ORM refuses it; only what has no place yet is given one."""
        placed = SQL(
            """
            UPDATE account_dunning_proof
               SET sequence = %s, previous_hash = %s, record_hash = %s, body = %s, digests = %s, version = %s
             WHERE id = %s AND sequence = 0
            """,
            record.sequence,
            record.previous_hash,
            record.record_hash,
            record.body,
            json.dumps(record.digests),
            record.version,
            self.id,
        )
        self.env.cr.execute(placed)
        self.invalidate_recordset(CHAINED, flush=False)

    def _read_record(self):
        """The record of core/chain.py as it is found now, its file read again."""
        proof = self.sudo()
        return Record(
            sequence=proof.sequence,
            previous_hash=proof.previous_hash or "",
            record_hash=proof.record_hash or "",
            body=proof.body or "",
            version=proof.version,
            digests=proof.digests if isinstance(proof.digests, dict) else {},
            values=proof._get_sealed_values(),
            salt=proof.salt or "",
            is_erased=proof.is_erased,
            file=find_file(proof.attachment_id) if proof.sha256 else None,
        )


def to_naive(moment):
    """As Odoo keeps it: UTC without saying so, to the second."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0) if moment else False
