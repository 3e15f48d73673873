from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSetup(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.active = False
        cls.company.write({"dunning_mode": "off", "dunning_policy_id": False})
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        groups = "account.group_account_invoice", "account_dunning.group_dunning_manager"
        cls.manager = cls.make_user("manager", *groups)
        cls.setups = cls.env["account.dunning.setup"].with_user(cls.manager)

    def policies(self):
        return self.env["account.dunning.policy"].search([("company_id", "=", self.company.id)])

    def test_five_answers_end_in_simulation_and_show_tonight(self):
        self.make_invoice(days=20, is_move_sent=True)
        bank = self.company_data["default_journal_bank"]
        form = Form(self.setups)
        self.assertIn(bank, form.bank_journal_ids[:])
        form.has_business = form.has_consumer = True
        form.has_public = False
        form.user_id = self.manager
        action = form.save().action_finish()
        self.assertRecordValues(
            self.company,
            [{"dunning_mode": "simulate", "dunning_user_id": self.manager.id, "dunning_bank_journal_ids": bank.ids}],
        )
        self.assertEqual(set(self.policies().mapped("debtor_kind")), {"business", "consumer"})
        self.assertEqual(self.company.dunning_policy_id.debtor_kind, "consumer")
        dry_run = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dry_run.sudo().notice_count, 1)

    def test_asked_twice_it_makes_no_second_policy(self):
        for _time in range(2):
            self.setups.create({"has_business": True}).action_finish()
        self.assertEqual(len(self.policies().filtered(lambda policy: policy.debtor_kind == "business")), 1)

    def test_without_e_mail_reminders_are_letters(self):
        self.setups.create({"by_email": False}).action_finish()
        levels = self.policies().level_ids
        self.assertNotIn(self.email, levels.channel_id | levels.copy_channel_ids)
        self.assertIn(self.registered, levels.channel_id)

    def test_what_makes_no_sense_is_refused(self):
        nobody = dict.fromkeys(("has_business", "has_consumer", "has_public"), False)
        for vals in (nobody, {"by_email": False, "by_letter": False}, {"bank_days": -1}):
            with self.assertRaises(UserError):
                self.setups.create(vals).action_finish()

    def test_the_contract_rate_is_kept_with_the_policies(self):
        self.setups.create(
            {"has_business": True, "has_public": True, "interest": "contract", "interest_contract_rate": 12.5}
        ).action_finish()
        rates = {policy.debtor_kind: policy.interest_contract_rate for policy in self.policies()}
        self.assertEqual(rates, {"business": 12.5, "consumer": 12.5, "public": 0})
        again = self.setups.create({})
        self.assertEqual((again.interest, again.interest_contract_rate), ("contract", 12.5))
        again.interest = "legal"
        again.action_finish()
        self.assertFalse(any(self.policies().mapped("interest_contract_rate")))

    def test_a_contract_rate_is_a_percentage(self):
        for rate in (0, -1, 101):
            with self.assertRaises(UserError):
                self.setups.create({"interest": "contract", "interest_contract_rate": rate}).action_finish()

    def test_who_approves_gets_the_tasks_to_approve(self):
        self.setups.create({"approver_id": self.manager.id, "second_approval_amount": 5000}).action_finish()
        self.assertRecordValues(
            self.company, [{"dunning_approver_id": self.manager.id, "dunning_second_approval_amount": 5000}]
        )
        clerk = self.make_user("clerk", "account.group_account_invoice")
        self.company.dunning_user_id = clerk
        case = self.env["account.dunning.case"].create(
            {"partner_id": self.customer.id, "company_id": self.company.id, "currency_id": self.company.currency_id.id}
        )
        self.assertEqual(case._raise_task("approve").user_id, self.manager)
        self.assertEqual(case._raise_task("call").user_id, clerk)

    def test_only_an_administrator_makes_somebody_an_approver(self):
        clerk = self.make_user("clerk", "account.group_account_invoice")
        with self.assertRaisesRegex(UserError, "administrator"):
            self.setups.create({"approver_id": clerk.id}).action_finish()
        self.assertFalse(clerk.has_group("account_dunning.group_dunning_manager"))
        self.manager.group_ids |= self.env.ref("base.group_erp_manager")
        self.setups.create({"approver_id": clerk.id}).action_finish()
        self.assertTrue(clerk.has_group("account_dunning.group_dunning_manager"))

    def test_it_never_switches_a_company_back(self):
        self.company.dunning_mode = "prepare"
        self.setups.create({}).action_finish()
        self.assertEqual(self.company.dunning_mode, "prepare")

    def test_a_billing_user_sets_nothing_up(self):
        user = self.make_user("billing", "account.group_account_invoice")
        for model in ("setup", "start"):
            with self.assertRaises(AccessError):
                self.env[f"account.dunning.{model}"].with_user(user).create({})


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestStart(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"dunning_mode": "off"})
        cls.company.dunning_mode = "prepare"
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})

    def start(self, **vals):
        start = self.env["account.dunning.start"].browse(self.env["account.dunning.start"].action_open()["res_id"])
        start.write(vals)
        return start

    def test_sending_is_refused_until_somebody_has_looked(self):
        self.assertFalse(self.company.dunning_baseline_date)
        with self.assertRaises(RedirectWarning):
            self.company.dunning_mode = "send"
        with self.assertRaises(RedirectWarning):
            self.env["res.company"].create({"name": "New", "dunning_mode": "send"})

    def test_old_debts_count_as_reminded_today(self):
        old, recent = self.make_invoice(100, days=90), self.make_invoice(50, days=6)
        start = self.start(nightly_cap=10)
        self.assertEqual((start.old_count, start.notice_count), (1, 1))
        start.action_start()
        self.assertRecordValues(
            self.company, [{"dunning_mode": "send", "dunning_baseline_date": TODAY, "dunning_nightly_cap": 10}]
        )
        self.assertRecordValues(
            self.item(old), [{"level_id": self.second.id, "stage_count": 2, "last_notice_date": TODAY, "round": 1}]
        )
        self.assertFalse(self.item(recent).level_id)
        self.night()
        self.assertFalse(self.notices())
        with self.on(7):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.formal)

    def test_the_baseline_counts_for_the_days_between_notices_and_no_more(self):
        self.make_invoice(50, days=90)
        other = self.make_customer("Other")
        self.make_invoice(50, days=6, partner=other)
        self.start().action_start()
        self.night()
        self.window()
        self.assertFalse(self.notices())
        self.assertEqual(self.notices(partner=other).state, "issued")

    def test_old_debts_are_paused_until_their_review(self):
        old = self.make_invoice(days=90)
        review = TODAY + timedelta(days=10)
        self.start(treatment="pause", review_date=review).action_start()
        self.assertRecordValues(
            self.item(old).case_id.hold_ids, [{"kind": "pause", "date_until": review, "state": "active"}]
        )
        self.night()
        self.assertRecordValues(self.item(old), [{"reason": "held", "level_id": False}])

    def test_old_debts_may_start_like_all_others(self):
        old = self.make_invoice(days=90)
        self.start(treatment="none").action_start()
        self.night()
        self.assertEqual(self.item(old).next_level_id, self.first)

    def test_excluded_and_paid_debts_are_left_alone(self):
        self.make_invoice(days=90).no_followup = True
        self.pay(self.make_invoice(days=90))
        start = self.start()
        self.assertEqual(start.old_count, 0)
        start.action_start()
        self.assertFalse(self.env["account.dunning.level.change"].search([]))

    def test_turned_off_it_asks_again(self):
        self.start().action_start()
        self.company.dunning_mode = "off"
        self.assertFalse(self.company.dunning_baseline_date)
        with self.assertRaises(RedirectWarning):
            self.company.dunning_mode = "send"

    def test_after_a_break_tonights_list_is_shown_again(self):
        self.start().action_start()
        self.company.dunning_mode = "prepare"
        with self.assertRaises(RedirectWarning):
            self.company.dunning_mode = "send"
        old = self.make_invoice(days=90)
        with self.on(5):
            start = self.start()
            self.assertEqual((start.notice_count, start.treatment), (1, "none"))
            start.action_start()
        self.assertRecordValues(
            self.company, [{"dunning_mode": "send", "dunning_baseline_date": TODAY, "dunning_list_pending": False}]
        )
        self.assertFalse(self.item(old).level_id)

    def test_another_dunning_module_is_named_and_sending_refused(self):
        other = "Follow-up (account_followup)"
        start = self.start()
        with (
            patch.object(self.registry["res.company"], "_get_other_dunning", lambda self: other),
            self.assertRaisesRegex(UserError, "account_followup"),
        ):
            start.action_start()
        with (
            patch.object(self.registry["res.company"], "_get_other_dunning", lambda self: other),
            self.assertRaisesRegex(UserError, "account_followup"),
        ):
            self.env["account.dunning.start"].action_open()

    def test_an_installed_dunning_module_is_found(self):
        self.assertFalse(self.env["res.company"]._get_other_dunning())
        module = self.env["ir.module.module"].search([("name", "=", "account_credit_control")]) or self.env[
            "ir.module.module"
        ].create({"name": "account_credit_control", "shortdesc": "Credit Control"})
        module.state = "installed"
        self.assertIn("account_credit_control", self.env["res.company"]._get_other_dunning())


@tagged("post_install", "-at_install")
@freeze_time(TODAY)  # a Tuesday
class TestFreshness(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]
        cls.company.dunning_bank_journal_ids = cls.bank

    def enter_bank_line(self, days):
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": TODAY - timedelta(days=days),
                "payment_ref": "Something else",
                "amount": -1,
            }
        )

    def test_three_working_days_are_allowed(self):
        self.enter_bank_line(6)  # the Wednesday before
        self.assertEqual(self.company._get_late_bank(), (self.bank, TODAY - timedelta(days=6)))
        self.enter_bank_line(5)
        self.assertFalse(self.company._get_late_bank())

    def test_a_bank_without_entries_is_late(self):
        self.assertEqual(self.company._get_late_bank(), (self.bank, None))
        self.assertIn("no bank entries", self.company._get_bank_warning())

    def test_payments_count_where_no_bank_line_is_entered(self):
        self.pay(self.make_invoice(days=6))
        self.assertFalse(self.company._get_late_bank())
        self.enter_bank_line(20)
        self.assertTrue(self.company._get_late_bank())

    def test_entries_of_the_future_are_none(self):
        self.enter_bank_line(-10)
        self.assertTrue(self.company._get_late_bank())

    def test_the_oldest_of_two_banks_is_named(self):
        self.enter_bank_line(0)
        second = self.bank.copy({"name": "Second", "code": "SEC"})
        self.company.dunning_bank_journal_ids |= second
        self.assertEqual(self.company._get_late_bank(), (second, None))

    def test_no_bank_named_means_no_guard(self):
        self.company.dunning_bank_journal_ids = False
        self.assertFalse(self.company._get_late_bank())

    def test_the_night_prepares_and_says_so_and_nothing_is_sent(self):
        self.enter_bank_line(9)
        self.make_invoice(days=6)
        run = self.night()
        self.assertEqual(self.notices().state, "draft")
        self.assertEqual(
            run.bank_warning, f"Bank entries of {self.bank.name} end on 03/22/2026: notices are prepared, none is sent."
        )
        senders = self.env["res.company"]._get_dunning_senders
        self.assertNotIn(self.company, senders())
        self.enter_bank_line(0)
        self.assertIn(self.company, senders())
        self.assertFalse(self.night().bank_warning)

    def test_late_after_the_issue_what_is_queued_stays(self):
        self.enter_bank_line(0)
        self.make_invoice(days=6)
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._cron_issue()
        self.assertEqual(self.notices().state, "issued")
        self.company.dunning_bank_journal_ids |= self.bank.copy({"name": "Second", "code": "SEC"})
        with self.job() as env:
            env["account.dunning.outbox"]._cron_deliver()
        self.assertFalse(self.notices().date_left)
        self.assertEqual(self.notices().delivery_ids.state, "queued")
