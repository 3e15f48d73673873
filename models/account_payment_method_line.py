from odoo import fields, models


class AccountPaymentMethodLine(models.Model):
    _inherit = "account.payment.method.line"

    dunning_days_in_process = fields.Integer(
        string="Days on Its Way",
        help="Dunning waits so many days for a payment of this kind that the ledger does not show yet, then somebody "
        "looks for it. 0: as the settings say.",
    )
