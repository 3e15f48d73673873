from odoo import api, models

from .ledger import Ledger


class AccountDunningDemo(models.AbstractModel):
    _name = "account.dunning.demo"
    _description = "Dunning demo data"

    @api.model
    def _load(self):
        """Fill a company without entries with a year of customers and invoices; once only."""
        if not self.env.ref("account_dunning.demo_customer_1", raise_if_not_found=False):
            Ledger(self.env).build()
        if not self.env.ref("account_dunning.channel_sandbox", raise_if_not_found=False):
            self._load_sandbox(self.env.ref("account_dunning.demo_customer_1").company_id)

    @api.model
    def _load_sandbox(self, company):
        """A way to try registered mail: no company has one outside demonstrations and tests."""
        provider = self._load_record(
            "account.dunning.provider",
            "provider_sandbox",
            {"name": "Sandbox", "code": "sandbox", "state": "test", "company_id": company.id},
        )
        channel = self._load_record(
            "account.dunning.channel",
            "channel_sandbox",
            {
                "name": "Electronic registered delivery (sandbox)",
                "method": "registered_email",
                "provider_id": provider.id,
                "fallback_channel_id": self.env.ref("account_dunning.channel_registered_letter").id,
                "company_id": company.id,
                "sequence": 9,
            },
        )
        self._name_in_french(provider, "Service d’essai")
        self._name_in_french(channel, "Recommandé électronique (essai)")

    @api.model
    def _name_in_french(self, record, name):
        if self.env["res.lang"]._get_data(code="fr_FR"):
            record.update_field_translations("name", {"fr_FR": name})

    @api.model
    def _load_record(self, model, name, values):
        return self.env[model]._load_records(
            [{"xml_id": f"account_dunning.{name}", "noupdate": True, "values": values}]
        )
