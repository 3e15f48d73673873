from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

LEGAL_HOLD = ("legal_hold", "legal_hold_reason")


class AccountDunningCaseRetention(models.Model):
    """A case of which nothing may be erased, such as one before a court."""

    _inherit = "account.dunning.case"

    legal_hold = fields.Boolean(
        string="Legal Hold", tracking=True, help="Nothing of this case may be erased until a manager takes it off."
    )
    legal_hold_reason = fields.Char(string="Reason of the Hold", tracking=True, help="Kept in the log of the case.")

    @api.constrains(*LEGAL_HOLD)
    def _check_legal_hold(self):
        if self.filtered(lambda case: case.legal_hold and not (case.legal_hold_reason or "").strip()):
            raise ValidationError(self.env._("Say why nothing of this case may be erased."))

    def write(self, vals):
        if any(name in vals for name in LEGAL_HOLD) and not self._may_hold():
            raise AccessError(self.env._("Only a dunning manager sets a legal hold or takes it off."))
        return super().write(vals)

    def _may_hold(self):
        return self.env.su or self.env.user.has_group("account_dunning.group_dunning_manager")
