"""What was found in a receipt, in words for who has to act on it."""

from odoo import api, models


class AccountDunningProof(models.Model):
    _inherit = "account.dunning.proof"

    @api.model
    def _say_problem(self, found):
        return self._get_problems().get(found.code) or found.detail or found.code

    @api.model
    def _say_remarks(self, remarks):
        """False where there is nothing to say."""
        words = self._get_remarks()
        return " ".join(words.get(remark, remark) for remark in remarks) or False

    @api.model
    def _get_problems(self):
        return {
            "empty": self.env._("The file is empty."),
            "too_large": self.env._("The file is too large to be read."),
            "unknown_format": self.env._("This kind of file is kept, but cannot be checked."),
            "malformed": self.env._("The file is damaged or incomplete: fetch it again."),
            "encrypted": self.env._("The file is protected by a password: ask for one without."),
        }

    @api.model
    def _get_remarks(self):
        return {}
