from odoo import api, models

from .ledger import Ledger


class AccountDunningDemo(models.AbstractModel):
    _name = "account.dunning.demo"
    _description = "Dunning demo data"

    @api.model
    def _load(self):
        """Fill a company without entries with a year of customers and invoices; once only."""
        if self.env.ref("account_dunning.demo_customer_1", raise_if_not_found=False):
            return
        Ledger(self.env).build()
