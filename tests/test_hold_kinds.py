from datetime import date, timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import TODAY
from .test_screens import ScreensCommon


class HoldKindsCommon(ScreensCommon):
    def hold(self, invoice, kind="pause", days=None, **vals):
        item = self.item(invoice)
        return self.env["account.dunning.hold"].create(
            {
                "case_id": item.case_id.id,
                "item_ids": [Command.set(item.ids)],
                "kind": kind,
                "date_until": days is not None and self.today() + timedelta(days=days),
                **vals,
            }
        )

    def decided(self, amount=100.0, days=6, **vals):
        invoice = self.make_invoice(amount, days, **vals)
        self.night()
        return invoice

    def remind(self):
        self.night()
        self.window()

    def open_tasks(self):
        tasks = self.env["account.dunning.task"].search([("partner_id", "=", self.customer.id)])
        return tasks.filtered(lambda task: task.state == "open")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestInsolvency(HoldKindsCommon):
    """Debts whose cause is earlier than the judgment are held; newer ones go on. The claim is declared in time."""

    def declare(self, **values):
        action = self.case().with_user(self.billing).with_context(dunning_hold_kind="insolvency").action_hold()
        self.dialog(action, **values).action_hold()
        self.env.invalidate_all()
        return self.case().hold_ids

    def dated(self, day, **vals):
        """Due six days ago, of this day."""
        return self.make_invoice(100, 6, invoice_date=day, **vals)

    def test_only_debts_from_before_the_day_of_the_judgment_are_held(self):
        before, same, after = (self.dated(date(2026, 2, day)) for day in (9, 10, 11))
        self.night()
        insolvency = self.declare(date_judgment=date(2026, 2, 10))
        self.assertFalse(insolvency.item_ids)
        self.night()
        self.assertRecordValues(self.item(before), [{"reason": "held", "reason_detail": "insolvency"}])
        self.assertEqual(self.notices("draft").line_ids.move_id, same | after)
        with self.on(200):
            self.night()
            self.assertEqual(self.item(before).reason, "held")

    def test_the_delivery_counts_where_it_is_known(self):
        delivered = self.dated(date(2026, 2, 15), delivery_date=date(2026, 2, 1))
        self.night()
        self.declare(date_judgment=date(2026, 2, 10))
        self.assertEqual(self.item(delivered).reason, "held")

    def test_an_invoice_that_comes_later_goes_on_too(self):
        self.dated(date(2026, 2, 1))
        self.night()
        self.declare(date_judgment=date(2026, 2, 10))
        with self.on(60):
            new = self.make_invoice(100, 6)
            self.night()
            self.assertEqual(self.notices("draft").line_ids.move_id, new)

    def test_an_entry_counts_from_its_date(self):
        values = [
            {"account_id": self.company_data["default_account_receivable"].id, "debit": 100},
            {"account_id": self.company_data["default_account_revenue"].id, "credit": 100},
        ]
        due = {"partner_id": self.customer.id, "date_maturity": TODAY - timedelta(days=6)}
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": date(2026, 2, 1),
                "line_ids": [Command.create({**due, **vals}) for vals in values],
            }
        )
        entry.action_post()
        entry.line_ids.no_followup = False
        self.night()
        self.declare(date_judgment=date(2026, 2, 2))
        self.assertEqual(self.item(entry).reason, "held")

    def test_from_an_invoice_it_is_about_the_customer(self):
        first, second = self.dated(date(2026, 2, 1)), self.dated(date(2026, 2, 2))
        button = first.with_user(self.billing).with_context(dunning_hold_kind="insolvency")
        self.dialog(button.action_dunning_hold(), date_judgment=date(2026, 2, 10)).action_hold()
        self.env.invalidate_all()
        self.assertEqual(self.item(second).reason, "held")

    def test_the_task_is_due_two_months_after_the_publication(self):
        self.decided()
        self.declare(date_judgment=date(2026, 3, 20), date_published=date(2026, 12, 31))
        task = self.open_tasks()
        self.assertEqual((task.kind, task.date_due), ("declare_claim", date(2027, 2, 28)))
        self.assertIn("02/28/2027", task.note)

    def test_without_the_publication_a_task_asks_for_it(self):
        self.decided()
        insolvency = self.declare(date_judgment=date(2026, 3, 20))
        task = self.open_tasks()
        self.assertEqual(task.date_due, TODAY)
        self.assertIn("Enter the day of publication", task.note)
        insolvency.with_user(self.billing).date_published = date(2026, 3, 25)
        self.assertEqual((self.open_tasks(), task.date_due), (task, date(2026, 5, 25)))
        self.assertNotIn("Enter", task.note)

    def test_the_work_list_shows_the_deadline_before_its_last_day(self):
        self.decided()
        self.declare(date_judgment=date(2026, 3, 20), date_published=TODAY)
        view = self.env.ref("account_dunning.account_dunning_task_view_search").arch
        self.assertIn("('kind', '=', 'declare_claim')]", view)

    def test_lifting_it_ends_the_task(self):
        invoice = self.decided()
        insolvency = self.declare(date_judgment=date(2026, 3, 20))
        insolvency.with_user(self.billing).action_lift()
        self.assertFalse(self.open_tasks())
        self.assertEqual(self.item(invoice).reason, "due")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestWhatIsShown(HoldKindsCommon):
    """What covers an item shows on it; what has ended stays in the history."""

    def test_the_item_names_its_hold_and_its_end(self):
        invoice = self.decided()
        self.hold(invoice, "promise", days=5)
        self.assertEqual(self.item(invoice).why, "Promise to pay, until 04/05/2026")
        self.assertEqual(invoice.with_user(self.billing).dunning_item_ids.why, self.item(invoice).why)

    def test_one_without_end_says_so(self):
        invoice = self.decided()
        self.hold(invoice, "dispute")
        self.assertEqual(self.item(invoice).why, "Dispute, without end")

    def test_a_hold_of_a_part_shows_beside_the_reason(self):
        invoice = self.decided()
        self.hold(invoice, "dispute", amount=40)
        self.assertEqual(self.item(invoice).why, "Due tonight; a part is on hold: dispute")

    def test_an_exclusion_names_its_cause(self):
        self.customer.with_company(self.company).dunning_approval = "never"
        invoice = self.decided()
        self.assertEqual(self.item(invoice).why, "Excluded: this customer is never dunned automatically")

    def test_a_hold_that_begins_later_holds_from_then_on(self):
        invoice = self.decided(days=1)
        hold = self.hold(invoice, days=20, date_from=TODAY + timedelta(days=3), pause_reason="agreement")
        self.assertEqual(self.item(invoice).why, "Not yet")
        with self.on(4):
            self.night()
            self.assertEqual(self.item(invoice).reason, "held")
        with self.on(21):
            self.night()
            self.assertEqual((hold.state, hold.outcome), ("ended", "expired"))
            self.assertEqual(self.item(invoice).reason, "due")

    def test_a_lifted_one_stays_in_the_history_with_its_author(self):
        invoice = self.decided()
        button = invoice.with_user(self.billing).with_context(dunning_hold_kind="pause")
        self.dialog(button.action_dunning_hold(), pause_reason="sensitive", note="Deceased").action_hold()
        self.env.invalidate_all()
        hold = self.case().hold_ids
        hold.with_user(self.billing).action_lift()
        expected = {"state": "ended", "outcome": "lifted", "date_ended": TODAY, "why": "Sensitive case"}
        self.assertRecordValues(hold, [{**expected, "create_uid": self.billing.id}])
        event = self.case().event_ids.filtered(lambda event: event.kind == "hold")
        for words in ("Pause", "Sensitive case", "Lifted", "Deceased", "billing"):
            self.assertIn(words, event.description)

    def test_the_forms_are_read_by_a_billing_user(self):
        invoice = self.decided()
        self.hold(invoice, "dispute")
        for model in ("hold", "plan", "contact", "task", "einvoice.status", "einvoice.code"):
            records = self.env[f"account.dunning.{model}"].with_user(self.billing)
            for view in ("form", "list"):
                records.get_view(view_type=view)
            records.search([]).read()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSettlementsInTheTimeline(HoldKindsCommon):
    def events(self, *kinds):
        self.env.invalidate_all()
        return self.case().with_user(self.billing).event_ids.filtered(lambda event: event.kind in kinds)

    def test_a_payment_with_its_date_amount_and_document(self):
        invoice = self.decided(100)
        with self.on(2):
            payment = self.pay(invoice, 40)
            self.night()
        event = self.events("payment")
        self.assertEqual((event.date, event.amount), (TODAY + timedelta(days=2), 40))
        self.assertIn(invoice.name, event.description)
        self.assertIn(payment.move_id.name, event.description)
        action = event.action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.payment", payment.id))

    def test_a_credit_note_is_called_so(self):
        invoice = self.decided(100)
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        reversal = wizard.create({"journal_id": invoice.journal_id.id, "date": TODAY})
        reversal.refund_moves()
        note = reversal.new_move_ids
        note.invoice_line_ids.price_unit = 30
        note.action_post()
        lines = (invoice | note).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.filtered(lambda line: not line.reconciled).reconcile()
        event = self.events("credit")
        self.assertFalse(self.events("payment"))
        self.assertEqual((event.date, event.amount), (TODAY, 30))
        self.assertIn(note.name, event.description)
        self.assertEqual(event.action_open()["res_id"], note.id)

    def test_a_payment_in_another_currency_shows_in_that_of_the_case(self):
        other = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        invoice = self.make_invoice(100, currency_id=other.id)
        self.night()
        self.pay(invoice, 100)
        self.assertFalse(self.item(invoice).move_line_id.amount_residual_currency)
        event = self.events("payment")
        self.assertEqual((event.amount, event.currency_id), (100, other))

    def test_a_write_off_is_no_payment(self):
        invoice = self.decided(100)
        self._register_payment(
            invoice,
            amount=99,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.assertEqual(sum(self.events("payment", "entry").mapped("amount")), 100)

    def test_a_payment_that_is_undone_is_gone(self):
        invoice = self.decided(100)
        self.pay(invoice, 40)
        self.assertTrue(self.events("payment"))
        invoice.line_ids.remove_move_reconcile()
        self.assertFalse(self.events("payment"))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDailyCases(HoldKindsCommon):
    """What happens in practice, as a credit manager would tell it."""

    def test_an_invoice_assigned_to_a_factor_is_left_to_him(self):
        assigned, other = self.make_invoice(100), self.make_invoice(70)
        self.night()
        self.hold(assigned, pause_reason="factor")
        for days in (0, 40, 200):
            with self.on(days):
                self.remind()
                self.assertEqual(self.item(assigned).why, "Pause, without end")
        self.assertFalse(self.item(assigned).level_id)
        self.assertTrue(self.item(other).level_id)

    def test_a_file_at_the_lawyers_gets_nothing_more_and_payments_are_reported_once(self):
        invoice = self.decided(100)
        self.hold(invoice, pause_reason="lawyer", item_ids=[], note="Maître Petit")
        later = self.make_invoice(50)
        self.remind()
        self.assertEqual({self.item(invoice).reason, self.item(later).reason}, {"held"})
        self.assertFalse(self.notices("draft", "issued"))
        self.assertFalse(self.open_tasks())
        with self.on(3):
            self.pay(invoice, 40)
            self.night()
            task = self.open_tasks()
            self.assertEqual((task.kind, task.note), ("tell_lawyer", "Maître Petit"))
            task.action_done()
            self.night()
        with self.on(4):
            self.night()
            self.assertFalse(self.open_tasks())
            self.pay(invoice, 10)
            self.night()
            self.assertEqual(self.open_tasks().kind, "tell_lawyer")

    def test_a_sensitive_case_stops_all_that_is_automatic(self):
        invoice = self.decided(100)
        draft = self.notices("draft")
        self.hold(invoice, pause_reason="sensitive", item_ids=[])
        self.remind()
        self.assertEqual(draft.state, "cancelled")
        with self.on(100):
            self.remind()
            self.assertFalse(self.notices("draft", "issued"))
            self.assertEqual(self.case().state, "open")

    def test_a_key_account_approves_each_notice_or_gets_none(self):
        customer = self.customer.with_company(self.company)
        customer.dunning_approval = "each"
        invoice = self.make_invoice(100)
        self.remind()
        self.assertEqual((self.notices().state, self.item(invoice).level_id.id), ("draft", False))
        self.notices().with_user(self.manager).action_approve()
        self.window()
        self.env.invalidate_all()
        self.assertEqual(self.item(invoice).level_id, self.first)
        customer.dunning_approval = "never"
        with self.on(60):
            self.remind()
            self.assertEqual(self.item(invoice).reason, "excluded")
            self.assertEqual(len(self.notices()), 1)

    def test_a_rejected_direct_debit_goes_on_where_it_stood(self):
        """Two reminders, the debit comes back: the next letter is the formal notice, not the first reminder."""
        invoice = self.make_invoice(100, days=10)
        self.remind()
        with self.on(7):
            self.remind()
        self.assertEqual(self.item(invoice).level_id, self.second)
        with self.on(10):
            payment = self.pay(invoice)
            self.night()
            self.assertEqual(self.item(invoice).reason, "settled")
        with self.on(12):
            bounced = payment.move_id._reverse_moves([{"date": self.today(), "ref": "AM04"}], cancel=False)
            invoice.line_ids.remove_move_reconcile()
            bounced.action_post()
            receivable = (bounced | payment.move_id).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            receivable.reconcile()
            self.night()
            self.assertRecordValues(
                self.item(invoice), [{"level_id": self.second.id, "stage_count": 2, "reason": "held"}]
            )
            self.assertIn("review", self.open_tasks().mapped("kind"))
        with self.on(40):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.formal)

    def test_a_credit_note_in_preparation_holds_its_amount_for_thirty_days(self):
        invoice = self.decided(100)
        draft = self.make_draft_credit_note(invoice, 30)
        self.night()
        self.assertEqual(self.item(invoice).why, "Due tonight; a part is on hold: credit note in preparation")
        self.assertEqual(self.notices("draft").amount_total, 70)
        draft.action_post()
        self.night()
        self.assertEqual(self.notices("draft").amount_total, 70)

    def test_a_credit_note_forgotten_in_draft_holds_no_longer(self):
        invoice = self.decided(100)
        draft = self.make_draft_credit_note(invoice, 100)
        self.night()
        self.assertRecordValues(self.item(invoice), [{"reason": "held", "reason_until": TODAY + timedelta(days=30)}])
        with self.on(31):
            self.night()
            self.assertEqual(self.notices("draft").amount_total, 100)
        self.assertEqual(draft.state, "draft")

    def make_draft_credit_note(self, invoice, amount):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": invoice.partner_id.id,
                "company_id": self.company.id,
                "reversed_entry_id": invoice.id,
                "invoice_date": TODAY,
                "invoice_line_ids": [Command.create({"name": "Credit", "price_unit": amount, "tax_ids": []})],
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET create_date = %s WHERE id = %s", (TODAY, note.id))
        return note

    def test_a_retention_has_its_own_end_and_the_rest_goes_on(self):
        invoice = self.decided(100)
        self.hold(invoice, days=365, pause_reason="retention", amount=5)
        self.remind()
        self.assertEqual(self.notices("issued").amount_total, 95)
        self.assertEqual(self.case().hold_ids.why, "Retention")
