from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import TODAY, DunningCommon

BILLING, MANAGER = "account.group_account_invoice", "account_dunning.group_dunning_manager"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class ScreensCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls.make_user("billing", BILLING)
        cls.manager = cls.make_user("manager", BILLING, MANAGER)

    def case(self):
        return self.env["account.dunning.case"].search([("partner_id", "=", self.customer.id), ("state", "=", "open")])

    def dialog(self, action, user=None, **values):
        """The dialog of a window action, filled in by this user as in the browser, in this order."""
        context = {key: value for key, value in action["context"].items() if value}
        model = self.env[action["res_model"]].with_user(user or self.billing).with_context(**context)
        with Form(model) as form:
            for name, value in values.items():
                setattr(form, name, value)
        return form.record


class TestHolds(ScreensCommon):
    """A billing user puts an invoice, a customer or many on hold by a small dialog."""

    def hold_invoice(self, invoice, kind, **values):
        button = invoice.with_user(self.billing).with_context(dunning_hold_kind=kind)
        self.dialog(button.action_dunning_hold(), **values).action_hold()
        self.env.invalidate_all()

    def test_a_promise_holds_the_invoice(self):
        invoice, other = self.make_invoice(days=6), self.make_invoice(days=6)
        self.night()
        until = TODAY + timedelta(days=5)
        self.hold_invoice(invoice, "promise", date_until=until)
        self.assertRecordValues(
            self.case().hold_ids,
            [{"kind": "promise", "date_until": until, "item_ids": self.item(invoice).ids, "pause_reason": False}],
        )
        self.assertEqual((invoice.dunning_state, invoice.dunning_reason), ("on_hold", "held"))
        self.assertNotEqual(other.dunning_reason, "held")

    def test_where_no_night_has_been_items_and_case_are_opened(self):
        invoice = self.make_invoice(days=6)
        self.assertFalse(self.case())
        self.hold_invoice(invoice, "dispute", category="Price")
        self.assertEqual(self.case().hold_ids.category, "Price")
        self.assertEqual(invoice.dunning_state, "on_hold")

    def test_also_an_invoice_that_is_not_due_yet(self):
        invoice = self.make_invoice(days=-10)
        self.hold_invoice(invoice, "pause")
        self.assertEqual(self.item(invoice).reason, "held")
        self.assertEqual(self.case().hold_ids.pause_reason, "other")
        self.night()
        self.assertEqual(self.case().hold_ids.state, "active")

    def test_nothing_is_open_on_a_paid_invoice(self):
        invoice = self.make_invoice(days=6)
        self.pay(invoice)
        with self.assertRaises(UserError):
            invoice.with_user(self.billing).action_dunning_hold()

    def test_a_promise_without_day_is_refused(self):
        action = self.make_invoice(days=6).with_user(self.billing).action_dunning_hold()
        with self.assertRaises(AssertionError):
            self.dialog(action, kind="promise")

    def test_many_customers_at_once(self):
        other = self.make_customer("Other")
        invoices = self.make_invoice(days=6) | self.make_invoice(days=6, partner=other)
        self.night()
        cases = self.env["account.dunning.case"].search([("partner_id", "in", (self.customer | other).ids)])
        wizard = self.dialog(cases.with_user(self.billing).action_hold(), kind="pause", pause_reason="agreement")
        self.assertFalse(wizard.currency_id)
        wizard.action_hold()
        self.assertEqual(len(cases.hold_ids), 2)
        self.assertEqual(set(invoices.mapped("dunning_state")), {"on_hold"})


class TestInvoiceSearch(ScreensCommon):
    def test_invoices_are_found_by_reason(self):
        due, early = self.make_invoice(days=6), self.make_invoice(days=1)
        stranger = self.make_invoice(days=6, partner=self.make_customer("Stranger"))
        self.env["account.dunning.night"]._refresh(self.company, (due | stranger).partner_id)
        found = self.env["account.move"].with_user(self.billing).search([("dunning_reason", "=", "due")])
        self.assertIn(due, found)
        self.assertNotIn(early, found)


class TestCaseForm(ScreensCommon):
    def test_overdue_by_age(self):
        for days, amount in ((-5, 1), (0, 2), (1, 4), (30, 8), (31, 16), (60, 32), (61, 64), (90, 128), (91, 256)):
            self.make_invoice(amount, days=days)
        self.night()
        self.assertRecordValues(
            self.case(),
            [
                {
                    "amount_not_due": 3,
                    "amount_1_30": 12,
                    "amount_31_60": 48,
                    "amount_61_90": 192,
                    "amount_over_90": 256,
                    "amount_overdue": 508,
                    "amount_open": 511,
                }
            ],
        )
        domain = ["|", ("amount_61_90", ">", 0), ("amount_over_90", ">", 0)]
        self.assertIn(self.case(), self.env["account.dunning.case"].search(domain))

    def test_the_timeline_tells_everything_in_order(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        with self.on(1):
            self.env["account.dunning.contact"].create(
                {"case_id": self.case().id, "kind": "call", "outcome": "cash", "person": "Ms Martin"}
            )
        with self.on(2):
            self.pay(invoice, 40)
        self.env["account.dunning.hold"].create(
            {"case_id": self.case().id, "kind": "dispute", "date_from": TODAY + timedelta(days=3), "amount": 10}
        )
        self.env["account.dunning.level.change"].create(
            {"item_id": self.item(invoice).id, "date": TODAY + timedelta(days=4), "reason": "Agreed"}
        )
        self.env.invalidate_all()
        events = self.case().with_user(self.billing).event_ids
        self.assertEqual(events.mapped("kind"), ["level", "hold", "payment", "contact", "delivery", "notice"])
        self.assertEqual(events.mapped("amount"), [0, 10, 40, 0, 0, 100])
        self.assertTrue(all(events.mapped("description")))
        self.assertIn("Ms Martin", events.filtered(lambda event: event.kind == "contact").description)
        for event in events:
            self.assertTrue(event.action_open()["res_id"])

    def test_the_case_is_read_by_a_billing_user_with_all_its_views(self):
        self.make_invoice(days=6)
        self.night()
        case = self.case().with_user(self.billing)
        self.env.invalidate_all()
        case.read()
        for view in ("form", "list", "kanban", "pivot", "graph", "search"):
            case.get_view(view_type=view)

    def test_cases_are_assigned_with_their_tasks(self):
        self.make_invoice(days=6)
        self.night()
        case = self.case()
        task = case._raise_task("call")
        action = {"res_model": "account.dunning.case.assign", "context": {"default_case_ids": case.ids}}
        self.dialog(action).action_assign()
        self.assertEqual(case.user_id | task.user_id, self.billing)
        case.with_user(self.manager).action_assign_to_me()
        self.assertEqual(case.user_id, self.manager)

    def test_a_manager_changes_the_level_of_what_is_overdue_with_a_reason(self):
        invoice, later = self.make_invoice(days=6), self.make_invoice(days=-6)
        self.night()
        action = {"res_model": "account.dunning.level.change.wizard", "context": {"default_case_ids": self.case().ids}}
        self.dialog(action, self.manager, to_level_id=self.second, reason="Called").action_change()
        self.env.invalidate_all()
        self.assertEqual(self.item(invoice).level_id, self.second)
        self.assertFalse(self.item(later).level_id)
        with self.assertRaises(AccessError):
            self.dialog(action, self.billing, reason="Called")


class TestCustomer(ScreensCommon):
    def test_the_button_shows_what_is_overdue(self):
        self.make_invoice(100, days=6)
        self.make_invoice(50, days=6)
        self.night()
        customer = self.customer.with_user(self.billing).with_company(self.company)
        self.assertEqual((customer.dunning_case_count, customer.dunning_amount_overdue), (1, 150))
        self.assertEqual(customer.action_open_dunning_cases()["res_id"], self.case().id)

    def test_somebody_who_does_not_bill_opens_the_customer(self):
        reader = self.make_user("reader", "base.group_user", "base.group_partner_manager")
        customer = self.customer.with_user(reader)
        arch = customer.get_view(view_type="form")["arch"]
        self.assertNotIn("dunning_amount_overdue", arch)
        self.assertIn(
            "dunning_amount_overdue", self.customer.with_user(self.billing).get_view(view_type="form")["arch"]
        )


class TestDesk(ScreensCommon):
    """The lists of the dunning desk."""

    def issue_letters(self):
        """Two letters that wait to be posted, of two customers without e-mail address."""
        other = self.make_customer("Other", email=False)
        self.customer.email = False
        for partner in (self.customer, other):
            self.make_invoice(days=6, partner=partner)
        self.night()
        self.window()
        return self.env["account.dunning.delivery"].search(
            [("partner_id", "in", (self.customer | other).ids), ("state", "=", "queued")]
        )

    def test_letters_of_a_selection_are_posted_and_taken_back_the_same_day(self):
        letters = self.issue_letters()
        self.assertEqual(letters.mapped("method"), ["letter", "letter"])
        self.dialog(letters.with_user(self.billing).action_open_posting()).action_post()
        self.env.invalidate_all()
        self.assertEqual(letters.mapped("date_left"), [TODAY, TODAY])
        items = letters.notice_id.line_ids.item_id
        self.assertEqual(items.level_id, self.first)
        letters.with_user(self.billing).action_undo_posted()
        self.env.invalidate_all()
        self.assertEqual(letters.mapped("state"), ["queued", "queued"])
        self.assertFalse(items.level_id or letters.notice_id.filtered("date_left"))
        letters.action_mark_posted()
        self.env.invalidate_all()
        self.assertEqual(items.level_id, self.first)
        with self.on(1), self.assertRaises(UserError):
            letters.action_undo_posted()

    def test_no_letter_is_posted_tomorrow(self):
        letters = self.issue_letters()
        action = letters.with_user(self.billing).action_open_posting()
        with self.assertRaises(UserError):
            self.dialog(action, date=TODAY + timedelta(days=1)).action_post()

    def test_notices_are_refused_with_a_reason(self):
        self.first.approval = "manual"
        self.make_invoice(days=6)
        self.night()
        notice = self.notices("draft")
        action = {"res_model": "account.dunning.refuse.wizard", "context": {"default_notice_ids": notice.ids}}
        self.dialog(action, self.manager, reason="An agreement").action_refuse()
        self.assertRecordValues(notice, [{"state": "cancelled", "reason": "An agreement"}])
        self.assertEqual(self.case().hold_ids.note, "An agreement")

    def test_a_logged_call_does_its_task(self):
        self.make_invoice(days=6)
        self.night()
        task = self.case()._raise_task("call").with_user(self.billing)
        self.assertEqual(task.amount_overdue, 100)
        self.dialog(task.action_log_call(), outcome="forgotten").action_log()
        self.assertEqual(self.case().contact_ids.outcome, "forgotten")
        self.env.invalidate_all()
        self.assertEqual(task.state, "done")

    def test_tasks_of_large_debts_come_first(self):
        small, large = self.make_customer("Small"), self.make_customer("Large")
        for partner, amount in ((small, 10), (large, 1000)):
            self.make_invoice(amount, days=6, partner=partner)
        self.night()
        cases = self.env["account.dunning.case"].search([("partner_id", "in", (small | large).ids)])
        cases._raise_task("call")
        tasks = self.env["account.dunning.task"].with_user(self.billing)
        found = tasks.search([("case_id", "in", cases.ids)], order="case_id, date_due")
        self.assertEqual(found.mapped("partner_id.name"), ["Large", "Small"])
