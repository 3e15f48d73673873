import base64
import hashlib

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .stored_bytes import find_file

TOKEN, CONTENT = {"access_token"}, {"raw", "datas"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        """Evidence stays as it is; that it may be fetched, and is moved from disk to database, does not change it."""
        if vals.keys() <= TOKEN:
            return super().write(vals)
        if self._is_moved_by(vals):
            return super(IrAttachment, self.with_context(image_no_postprocess=True)).write(vals)
        self._check_not_evidence()
        return super().write(vals)

    def unlink(self):
        self._check_not_evidence()
        return super().unlink()

    def _is_moved_by(self, vals):
        """What `force_storage` of Odoo writes: the same bytes of one file of evidence, to be stored elsewhere."""
        given = vals.keys() & CONTENT
        if len(self) != 1 or len(given) != 1 or vals.keys() - CONTENT - {"mimetype"} or not self.env.is_admin():
            return False
        if vals.get("mimetype", self.mimetype) != self.mimetype or not self._find_evidence():
            return False
        content = vals["raw"] if "raw" in vals else base64.b64decode(vals["datas"] or b"")
        return bool(content) and find_file(self).sha256 == hashlib.sha256(content).hexdigest()

    def _check_not_evidence(self):
        """A proof, a letter and what left are as they were, for everybody; one query for any number of files."""
        if self.ids and self._find_evidence():
            raise UserError(
                self.env._(
                    "This file is kept as evidence of a notice or of its receipt: it is never changed or deleted."
                )
            )

    def _find_evidence(self):
        """By a statement, as there must be nobody who does not see that a file is evidence."""
        self.env["account.dunning.proof"].flush_model(["attachment_id"])
        self.env["account.dunning.notice"].flush_model(["document_id"])
        self.env["account.dunning.delivery"].flush_model(["content_id"])
        ids = list(self.ids)
        query = SQL(
            """
            SELECT EXISTS (SELECT 1 FROM account_dunning_proof WHERE attachment_id = ANY(%(ids)s))
                OR EXISTS (SELECT 1 FROM account_dunning_notice WHERE document_id = ANY(%(ids)s))
                OR EXISTS (SELECT 1 FROM account_dunning_delivery WHERE content_id = ANY(%(ids)s))
            """,
            ids=ids,
        )
        self.env.cr.execute(query)
        return self.env.cr.fetchone()[0]
