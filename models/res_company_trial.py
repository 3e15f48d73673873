from odoo import api, models, modules


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _dunning_is_trial(self):
        """A database with this addon's demo data, or one that runs tests: here a provider in test may be used."""
        demo = self.env.ref("account_dunning.demo_customer_1", raise_if_not_found=False)
        return bool(demo or modules.module.current_test)
