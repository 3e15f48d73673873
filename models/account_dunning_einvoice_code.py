from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningEinvoiceCode(models.Model):
    """What a status of the life cycle of electronic invoices means for dunning."""

    _name = "account.dunning.einvoice.code"
    _description = "E-invoicing Status Code"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(string="Status Code", required=True, readonly=True)
    name = fields.Char(string="Status", required=True, translate=True)
    effect = fields.Selection(
        [
            ("none", "Dunning goes on"),
            ("dispute", "Dispute"),
            ("pause", "Pause"),
            ("grace", "Days of grace"),
        ],
        required=True,
        default="none",
        help="A later status whose effect is that dunning goes on lifts what this one made.",
    )
    grace_days = fields.Integer(string="Working Days of Grace")
    note = fields.Char(translate=True, help="What is to be done; shown on the hold.")
    source = fields.Char(readonly=True)

    _one_per_code = models.UniqueIndex("(code)", "This code is already known.")
    _grace_not_negative = models.Constraint("CHECK (grace_days >= 0)", "Days of grace must not be negative.")

    @api.depends("code", "name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for status in self:
            status.display_name = f"{status.code} {status.name}"

    @api.model
    def _find(self, code):
        found = self.search([("code", "=", code)])
        if not found:
            known = ", ".join(self.search([]).mapped("code"))
            raise UserError(
                self.env._("%(code)s is no known e-invoicing status. Known are: %(known)s.", code=code, known=known)
            )
        return found
