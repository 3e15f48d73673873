"""What was changed below Odoo beside the sealed fields: what a proof is tied to (delivery, notice, letter, its own
file), and moments that no reader can take."""

from odoo import api, models
from odoo.tools import SQL

from ..core.chain import FILE_CHANGED, FILE_MISSING, Finding
from .stored_bytes import find_file

TIED = "tied"  # to something else than was sealed
UNREADABLE = "unreadable"


class AccountDunningProof(models.Model):
    _inherit = "account.dunning.proof"

    def _until_unreadable(self):
        """(those before the first whose row cannot be read, the Finding of that one): it has a year beyond 9999."""
        moments = [field.name for field in self._fields.values() if field.store and field.type in ("date", "datetime")]
        values = SQL(", ").join(SQL("(%s, %s)", name, SQL.identifier(name)) for name in moments)
        found = self.env.execute_query(SQL(FIND_UNREADABLE, ids=list(self.ids), moments=values))
        if not found:
            return self, None
        [(proof_id, sequence, name)] = found
        return self.browse(self.ids[: self.ids.index(proof_id)]), Finding(UNREADABLE, sequence, name)

    def _find_moved(self):
        """{proof: the Finding of what it is tied to}, for all at once; a letter of several is read once."""
        found, read = {}, {}
        for row in self._read_ties():
            name = next((field for tie, field in TIES.items() if row[tie]), None)
            if name:
                found[self.browse(row["id"])] = Finding(TIED, row["sequence"], name)
            elif finding := self._find_letter(row, read):
                found[self.browse(row["id"])] = finding
        return found

    def _read_ties(self):
        """By one statement, as what was changed below Odoo may be of any kind: rows that are gone, other ids."""
        self.env.flush_all()
        return self.env.execute_query_dict(SQL(READ_TIES, ids=list(self.ids)))

    @api.model
    def _find_letter(self, row, read):
        """The letter, or what left, is not what it was; `read` keeps what was found by the file's id."""
        for name, file_id in (("letter_sha256", row["letter_id"]), ("content_sha256", row["content_id"])):
            if not row[name]:
                continue
            if file_id not in read:
                read[file_id] = find_file(self.env["ir.attachment"].sudo().browse(file_id))
            if read[file_id].size is None:
                return Finding(FILE_MISSING, row["sequence"], name)
            if read[file_id].sha256 != row[name]:
                return Finding(FILE_CHANGED, row["sequence"], name)
        return None

    @api.model
    def _find_misassigned(self, chain):
        """The first that came without a delivery and is tied to another one than its assignment says."""
        self.flush_model()
        found = self.env.execute_query(SQL(FIND_MISASSIGNED, chain=chain.id))
        return Finding(TIED, found[0][0], "delivery_id") if found else None


# what of a tie can be another: the field by which it is named
TIES = {
    "other_company": "company_id",
    "other_delivery": "delivery_id",
    "other_notice": "notice_id",
    "other_number": "notice_number",
    "other_letter": "letter_sha256",
    "other_content": "content_sha256",
    "other_reference": "external_ref",
    "other_test": "is_test",
    "other_addressee": "addressee",
    "other_file": "attachment_id",
}
FIND_UNREADABLE = """
SELECT proof.id, proof.sequence, moment.name
  FROM account_dunning_proof proof
 CROSS JOIN LATERAL (VALUES %(moments)s) AS moment (name, value)
 WHERE proof.id = ANY(%(ids)s) AND isfinite(moment.value)
   AND (moment.value < '0001-01-01' OR moment.value >= '10000-01-01')
 ORDER BY proof.sequence, proof.id
 LIMIT 1
"""
READ_TIES = """
SELECT proof.id, proof.sequence, proof.letter_sha256, proof.content_sha256,
       notice.document_id AS letter_id, delivery.content_id,
       proof.company_id != chain.company_id AS other_company,
       (named.uuid != '' OR proof.source = 'record') AND COALESCE(delivery.uuid, '') != named.uuid AS other_delivery,
       proof.notice_id IS DISTINCT FROM delivery.notice_id AS other_notice,
       named.uuid != '' AND COALESCE(notice.name, '') != COALESCE(proof.notice_number, '') AS other_number,
       proof.letter_sha256 != '' AND COALESCE(notice.document_sha256, '') != proof.letter_sha256 AS other_letter,
       proof.content_sha256 != '' AND COALESCE(delivery.content_sha256, '') != proof.content_sha256 AS other_content,
       proof.external_ref != '' AND COALESCE(delivery.external_ref, '') != proof.external_ref AS other_reference,
       named.uuid != '' AND COALESCE(delivery.is_test, FALSE) != COALESCE(proof.is_test, FALSE) AS other_test,
       proof.addressee != '' AND proof.is_erased IS NOT TRUE
           AND NOT STARTS_WITH(proof.addressee, COALESCE(notice.addressee, '')) AS other_addressee,
       file.id IS NOT NULL AND (file.type, file.res_model, file.res_id)
           IS DISTINCT FROM ('binary', 'account.dunning.proof', proof.id) AS other_file
  FROM account_dunning_proof proof
 CROSS JOIN LATERAL (SELECT COALESCE(proof.delivery_uuid, '') AS uuid) AS named
  JOIN account_dunning_chain chain ON chain.id = proof.chain_id
  LEFT JOIN account_dunning_delivery delivery ON delivery.id = proof.delivery_id
  LEFT JOIN account_dunning_notice notice ON notice.id = proof.notice_id
  LEFT JOIN ir_attachment file ON file.id = proof.attachment_id
 WHERE proof.id = ANY(%(ids)s)
 ORDER BY proof.sequence, proof.id
"""
FIND_MISASSIGNED = """
SELECT proof.sequence
  FROM account_dunning_proof proof
  LEFT JOIN LATERAL (
       SELECT record.delivery_uuid FROM account_dunning_proof record
        WHERE record.chain_id = proof.chain_id AND record.refers_to = proof.uuid AND record.kind = 'assignment'
          AND record.sequence > 0
        ORDER BY record.sequence LIMIT 1) AS assigned ON TRUE
  LEFT JOIN account_dunning_delivery delivery ON delivery.id = proof.delivery_id
 WHERE proof.chain_id = %(chain)s AND proof.sequence > 0 AND proof.source != 'record'
   AND COALESCE(proof.delivery_uuid, '') = ''
   AND COALESCE(delivery.uuid, '') != COALESCE(assigned.delivery_uuid, '')
 ORDER BY proof.sequence LIMIT 1
"""
