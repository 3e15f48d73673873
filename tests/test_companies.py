from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import TODAY, DunningCommon

RUN = "odoo.addons.account_dunning.models.account_dunning_run"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class CompaniesCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_category = cls.product_category.with_env(cls.env)
        cls.other = cls.setup_other_company(name="Other")["company"].with_env(cls.env)
        cls.other.write(
            {
                "dunning_mode": "send",
                "dunning_baseline_date": TODAY,
                "dunning_business_hours_only": False,
                "dunning_tz": "UTC",
                "email": "office@other.example",
            }
        )
        cls.make_bank(cls.other, "FR14 2004 1010 0505 0001 3M02 606")
        cls.other_policy = cls.make_policy([(2, "reminder"), (9, "reminder")], company_id=cls.other.id)
        cls.other.dunning_policy_id = cls.other_policy

    def make_other_invoice(self, amount=100.0, days=6, **vals):
        return self.make_invoice(amount, days, company_id=self.other.id, **vals)

    def notices_of(self, company):
        return self.notices().filtered(lambda notice: notice.company_id == company)

    def decide_all(self):
        """The job itself, over all companies."""
        with self.job() as env:
            env["account.dunning.run"]._cron_decide()

    def runs(self, company):
        return self.env["account.dunning.run"].search([("company_id", "=", company.id)])


class TestTwoCompanies(CompaniesCommon):
    def test_each_company_duns_its_own_invoices_by_its_own_policy(self):
        mine, theirs = self.make_invoice(100, days=6), self.make_other_invoice(70, days=6)
        self.decide_all()
        for invoice, company, policy in ((mine, self.company, self.policy), (theirs, self.other, self.other_policy)):
            notice = self.notices_of(company)
            self.assertEqual(notice.line_ids.move_id, invoice)
            self.assertEqual(notice.policy_id, policy)
            self.assertEqual(notice.case_id.company_id, company)
            self.assertEqual(notice.case_id.amount_overdue, invoice.amount_total)

    def test_the_notice_of_one_company_delays_none_of_the_other(self):
        self.make_other_invoice()
        self.night(self.other)
        self.notices_of(self.other)._leave(TODAY - timedelta(days=1))
        self.make_invoice()
        self.night()
        self.assertTrue(self.notices_of(self.company))

    def test_the_credit_of_one_company_pays_nothing_of_the_other(self):
        self.make_other_invoice(100, move_type="out_refund")
        self.make_invoice(100)
        self.decide_all()
        self.assertEqual(self.notices_of(self.company).amount_total, 100)

    def test_a_hold_of_one_company_leaves_the_other_alone(self):
        self.make_invoice()
        self.make_other_invoice()
        self.decide_all()
        case = self.notices_of(self.company).case_id
        self.env["account.dunning.hold"].create({"case_id": case.id, "kind": "dispute"})
        self.decide_all()
        self.assertEqual(self.notices_of(self.company).state, "cancelled")
        self.assertEqual(self.notices_of(self.other).state, "draft")

    def test_each_company_has_its_own_mode(self):
        self.company.dunning_mode, self.other.dunning_mode = "simulate", "off"
        mine, theirs = self.make_invoice(), self.make_other_invoice()
        self.decide_all()
        self.assertEqual(self.item(mine).reason, "due")
        self.assertFalse(self.item(theirs))
        self.assertFalse(self.notices())
        self.assertFalse(self.runs(self.other))

    def test_only_a_company_that_sends_sends(self):
        self.other.dunning_mode = "prepare"
        self.make_invoice()
        self.make_other_invoice()
        self.decide_all()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("account_dunning.ir_cron_issue").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.notices_of(self.company).state, "issued")
        self.assertEqual(self.notices_of(self.other).state, "draft")

    def test_each_company_has_its_own_numbers(self):
        self.make_invoice()
        self.make_other_invoice()
        self.decide_all()
        for company in (self.company, self.other):
            with self.job() as env:
                env["account.dunning.issue"]._issue_company(company.with_env(env))
        self.assertEqual(*(self.notices_of(company).name for company in (self.company, self.other)))

    def test_a_customer_has_a_policy_of_his_own_in_each_company(self):
        own = self.make_policy([(3, "reminder")], company_id=self.other.id)
        self.customer.with_company(self.other).dunning_policy_id = own
        self.make_invoice()
        self.make_other_invoice()
        self.decide_all()
        self.assertEqual(self.notices_of(self.company).policy_id, self.policy)
        self.assertEqual(self.notices_of(self.other).policy_id, own)

    def test_the_default_policy_is_one_of_the_company(self):
        with self.assertRaises(ValidationError):
            self.company.dunning_policy_id = self.other_policy

    def test_an_invoice_takes_no_policy_of_another_company(self):
        with self.assertRaises(UserError):
            self.make_invoice(dunning_policy_id=self.other_policy.id)

    def test_each_company_decides_for_the_day_that_it_has(self):
        self.company.dunning_tz, self.other.dunning_tz = "Pacific/Auckland", "America/New_York"
        with freeze_time(f"{TODAY} 20:00:00"):
            mine, theirs = self.make_invoice(days=5), self.make_other_invoice(days=2)
            self.assertEqual(mine.invoice_date_due, TODAY - timedelta(days=4))
            self.decide_all()
        self.assertEqual(self.runs(self.company).date, TODAY + timedelta(days=1))
        self.assertEqual(self.runs(self.other).date, TODAY)
        self.assertEqual(self.notices_of(self.company).line_ids.days_overdue, 5)
        self.assertEqual(self.item(theirs).next_date, TODAY + timedelta(days=1))


class TestFaultOfACompany(CompaniesCommon):
    def break_finish(self):
        """What follows the last customer fails in the first company."""
        run = type(self.env["account.dunning.run"])
        finish, broken = run._finish, self.company

        def fail(self):
            if self.company_id == broken:
                raise ValueError("corrupt")
            return finish(self)

        self.patch(run, "_finish", fail)

    def test_the_fault_of_one_company_does_not_stop_the_next(self):
        self.break_finish()
        self.make_invoice()
        self.make_other_invoice()
        with mute_logger(RUN):
            self.decide_all()
        self.assertEqual(self.runs(self.company).state, "running")
        self.assertEqual(self.runs(self.company).errors, f"{self.company.name}: ValueError: corrupt")
        self.assertRecordValues(self.runs(self.other), [{"state": "done", "errors": False}])
        self.assertTrue(self.notices_of(self.other))

    def test_a_night_before_one_that_was_run_is_refused_for_that_company_only(self):
        with self.on(1):
            self.night()
        self.make_invoice()
        self.make_other_invoice()
        with self.assertRaisesRegex(UserError, "was run already"):
            self.night()
        with mute_logger(RUN):
            self.decide_all()
        self.assertEqual(self.runs(self.company).date, TODAY + timedelta(days=1))
        self.assertIn("was run already", self.runs(self.company).errors)
        self.assertFalse(self.notices_of(self.company))
        self.assertTrue(self.notices_of(self.other))


class TestIntercompany(CompaniesCommon):
    def test_a_company_of_this_database_is_not_dunned_and_the_invoice_says_why(self):
        invoice = self.make_invoice(partner=self.other.partner_id)
        contact = self.make_customer("Accounts of Other", parent_id=self.other.partner_id.id)
        second = self.make_invoice(partner=contact)
        self.night()
        for one in (invoice, second):
            self.assertRecordValues(self.item(one), [{"reason": "excluded", "reason_detail": "intercompany"}])
            self.assertIn("the customer is a company of this database", one.dunning_explanation)
        self.assertFalse(self.notices(partner=self.other.partner_id))


class TestBranches(CompaniesCommon):
    """A branch has its own items, cases, mode and numbers; it uses its parent's policies beside its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.company.id})
        cls.cr.precommit.run()  # loads the chart of accounts of the parent into the branch
        cls.branch.write(
            {
                "dunning_mode": "send",
                "dunning_baseline_date": TODAY,
                "dunning_tz": "UTC",
                "email": "office@branch.example",
            }
        )

    def make_branch_invoice(self, amount=100.0, days=6, **vals):
        return self.make_invoice(amount, days, company_id=self.branch.id, **vals)

    def test_a_branch_is_off_until_it_is_turned_on(self):
        branch = self.env["res.company"].create({"name": "Second Branch", "parent_id": self.company.id})
        self.assertEqual(branch.dunning_mode, "off")

    def test_a_branch_without_a_policy_uses_that_of_its_parent(self):
        invoice = self.make_branch_invoice()
        self.decide_all()
        notice = self.notices_of(self.branch)
        self.assertEqual(notice.policy_id, self.policy)
        self.assertEqual(notice.line_ids.move_id, invoice)
        self.assertEqual(invoice.dunning_case_id.company_id, self.branch)
        self.assertFalse(self.notices_of(self.company))

    def test_a_policy_of_the_branch_comes_before_that_of_its_parent(self):
        own = self.make_policy([(3, "reminder")], company_id=self.branch.id)
        self.branch.dunning_policy_id = own
        self.make_invoice()
        self.make_branch_invoice()
        self.decide_all()
        self.assertEqual(self.notices_of(self.branch).policy_id, own)
        self.assertEqual(self.notices_of(self.company).policy_id, self.policy)

    def test_an_invoice_of_the_branch_may_have_a_policy_of_the_parent(self):
        chosen = self.make_policy([(1, "reminder")])
        self.make_branch_invoice(dunning_policy_id=chosen.id)
        self.decide_all()
        self.assertEqual(self.notices_of(self.branch).policy_id, chosen)

    def test_credits_of_the_parent_are_not_netted_with_the_branch(self):
        self.make_invoice(100, move_type="out_refund")
        self.make_branch_invoice(100)
        self.decide_all()
        self.assertEqual(self.notices_of(self.branch).amount_total, 100)

    def test_a_payment_received_by_the_parent_settles_the_invoice_of_the_branch(self):
        invoice = self.make_branch_invoice()
        self.decide_all()
        self.pay(invoice)
        self.decide_all()
        self.assertEqual(self.notices_of(self.branch).state, "cancelled")

    def test_parent_and_branch_are_no_customers_of_each_other(self):
        invoice = self.make_invoice(partner=self.branch.partner_id)
        self.decide_all()
        self.assertEqual(self.item(invoice).reason_detail, "intercompany")
