import base64
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import TODAY
from .test_screens import ScreensCommon


class PromisesCommon(ScreensCommon):
    def tasks(self, kind):
        return self.case().task_ids.filtered(lambda task: task.kind == kind and task.state == "open")

    def promise(self, invoice, days=5, **vals):
        item = self.item(invoice)
        vals = {"item_ids": [Command.set(item.ids)], **vals}
        return self.env["account.dunning.hold"].create(
            {"case_id": item.case_id.id, "kind": "promise", "date_until": self.today() + timedelta(days=days), **vals}
        )


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBrokenPromise(PromisesCommon):
    """What the policy says of a promise that was not kept."""

    def break_promise(self, reaction):
        """A reminder left on 31 March, the promise ends on 5 April unpaid, the night of 6 April looks."""
        self.policy.broken_promise_reaction = reaction
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        promise = self.promise(invoice)
        with self.on(6):
            self.night()
        self.assertEqual(promise.outcome, "broken")
        return invoice

    def test_a_call(self):
        invoice = self.break_promise("call")
        self.assertEqual(len(self.tasks("call")), 1)
        self.assertFalse(self.item(invoice).at_once)

    def test_a_decision(self):
        self.break_promise("decide")
        self.assertFalse(self.tasks("call"))
        self.assertEqual(self.tasks("decide").note, "A promise to pay was not kept")

    def test_the_next_level_as_soon_as_the_days_between_two_notices_allow(self):
        """Level 2 would be due on 9 April; the seven days after the reminder end on 7 April."""
        invoice = self.break_promise("next_level")
        self.assertFalse(self.tasks("call") | self.tasks("decide"))
        self.assertRecordValues(
            self.item(invoice), [{"reason": "interval", "next_date": date(2026, 4, 7), "next_level_id": self.second.id}]
        )
        with self.on(7):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.second)
            self.window()
        self.assertEqual(self.item(invoice).level_id, self.second)
        self.assertFalse(self.item(invoice).at_once)
        self.assertEqual(self.item(invoice).next_date, date(2026, 4, 29))

    def test_the_night_that_finds_it_broken_prepares_the_next_level(self):
        self.policy.write({"broken_promise_reaction": "next_level", "min_days_between_notices": 0})
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        self.promise(invoice)
        with self.on(6):
            self.night()
        self.assertEqual(self.notices("draft").level_id, self.second)

    def test_the_policy_of_the_invoice_counts(self):
        own = self.make_policy([(5, "reminder")], broken_promise_reaction="decide")
        invoice = self.make_invoice(days=6, dunning_policy_id=own.id)
        self.night()
        self.promise(invoice)
        with self.on(6):
            self.night()
        self.assertTrue(self.tasks("decide"))
        self.assertFalse(self.tasks("call"))

    def test_money_on_account_that_nobody_matched_keeps_the_promise(self):
        invoice = self.make_invoice(100, days=6)
        self.night()
        promise = self.promise(invoice, amount=60)
        with self.on(2):
            self.make_invoice(60, days=-30, move_type="out_refund").line_ids.remove_move_reconcile()
        with self.on(6):
            self.night()
        self.assertEqual(promise.outcome, "kept")

    def test_a_promise_of_an_amount_for_two_instalments_of_an_invoice_is_not_counted_twice(self):
        half = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 10)
                ],
            }
        )
        invoice = self.make_invoice(100, days=20, invoice_payment_term_id=half.id)
        self.night()
        items = self.item(invoice).sorted("date_due")
        self.assertEqual(len(items), 2)
        action = invoice.with_user(self.billing).with_context(dunning_hold_kind="promise").action_dunning_hold()
        self.dialog(action, date_until=TODAY + timedelta(days=5), amount=60).action_hold()
        self.env.invalidate_all()
        self.assertEqual(items.mapped("amount_claimed"), [0, 40])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPlan(PromisesCommon):
    """300 in three instalments of 100 on the last days of April, May and June."""

    def setUp(self):
        super().setUp()
        self.invoices = [self.make_invoice(100, days=days) for days in (20, 15, 10)]
        self.night()

    def agree(self, action=None, **values):
        action = action or self.case().with_user(self.billing).action_plan()
        self.dialog(action, **{"date_first": date(2026, 4, 30), **values}).action_plan()
        self.env.invalidate_all()
        return self.case().plan_ids

    def instalments(self, plan):
        return plan.hold_ids.sorted("date_until")

    def test_the_dialog_makes_a_series_of_promises(self):
        plan = self.agree(count=3, note="Agreed by telephone")
        self.assertRecordValues(plan, [{"amount": 300, "state": "active", "user_id": self.billing.id}])
        expected = [(date(2026, 4, 30), 100), (date(2026, 5, 30), 100), (date(2026, 6, 30), 100)]
        self.assertEqual([(hold.date_until, hold.amount) for hold in self.instalments(plan)], expected)
        self.assertEqual(set(plan.hold_ids.mapped("kind")), {"promise"})
        self.assertEqual([self.item(invoice).reason for invoice in self.invoices], ["held"] * 3)
        self.night()
        self.assertFalse(self.notices("draft"))

    def test_the_last_one_takes_the_rounding_and_every_week_may_be_chosen(self):
        plan = self.agree(count=7, every="week", date_first=date(2026, 4, 7))
        amounts = self.instalments(plan).mapped("amount")
        self.assertEqual([f"{amount:.2f}" for amount in amounts], ["42.85"] * 6 + ["42.90"])
        self.assertEqual(self.instalments(plan)[-1].date_until, date(2026, 5, 19))

    def test_lines_are_edited_and_must_make_the_total(self):
        action = self.case().with_user(self.billing).action_plan()
        context = {key: value for key, value in action["context"].items() if value}
        with Form(self.env[action["res_model"]].with_user(self.billing).with_context(**context)) as form:
            form.count = 2
            with form.line_ids.edit(0) as line:
                line.amount = 200
        with self.assertRaises(UserError):
            form.record.action_plan()
        with form as form, form.line_ids.edit(1) as line:
            line.amount = 100
        form.record.action_plan()
        self.env.invalidate_all()
        self.assertEqual(self.instalments(self.case().plan_ids).mapped("amount"), [200, 100])

    def test_an_instalment_of_yesterday_is_refused(self):
        with self.assertRaises(UserError):
            self.agree(date_first=TODAY - timedelta(days=1))

    def test_the_signed_document_is_kept(self):
        plan = self.agree(document=base64.b64encode(b"signed"))
        self.assertRecordValues(
            plan.document_id, [{"name": "Signed plan", "raw": b"signed", "res_model": plan._name, "res_id": plan.id}]
        )
        self.assertEqual(plan.with_user(self.billing).document, base64.b64encode(b"signed"))
        self.assertEqual(plan.hold_ids.document_id, plan.document_id)

    def test_an_invoice_alone(self):
        plan = self.agree(self.invoices[0].with_user(self.billing).action_dunning_plan(), count=2)
        self.assertEqual((plan.amount, plan.hold_ids.item_ids), (100, self.item(self.invoices[0])))
        self.assertEqual(self.item(self.invoices[1]).amount_claimed, 100)

    def test_a_plan_for_a_part_covers_the_oldest_first(self):
        self.agree(amount=150, count=2)
        self.assertEqual([self.item(invoice).amount_claimed for invoice in self.invoices], [0, 50, 100])

    def test_all_kept(self):
        plan = self.agree(count=3)
        for number, day in enumerate((29, 59, 90)):
            with self.on(day):
                self.pay(self.invoices[number])
                self.night()
        self.assertEqual(plan.state, "active")
        with self.on(92):
            self.night()
        self.assertEqual(plan.hold_ids.mapped("outcome"), ["kept"] * 3)
        self.assertEqual(plan.state, "kept")
        self.assertFalse(self.case())

    def test_one_broken_breaks_the_plan(self):
        plan = self.agree(count=3)
        with self.on(29):
            self.pay(self.invoices[0])
        with self.on(31):
            self.night()
        self.assertEqual(self.instalments(plan).mapped("state"), ["ended", "active", "active"])
        with self.on(61):
            self.night()
            self.assertEqual(self.instalments(plan).mapped("outcome"), ["kept", "broken", "broken"])
            self.assertEqual(plan.state, "broken")
            self.assertEqual(self.tasks("call").note, "An instalment of the plan was not paid")
            self.assertEqual(self.notices("draft").amount_total, 200)

    def test_what_was_paid_early_counts_for_the_next_instalment(self):
        plan = self.agree(count=3)
        with self.on(20):
            self.pay(self.invoices[0])
            self.pay(self.invoices[1])
        with self.on(62):
            self.night()
        self.assertEqual(self.instalments(plan).mapped("outcome"), ["kept", "kept", False])

    def test_one_payment_is_not_counted_for_two_instalments(self):
        plan = self.agree(count=3)
        with self.on(59):
            self.pay(self.invoices[0])
        with self.on(62):
            self.night()
        self.assertEqual(plan.state, "broken")

    def test_a_broken_plan_of_a_policy_that_goes_on_at_once(self):
        self.policy.broken_promise_reaction = "next_level"
        self.agree(count=3)
        with self.on(31):
            self.night()
        self.assertTrue(all(self.item(invoice).at_once for invoice in self.invoices))
        self.assertFalse(self.tasks("call"))

    def test_a_person_lifts_it(self):
        plan = self.agree(count=3)
        plan.with_user(self.billing).action_lift()
        self.assertEqual((plan.state, set(plan.hold_ids.mapped("outcome"))), ("lifted", {"lifted"}))
        self.assertEqual(self.item(self.invoices[0]).reason, "due")

    def test_two_customers_have_no_common_plan(self):
        invoices = self.invoices[0] | self.make_invoice(partner=self.make_customer("Other"))
        with self.assertRaises(UserError):
            invoices.with_user(self.billing).action_dunning_plan()
