from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCap(DunningCommon):
    """The cap of notices a day: who goes first, and what is said to the rest."""

    def issue(self):
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        return self.env["account.dunning.notice"].search([("state", "=", "issued")]).partner_id.mapped("name")

    def make_debtor(self, name, amount, days=6, **vals):
        customer = self.make_customer(name)
        self.make_invoice(amount, days=days, partner=customer, **vals)
        return customer

    def make_currency(self, code, rate):
        """`rate` units of it are worth one unit of the company's currency."""
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)])
        currency.write({"active": True, "rate_ids": [fields.Command.clear()]})
        vals = {"name": "2020-01-01", "rate": rate, "currency_id": currency.id, "company_id": self.company.id}
        self.env["res.currency.rate"].create(vals)
        return currency

    def test_the_largest_claim_in_the_company_s_currency_goes_first(self):
        yen, dinar = self.make_currency("JPY", 150), self.make_currency("KWD", 0.25)
        self.make_debtor("Yen", 30000, currency_id=yen.id)
        self.make_debtor("Company", 300)
        self.make_debtor("Dinar", 100, currency_id=dinar.id)
        self.night()
        for cap, names in ((1, ["Dinar"]), (2, ["Dinar", "Company"]), (3, ["Dinar", "Company", "Yen"])):
            self.company.dunning_nightly_cap = cap
            self.assertCountEqual(self.issue(), names)

    def test_approved_ones_go_first_and_count(self):
        careful = self.make_policy([(5, "reminder")], name="Careful")
        careful.level_ids.approval = "manual"
        small = self.make_customer("Small", dunning_policy_id=careful.id)
        self.make_invoice(10, partner=small)
        self.make_debtor("Large", 1000)
        self.company.dunning_nightly_cap = 1
        self.night()
        self.notices(partner=small).action_approve()
        self.assertEqual(self.issue(), ["Small"])
        self.assertEqual(self.issue(), ["Small"])

    def test_the_rest_stay_drafts_that_say_why(self):
        large, small = self.make_debtor("Large", 1000), self.make_debtor("Small", 10)
        self.company.dunning_nightly_cap = 1
        self.night()
        self.issue()
        self.assertRecordValues(self.notices(partner=large), [{"state": "issued", "reason": False}])
        told = "The number of notices a day was reached"
        self.assertRecordValues(self.notices(partner=small), [{"state": "draft", "reason": told}])
        with self.on(1):
            self.night()
            self.issue()
        self.assertRecordValues(self.notices(partner=small), [{"state": "issued", "reason": False}])
