import hashlib

from odoo import api, models
from odoo.exceptions import UserError

from .stored_bytes import read_alone


class AccountDunningNotice(models.Model):
    _inherit = "account.dunning.notice"

    def action_print_letters(self):
        """The dialog for the letters of a selection, in the order of the list; a single one is downloaded as stored."""
        self.check_access("read")
        if len(self) == 1:
            return self.action_print()
        made = self.filtered("document_id")
        if not made:
            raise UserError(self.env._("None of these notices has a letter yet: it is made when a notice is issued."))
        batches = self.env["account.dunning.letter.batch"]
        missing = [batches._get_left_out(notice, self._say_no_letter()) for notice in self - made]
        return batches._open([(notice, None) for notice in made], missing)

    def action_verify_document(self):
        """Whether the stored letter still is what was made, in words."""
        self._get_stored_letter()
        fault = self._get_letter_fault(self._read_letter())
        unchanged = self.env._("Unchanged: the letter is, byte for byte, the one that was made.")
        params = {
            "type": "danger" if fault else "success",
            "sticky": bool(fault),
            "message": self.env._("CHANGED: %s", fault) if fault else unchanged,
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    @api.model
    def _say_no_letter(self):
        return self.env._("There is no letter yet: it is made when the notice is issued.")

    def _locate_letters(self):
        """Where the letters of all these notices are stored, by one query; each is then read alone."""
        self.sudo().document_id.mapped("store_fname")

    def _read_letter(self):
        return read_alone(self.sudo().document_id)

    def _get_letter_fault(self, content):
        """Why the letter with these stored bytes must not be printed, in one sentence; empty for a sound one."""
        self.ensure_one()
        if not self.sudo().document_id:
            return self._say_no_letter()
        if not content:
            return self.env._("The stored file is missing.")
        if hashlib.sha256(content).hexdigest() != self.document_sha256:
            return self.env._("The stored file is not the one that was made: its SHA-256 differs.")
        return ""
