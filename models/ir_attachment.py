from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        self._check_not_evidence()
        return super().write(vals)

    def unlink(self):
        self._check_not_evidence()
        return super().unlink()

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
