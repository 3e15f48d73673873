from odoo import api, fields, models

from ..delivery import PROVIDERS


class AccountDunningProvider(models.Model):
    _name = "account.dunning.provider"
    _description = "Dunning Delivery Provider"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company")
    code = fields.Selection(selection="_selection_code", required=True)
    state = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("enabled", "Enabled")], required=True, default="disabled"
    )
    credentials = fields.Json(groups="base.group_system", copy=False)

    @api.model
    def _selection_code(self):
        return [(code, adapter.label) for code, adapter in PROVIDERS.items()]

    def _is_usable(self):
        return self.state != "disabled"

    def _get_adapter(self):
        """The adapter of `delivery/` that speaks for this account; extensions override it for their codes."""
        self.ensure_one()
        return PROVIDERS[self.code]()
