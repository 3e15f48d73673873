from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import TODAY
from .test_screens import ScreensCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCallLog(ScreensCommon):
    """A call with its outcome, and what follows from it in the same save. 31 March 2026 is a Tuesday."""

    def setUp(self):
        super().setUp()
        self.invoice = self.make_invoice(100, days=6)
        self.night()

    def call(self, action=None, **values):
        """The dialog of the call list, filled in and saved by a billing user; its answer."""
        action = action or self.case().with_user(self.billing).action_log_call()
        answer = self.dialog(action, **values).action_log()
        self.env.invalidate_all()
        return answer

    def task(self, kind="call"):
        return self.case().task_ids.filtered(lambda task: task.kind == kind and task.state == "open")

    def hold(self):
        return self.case().hold_ids

    def last(self):
        return self.case().contact_ids[:1]

    # --- Not reached ---

    def test_not_reached_puts_the_call_off_to_the_next_working_day(self):
        task = self.case()._raise_task("call")
        with self.on(3):  # a Friday
            self.call(outcome="not_reached")
        self.assertEqual((task.state, task.date_due), ("open", TODAY + timedelta(days=6)))
        self.assertIn("1", task.note)

    def test_not_reached_without_a_task_makes_one(self):
        self.call(outcome="not_reached")
        self.assertEqual(self.task().date_due, TODAY + timedelta(days=1))

    def test_after_three_tries_the_note_says_so(self):
        task = self.case()._raise_task("call")
        self.call(outcome="not_reached")
        self.call(outcome="not_reached")
        self.assertNotIn("another number", task.note)
        self.call(outcome="not_reached")
        self.assertIn("tries: 3. Look for another number", task.note)

    def test_somebody_reached_between_begins_the_tries_again(self):
        self.call(outcome="not_reached")
        self.call(outcome="not_reached")
        with self.on(1):
            self.call(outcome="forgotten")
        with self.on(2):
            self.call(outcome="not_reached")
        self.assertIn("tries: 1", self.task().note)

    def test_the_letter_still_waits_for_the_call_when_nobody_was_reached(self):
        notice = self.notices("draft")
        notice.date_not_before = TODAY + timedelta(days=2)
        self.call(outcome="not_reached")
        self.assertTrue(notice.date_not_before)
        self.call(outcome="forgotten")
        self.assertFalse(notice.date_not_before)

    # --- What each outcome suggests ---

    def test_forgotten_needs_two_clicks_and_does_the_task(self):
        task = self.case()._raise_task("call")
        self.call(outcome="forgotten")
        self.assertEqual((task.state, self.last().next_step), ("done", "none"))
        self.assertFalse(self.hold())

    def test_a_call_to_be_repeated_on_a_day(self):
        task = self.case()._raise_task("call")
        self.call(outcome="awaiting_approval")
        self.assertEqual(task.state, "done")
        self.assertEqual(self.task().date_due, TODAY + timedelta(days=7))  # five working days
        self.assertIn("Awaiting approval", self.task().note)

    def test_awaiting_approval_may_pause_instead(self):
        self.call(outcome="awaiting_approval", next_step="pause")
        self.assertRecordValues(self.hold(), [{"kind": "pause", "date_until": TODAY + timedelta(days=7)}])

    def test_an_invoice_that_was_not_received_is_sent_again(self):
        self.call(self.invoice.with_user(self.billing).action_dunning_log_call(), outcome="not_received")
        self.assertIn(self.invoice.name, self.task("send_invoice").note)
        self.assertEqual(self.last().next_step, "send_invoice")

    def test_an_accounting_error_is_to_be_corrected(self):
        self.call(outcome="accounting_error", note="Paid twice")
        self.assertIn("Paid twice", self.task("correct").note)

    def test_short_of_cash_leads_to_a_promise(self):
        day = TODAY + timedelta(days=10)
        self.call(outcome="cash", date_promise=day, amount=40)
        self.assertRecordValues(self.hold(), [{"kind": "promise", "date_until": day, "amount": 40}])
        self.assertEqual(self.last().hold_id, self.hold())
        self.assertEqual(self.hold().user_id, self.billing)

    def test_or_to_a_plan(self):
        answer = self.call(outcome="cash", next_step="plan")
        self.assertEqual(answer["res_model"], "account.dunning.plan.wizard")
        self.assertEqual(answer["context"]["default_case_id"], self.case().id)

    def test_a_dispute_about_the_invoice_only(self):
        other = self.make_invoice(days=6)
        deadline = TODAY + timedelta(days=14)
        action = self.invoice.with_user(self.billing).action_dunning_log_call()
        self.call(action, outcome="dispute", category="Price", amount=30, date_deadline=deadline)
        expected = {"kind": "dispute", "category": "Price", "amount": 30, "date_deadline": deadline}
        self.assertRecordValues(self.hold(), [{**expected, "item_ids": self.item(self.invoice).ids}])
        self.assertEqual(self.item(self.invoice).amount_claimed, 70)
        self.assertEqual(self.item(other).amount_claimed, 100)

    def test_a_promise_needs_its_day(self):
        with self.assertRaises(AssertionError):
            self.call(outcome="cash")

    def test_without_an_outcome_nothing_is_logged(self):
        with self.assertRaises(AssertionError):
            self.call()
        self.assertFalse(self.case().contact_ids)

    def test_a_call_about_invoices_of_two_customers_is_refused(self):
        invoices = self.invoice | self.make_invoice(partner=self.make_customer("Other"))
        with self.assertRaises(UserError):
            invoices.with_user(self.billing).action_dunning_log_call()

    # --- The right contact ---

    def contact(self):
        return self.customer.with_company(self.company).dunning_contact_id

    def test_a_known_contact_becomes_the_right_one(self):
        known = self.make_customer("Ms Martin", parent_id=self.customer.id, phone="01 02 03 04 05")
        self.call(outcome="forgotten", is_other_contact=True, contact_id=known)
        self.assertEqual(self.contact(), known)
        wizard = self.dialog(self.case().with_user(self.billing).action_log_call(), outcome="forgotten")
        self.assertEqual((wizard.person, wizard.phone), ("Ms Martin", "01 02 03 04 05"))

    def test_a_new_contact_is_made_of_the_customer(self):
        values = {"contact_name": "Mr Petit", "contact_email": "petit@debtor.example"}
        self.call(outcome="forgotten", is_other_contact=True, **values)
        self.assertRecordValues(
            self.contact(), [{"name": "Mr Petit", "email": "petit@debtor.example", "parent_id": self.customer.id}]
        )
        self.assertEqual(self.customer.with_company(self.company)._get_dunning_recipient(), self.contact())

    def test_a_contact_without_an_address_is_refused(self):
        with self.assertRaises(UserError):
            self.call(outcome="forgotten", is_other_contact=True, contact_name="Mr Petit")

    def test_somebody_of_another_customer_is_refused(self):
        action = self.case().with_user(self.billing).action_log_call()
        wizard = self.dialog(action, outcome="forgotten", is_other_contact=True)
        wizard.contact_id = self.make_customer("Other")
        with self.assertRaises(UserError):
            wizard.action_log()

    # --- The call list ---

    def test_the_list_shows_what_to_say_and_what_was_said(self):
        self.policy.call_script = "Ask when."
        self.call(outcome="not_reached")
        task = self.task().with_user(self.billing)
        self.assertEqual((task.call_script, task.last_outcome), ("Ask when.", "not_reached"))
        own = self.make_policy([(5, "reminder")], call_script="Ask who.")
        self.invoice.dunning_policy_id = own
        wizard = self.dialog(self.invoice.with_user(self.billing).action_dunning_log_call(), outcome="forgotten")
        self.assertEqual(wizard.call_script, "Ask who.")

    def test_shipped_policies_say_something_in_french_too(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        shipped = self.env["account.dunning.policy"].search([("company_id", "=", False)])
        self.assertEqual(len(shipped), 3)
        for policy in shipped:
            self.assertTrue(policy.call_script)
            self.assertNotEqual(policy.call_script, policy.with_context(lang="fr_FR").call_script)
