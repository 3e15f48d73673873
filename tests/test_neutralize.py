from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon

OPEN = ("queued", "sending", "uncertain")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestNeutralize(DunningCommon):
    """A copy of the database sends nothing: `odoo neutralize` runs data/neutralize.sql."""

    def neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["account_dunning"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_providers_lose_their_credentials_and_none_stays_enabled(self):
        provider = self.email.provider_id
        provider.credentials = {"token": "secret"}
        sandbox = self.env["account.dunning.provider"].create(
            {"name": "Sandbox", "code": "sandbox", "state": "test", "token": "secret"}
        )
        off = provider.copy({"state": "disabled", "credentials": {"token": "secret"}})
        self.neutralize()
        self.assertRecordValues(provider | off, [{"state": "test"}, {"state": "disabled"}])
        self.assertFalse(self.env["account.dunning.provider"].search([]).filtered("credentials"))
        self.assertFalse(sandbox.webhook_key, "nobody tells a copy of news")

    def test_no_job_and_no_company_stays_active(self):
        self.neutralize()
        for job in ("decide", "issue", "deliver", "collect"):
            self.assertFalse(self.env.ref(f"account_dunning.ir_cron_{job}").active, job)
        self.assertFalse(self.env["res.company"]._get_dunning_senders())

    def test_open_deliveries_are_cancelled_and_closed_ones_stay(self):
        for _delivery in range(len(OPEN) + 1):
            self.make_invoice(days=6, partner=self.make_customer("Debtor"))
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        deliveries = self.env["account.dunning.delivery"].search([("company_id", "=", self.company.id)])
        for delivery, state in zip(deliveries, (*OPEN, "sent"), strict=True):
            delivery.state = state
        self.neutralize()
        self.assertEqual(deliveries.mapped("state"), ["cancelled"] * len(OPEN) + ["sent"])
