from odoo import fields, models


class AccountLateInterestCompensation(models.Model):
    """The fixed compensation for an invoice that amounts to so much or more."""

    _name = "account.late.interest.compensation"
    _description = "Late Payment Compensation"
    _order = "regime_id, amount_from, id"

    regime_id = fields.Many2one("account.late.interest.regime", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="regime_id.currency_id")
    amount_from = fields.Monetary(string="Invoices From", help="Of the invoice's amount, in the currency of the law.")
    amount = fields.Monetary(string="Compensation", required=True)

    _one_per_amount = models.UniqueIndex(
        "(regime_id, amount_from)", "There is already a compensation from this amount on."
    )
    _not_negative = models.Constraint("CHECK (amount >= 0 AND amount_from >= 0)", "Amounts must not be negative.")
