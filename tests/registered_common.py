"""Formal notices by the real test service, over HTTP."""

import tempfile

from odoo.tests import common, freeze_time

from odoo.addons.account_dunning.sandbox.process import Process

from .common import TODAY, DunningCommon

QUICK = (5, 1.5)


@freeze_time(TODAY)
class SandboxCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.service = Process(folder.name).start()
        cls.addClassCleanup(cls.service.stop)
        cls.provider = cls.env["account.dunning.provider"].create(
            {
                "name": "Sandbox",
                "code": "sandbox",
                "state": "test",
                "address": cls.service.address,
                "token": cls.service.token,
            }
        )
        cls.channel = cls.env["account.dunning.channel"].create(
            {
                "name": "Registered e-mail",
                "method": "registered_email",
                "provider_id": cls.provider.id,
                "fallback_channel_id": cls.registered.id,
            }
        )
        cls.policy.level_ids.sequence = 9
        cls.policy = cls.make_policy([(5, "formal_notice"), (15, "last_notice")])
        cls.company.dunning_policy_id = cls.policy
        cls.formal = cls.policy.level_ids[0]
        cls.formal.channel_id = cls.channel
        root = cls.service.read_root()
        cls.env["account.dunning.trust.root"].create({"company_id": cls.company.id, "certificate": root})

    @classmethod
    def make_customer(cls, name="Debtor", **vals):
        """Professionals: to others electronic registered mail needs their consent."""
        return super().make_customer(name, **{"debtor_kind": "business", **vals})

    def setUp(self):
        super().setUp()
        self.service.heal()
        self.service.tell("off")
        self.service.delay_proofs(0)
        self.service.set_clock(f"{TODAY}T00:00:00+00:00")
        self.service.let("*", "accept", 1)
        self.before = len(self.service.read_log())

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Override of Odoo's tests, which compare a time limit with a number and ours are two."""
        if not request.url.startswith("http://127.0.0.1:"):
            raise common.BlockedRequest(request.url)
        return common._super_send(session, request, **{**options, "timeout": QUICK})

    # === The jobs === #

    def issue(self, *customers, **vals):
        """Formal notices that wait to be sent, of one customer by default."""
        customers = customers or (self.customer,)
        for customer in customers:
            self.make_invoice(days=60, partner=customer, **vals)
        self.night()
        notices = self.env["account.dunning.notice"].browse()
        for customer in customers:
            notices |= self.notices("draft", partner=customer)
        notices.action_approve()
        notices.action_issue()
        return notices.delivery_ids.sorted("id")

    def deliver(self):
        with self.job() as env:
            env["account.dunning.outbox"]._settle_interrupted()
            env["account.dunning.outbox"]._deliver_company(self.company.with_env(env))

    def collect(self):
        with self.job() as env:
            env["account.dunning.collection"]._cron_collect()

    def tasks(self, delivery):
        return delivery.notice_id.case_id.task_ids.filtered(lambda task: task.state == "open").mapped("kind")

    def taken(self):
        """References of the letters that the service took since this test began."""
        return [line["reference"] for line in self.service.read_log()[self.before :]]
