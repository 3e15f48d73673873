from datetime import timedelta

from odoo.tests import freeze_time

from .common import TODAY
from .test_screens import ScreensCommon


@freeze_time(TODAY)
class TestDesk(ScreensCommon):
    """What stands above the lists."""

    def banner(self, *companies, with_facts=False):
        desk = self.env["account.dunning.desk"].with_user(self.billing)
        company_ids = [self.company.id, *(company.id for company in companies)]
        return desk.with_context(allowed_company_ids=company_ids).get_banner(with_facts)

    def test_while_something_leaves_there_is_no_banner(self):
        self.assertEqual(self.banner(), {"silent": [], "facts": []})

    def test_every_other_mode_says_that_nothing_leaves(self):
        for mode, label in (("prepare", "Prepare"), ("simulate", "Simulate"), ("off", "Off")):
            self.company.dunning_mode = mode
            self.assertEqual(self.banner()["silent"], [f"Nothing leaves by itself: the mode is “{label}”."])

    def test_of_several_companies_the_silent_one_is_named(self):
        other = self.env["res.company"].create({"name": "Silent", "dunning_mode": "off"})
        self.billing.company_ids |= other
        self.assertEqual(self.banner(other)["silent"], ["Nothing leaves Silent by itself: the mode is “Off”."])

    def test_the_morning(self):
        bank = self.company_data["default_journal_bank"]
        self.company.dunning_bank_journal_ids = bank
        self.make_invoice(days=6)
        self.make_invoice(days=40, partner=self.make_customer("Formal"))
        self.pay(self.make_invoice(70, days=-5))
        self.env["account.bank.statement.line"].create(
            {"journal_id": bank.id, "date": TODAY - timedelta(days=2), "payment_ref": "Else", "amount": -1}
        )
        self.night()
        self.window()
        self.first.approval = "manual"
        careful = self.make_customer("Careful")
        self.make_invoice(days=20, partner=careful)
        self.env.flush_all()
        self.env["account.dunning.night"]._decide_partners(self.company, careful.ids)
        self.notices("issued").delivery_ids.state = "uncertain"
        self.assertEqual(
            self.banner(with_facts=True)["facts"],
            [
                "Bank entries until 03/29/2026.",
                "Since the night of 03/31/2026: 2 left, 1 to approve, 1 to check.",
                "Received since yesterday: $\N{NO-BREAK SPACE}70.00.",
            ],
        )

    def test_an_auditor_without_the_books_sees_the_rest(self):
        self.night()
        auditor = self.make_user("auditor", "base.group_user,account_dunning.group_dunning_auditor")
        desk = self.env["account.dunning.desk"].with_user(auditor).with_company(self.company)
        (fact,) = desk.get_banner(True)["facts"]
        self.assertIn("Since the night", fact)

    def test_a_bank_without_entries_is_said(self):
        self.company.dunning_bank_journal_ids = self.company_data["default_journal_bank"]
        self.assertIn("no bank entries", self.banner(with_facts=True)["facts"][0])
