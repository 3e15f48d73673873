from datetime import timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestHolds(DunningCommon):
    """Promises, pauses, retentions, insolvency: what they hold, until when, and how they end."""

    def hold(self, invoice, kind, days=None, whole_case=False, **vals):
        """A hold on one invoice, until so many days from now."""
        item = self.item(invoice)
        return self.env["account.dunning.hold"].create(
            {
                "case_id": item.case_id.id,
                "item_ids": [] if whole_case else [Command.set(item.ids)],
                "kind": kind,
                "date_until": days is not None and self.today() + timedelta(days=days),
                **vals,
            }
        )

    def make_decided_invoice(self, amount=100.0, days=6):
        invoice = self.make_invoice(amount, days)
        self.night()
        return invoice

    def calls(self):
        tasks = self.env["account.dunning.task"].search([("partner_id", "=", self.customer.id)])
        return tasks.filtered(lambda task: task.kind == "call" and task.state == "open")

    def test_a_promise_holds_up_to_its_day_and_is_broken_the_day_after(self):
        invoice = self.make_decided_invoice()
        promise = self.hold(invoice, "promise", days=5)
        with self.on(5):
            self.night()
            self.assertEqual(self.item(invoice).reason, "held")
            self.assertEqual(promise.state, "active")
        with self.on(6):
            self.night()
            self.assertRecordValues(promise, [{"state": "ended", "outcome": "broken"}])
            self.assertEqual(self.notices("draft").line_ids.move_id, invoice)
            self.assertEqual(self.calls().note, "A promise to pay was not kept")

    def test_a_promise_that_was_paid_is_kept_and_lets_the_case_close(self):
        invoice = self.make_decided_invoice()
        promise = self.hold(invoice, "promise", days=5)
        self.pay(invoice)
        self.night()
        self.assertEqual(promise.case_id.state, "open")
        with self.on(6):
            self.night()
        self.assertEqual(promise.outcome, "kept")
        self.assertEqual(promise.case_id.state, "closed")
        self.assertFalse(self.calls())

    def test_a_promise_of_an_amount_is_kept_by_that_amount(self):
        self.make_invoice(days=20)
        kept, broken = self.make_invoice(), self.make_invoice()
        self.night()
        promises = [self.hold(invoice, "promise", days=5, amount=40) for invoice in (kept, broken)]
        with self.on(3):
            self.pay(kept, 40)
            self.pay(broken, 30)
        with self.on(6):
            self.night()
        self.assertEqual([promise.outcome for promise in promises], ["kept", "broken"])

    def test_a_promise_for_the_whole_case_is_about_what_was_overdue_then(self):
        invoice = self.make_decided_invoice()
        promise = self.hold(invoice, "promise", days=5, whole_case=True)
        self.pay(invoice)
        self.make_invoice(days=-30)
        with self.on(6):
            self.night()
        self.assertEqual(promise.outcome, "kept")

    def test_a_pause_that_runs_out_no_longer_keeps_the_case_open(self):
        invoice = self.make_decided_invoice()
        pause = self.hold(invoice, "pause", days=5, pause_reason="agreement")
        self.pay(invoice)
        with self.on(6):
            self.night()
        self.assertEqual((pause.state, pause.outcome), ("ended", "expired"))
        self.assertEqual(pause.case_id.state, "closed")

    def test_simulating_ends_no_hold(self):
        invoice = self.make_decided_invoice()
        promise = self.hold(invoice, "promise", days=5)
        self.company.dunning_mode = "simulate"
        with self.on(6):
            self.night()
        self.assertEqual(promise.state, "active")

    def test_a_retention_is_claimed_from_its_release_on(self):
        invoice = self.make_decided_invoice(100)
        self.hold(invoice, "pause", days=20, pause_reason="retention", amount=5)
        self.night()
        self.assertEqual(self.notices("draft").amount_total, 95)
        with self.on(21):
            self.night()
            self.assertEqual(self.notices("draft").amount_total, 100)

    def test_an_insolvency_stops_everything_until_it_is_lifted(self):
        invoice = self.make_decided_invoice()
        with self.assertRaises(ValidationError):
            self.hold(invoice, "insolvency", whole_case=True)
        insolvency = self.hold(invoice, "insolvency", whole_case=True, date_judgment=TODAY)
        with self.on(300):
            self.night()
            self.assertRecordValues(self.item(invoice), [{"reason": "held", "reason_detail": "insolvency"}])
            self.assertEqual(insolvency.state, "active")
            self.assertFalse(self.notices("draft"))
            insolvency.action_lift()
            self.night()
            self.assertEqual(self.item(invoice).reason, "due")
            self.assertTrue(self.notices("draft"))

    def test_two_holds_of_one_item_take_no_more_than_its_rest(self):
        invoice = self.make_decided_invoice(100)
        self.hold(invoice, "dispute", amount=70)
        self.hold(invoice, "promise", days=5, amount=60)
        self.night()
        self.assertEqual(self.item(invoice).reason, "held")
        with self.on(6):
            self.night()
            self.assertEqual(self.notices("draft").amount_total, 30)

    def test_a_hold_of_the_case_for_an_amount_takes_the_oldest_first(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.night()
        self.hold(old, "dispute", whole_case=True, amount=130)
        self.night()
        self.assertEqual(self.item(old).reason, "held")
        self.assertEqual(self.notices("draft").line_ids.move_id, new)
        self.assertEqual(self.notices("draft").amount_total, 70)

    def test_holds_of_both_customers_live_on_after_a_merge(self):
        other = self.make_customer("Twin", email=self.customer.email)
        mine = self.make_decided_invoice()
        theirs = self.make_invoice(partner=other)
        self.night()
        self.hold(mine, "dispute")
        self.hold(theirs, "dispute", amount=40)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | other).ids, self.customer)
        self.env.invalidate_all()
        self.night()
        self.assertEqual(self.item(mine).reason, "held")
        self.assertEqual(self.notices("draft").amount_total, 60)
        self.assertEqual(len(self.item(mine).case_id.hold_ids), 2)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSettling(DunningCommon):
    """Payments, credits, write-offs, opening balances: what is owed is what the ledger says."""

    def remind(self):
        self.night()
        self.window()

    def test_a_reconciled_pair_makes_no_case(self):
        self.pay(self.make_invoice(days=60))
        self.night()
        self.assertFalse(self.env["account.dunning.case"].search([("partner_id", "=", self.customer.id)]))

    def make_open_credit_note(self, amount, reversed_invoice):
        """Of this invoice, and not reconciled with it: Odoo does that by itself at once."""
        credit_note = self.make_invoice(amount, move_type="out_refund", reversed_entry_id=reversed_invoice.id)
        credit_note.line_ids.remove_move_reconcile()
        return credit_note

    def test_a_credit_note_goes_to_the_invoice_that_it_reverses(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.make_open_credit_note(100, new)
        self.night()
        self.assertEqual((self.item(old).reason, self.item(new).reason), ("due", "covered"))

    def test_what_a_credit_note_leaves_goes_to_the_oldest(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(50, days=6)
        self.make_open_credit_note(120, new)
        self.night()
        self.assertEqual(self.item(new).reason, "covered")
        self.assertRecordValues(self.notices("draft").line_ids, [{"move_id": old.id, "amount_credit": 70}])
        self.assertEqual(self.notices("draft").amount_total, 30)

    def test_a_part_payment_between_two_levels_keeps_the_level(self):
        invoice = self.make_invoice(100, days=10)
        self.remind()
        self.pay(invoice, 40)
        with self.on(7):
            self.night()
        self.assertEqual(self.notices("draft").level_id, self.second)
        self.assertEqual(self.notices("draft").amount_total, 60)

    def test_a_write_off_settles(self):
        invoice = self.make_invoice(100)
        self.remind()
        self._register_payment(
            invoice,
            amount=99,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.night()
        self.assertEqual(self.item(invoice).reason, "settled")
        self.assertEqual(self.item(invoice).case_id.state, "closed")

    def test_a_blocked_invoice_that_was_paid_is_settled_although_it_shows_blocked(self):
        invoice = self.make_invoice(100)
        self.night()
        invoice.action_toggle_block_payment()
        self.pay(invoice)
        self.assertEqual(invoice.payment_state, "blocked")
        self.night()
        self.assertEqual(self.item(invoice).reason, "settled")

    def test_the_case_stays_open_while_one_of_two_invoices_is(self):
        first, last = self.make_invoice(100, days=9), self.make_invoice(100)
        self.night()
        self.pay(last)
        self.night()
        self.assertEqual(self.item(last).case_id.state, "open")
        self.assertEqual(self.notices("draft").line_ids.move_id, first)

    def test_a_settled_case_shows_nothing_and_its_tasks_are_done(self):
        self.customer.write({"email": False, "street": False, "city": False})
        invoice = self.make_invoice()
        self.remind()
        case = self.item(invoice).case_id
        self.assertEqual(case.task_ids.state, "open")
        self.pay(invoice)
        self.night()
        self.assertEqual(case.task_ids.state, "done")
        self.assertRecordValues(case, [{"state": "closed", "amount_overdue": 0, "next_date": False}])
        self.assertFalse(invoice.dunning_level_id)

    def test_a_new_debt_after_the_case_was_closed_opens_another(self):
        old = self.make_invoice()
        self.remind()
        self.pay(old)
        self.night()
        closed = self.item(old).case_id
        with self.on(20):
            new = self.make_invoice()
            self.night()
            self.assertEqual((closed.state, self.item(new).case_id.state), ("closed", "open"))
            self.assertFalse(self.item(new).level_id)
            self.assertEqual(self.notices("draft").level_id, self.first)

    def test_what_comes_back_after_the_case_was_closed_joins_the_open_case(self):
        old = self.make_invoice()
        self.remind()
        payment = self.pay(old)
        self.night()
        with self.on(20):
            new = self.make_invoice()
            self.night()
            old.line_ids.remove_move_reconcile()
            payment.action_cancel()
            self.night()
            self.assertEqual(self.item(old).case_id, self.item(new).case_id)
            self.assertEqual(self.item(old).level_id, self.first)
            self.assertEqual(self.item(old).reason, "held")

    def test_after_the_last_level_nothing_more_is_sent(self):
        self.company.dunning_policy_id = self.make_policy([(5, "reminder")])
        invoice = self.make_invoice()
        self.remind()
        for days_later in (10, 60):
            with self.on(days_later):
                self.remind()
        self.assertEqual(len(self.notices()), 1)
        self.assertEqual(self.item(invoice).reason, "end_of_ladder")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestOpeningBalances(DunningCommon):
    """Odoo marks items of general journals as not to be followed up, so there the flag means nothing."""

    def make_opening_balance(self):
        values = [
            {"account_id": self.company_data["default_account_receivable"].id, "debit": 100},
            {"account_id": self.company_data["default_account_revenue"].id, "credit": 100},
        ]
        due = {"partner_id": self.customer.id, "date_maturity": TODAY - timedelta(days=6)}
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": TODAY - timedelta(days=90),
                "line_ids": [Command.create({**due, **vals}) for vals in values],
            }
        )
        entry.action_post()
        return entry

    def test_it_is_not_dunned_unless_somebody_says_so(self):
        entry = self.make_opening_balance()
        self.night()
        self.assertRecordValues(self.item(entry), [{"reason": "excluded", "reason_detail": "general_journal"}])

    def test_it_is_dunned_where_the_policy_lists_the_journal(self):
        self.policy.journal_ids = self.company_data["default_journal_misc"]
        entry = self.make_opening_balance()
        self.night()
        self.assertEqual(self.notices("draft").line_ids.move_id, entry)

    def test_it_is_dunned_when_the_flag_was_cleared(self):
        entry = self.make_opening_balance()
        entry.line_ids.no_followup = False
        self.night()
        self.assertEqual(self.notices("draft").line_ids.move_id, entry)

    def test_it_needs_no_sending(self):
        self.policy.write({"journal_ids": self.company_data["default_journal_misc"].ids, "only_sent": True})
        entry = self.make_opening_balance()
        self.night()
        self.assertEqual(self.item(entry).reason, "due")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLanguages(DunningCommon):
    def write_french(self):
        french = self.first.with_context(lang="fr_FR")
        french.write({"subject": "Relance de {amount}", "body": "<p>Bonjour {customer}, au {date}.</p>"})

    def remind(self, lang):
        self.customer.lang = lang
        self.make_invoice(1234)
        self.night()
        self.window()
        return self.notices("issued")

    def test_a_french_letter_of_a_company_that_works_in_english(self):
        self.company.partner_id.lang = "en_US"
        self.write_french()
        notice = self.remind("fr_FR")
        self.assertEqual(notice.lang, "fr_FR")
        self.assertRegex(notice.subject, r"^Relance de .*1\s234,00")
        self.assertIn("Bonjour Debtor, au 31 mars 2026", notice.body)
        mail = notice.mail_body
        self.assertIn("Jours de retard", mail)
        self.assertNotIn("Days late", mail)
        self.assertIn("25/03/2026", mail)

    def test_an_english_letter_of_a_company_that_works_in_french(self):
        self.company.partner_id.lang = "fr_FR"
        self.write_french()
        notice = self.remind("en_US")
        self.assertIn("1,234.00", notice.subject)
        self.assertIn("Days late", notice.mail_body)
        self.assertNotIn("Jours de retard", notice.mail_body)

    def test_without_a_language_of_the_customer_that_of_the_company_counts(self):
        self.company.partner_id.lang = "fr_FR"
        self.write_french()
        self.assertEqual(self.remind(False).lang, "fr_FR")

    def test_a_text_that_was_not_translated_is_used_as_it_is_and_never_empty(self):
        notice = self.remind("fr_FR")
        self.assertIn("Text of level 1 for Debtor", notice.body)
        self.assertIn("Level 1", notice.subject)
