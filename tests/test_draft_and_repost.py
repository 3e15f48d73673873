from datetime import timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDraftAndRepost(DunningCommon):
    """An invoice goes back to draft and is posted with other terms: level and round follow the rank by due date."""

    def make_term(self, *days):
        """Instalments so many days after the invoice date: the first is what the others leave, 30 % each."""
        lines = [
            {
                "value": "percent",
                "value_amount": 30 if number else 130 - 30 * len(days),
                "delay_type": "days_after",
                "nb_days": nb_days,
            }
            for number, nb_days in enumerate(days)
        ]
        return self.env["account.payment.term"].create(
            {"name": f"{days}", "line_ids": [Command.create(line) for line in lines]}
        )

    def make_instalments(self, *days):
        return self.make_invoice(
            100, invoice_payment_term_id=self.make_term(*days).id, invoice_date=TODAY - timedelta(days=40)
        )

    def repost(self, invoice, *days):
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.make_term(*days)
        invoice.action_post()

    def remind(self):
        self.night()
        self.window()

    def items(self, invoice):
        """In the order of their rank."""
        return self.item(invoice).sorted("rank")

    def archived(self, invoice):
        items = self.env["account.dunning.item"].with_context(active_test=False)
        return items.search([("move_id", "=", invoice.id), ("active", "=", False)])

    def line_of(self, invoice, rank):
        lines = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        return lines.sorted("date_maturity")[rank - 1]

    def test_an_added_instalment_starts_at_none(self):
        invoice = self.make_instalments(0, 30)
        self.remind()
        self.assertEqual(self.items(invoice).level_id, self.first)
        self.repost(invoice, 0, 30, 35)
        self.night()
        self.assertEqual(self.items(invoice).mapped("rank"), [1, 2, 3])
        self.assertEqual([item.level_id for item in self.items(invoice)], [self.first, self.first, self.first.browse()])
        self.assertEqual(self.items(invoice).mapped("amount_claimed"), [40, 30, 30])

    def test_the_item_of_a_removed_instalment_is_archived(self):
        invoice = self.make_instalments(0, 30)
        self.remind()
        self.repost(invoice, 0)
        self.night()
        self.assertEqual(self.items(invoice).mapped("rank"), [1])
        self.assertEqual(self.items(invoice).amount_claimed, 100)
        self.assertEqual(self.archived(invoice).rank, 2)
        self.assertEqual(self.items(invoice).case_id.amount_overdue, 100)

    def test_changed_dates_keep_the_level_of_each_rank(self):
        invoice = self.make_instalments(0, 38)
        self.remind()
        first, second = self.items(invoice)
        self.assertEqual((first.level_id, second.level_id), (self.first, self.first.browse()))
        self.repost(invoice, 10, 39)
        self.night()
        self.assertEqual(self.items(invoice), first | second)
        self.assertEqual((first.level_id, second.level_id), (self.first, self.first.browse()))
        self.assertEqual(first.date_due, TODAY - timedelta(days=30))
        self.assertEqual(second.date_due, TODAY - timedelta(days=1))

    def test_journal_items_that_change_places_keep_the_level_with_the_rank(self):
        """The line of the first instalment is used again for the second."""
        invoice = self.make_instalments(0, 38)
        self.remind()
        first, second = self.items(invoice)
        early, late = first.move_line_id, second.move_line_id
        invoice.button_draft()
        invoice.line_ids.flush_recordset()
        early.with_context(check_move_validity=False).date_maturity = TODAY + timedelta(days=5)
        invoice.with_context(skip_invoice_sync=True)._post()
        self.assertEqual((first.move_line_id, second.move_line_id), (late, early))
        self.assertEqual(first.level_id, self.first)

    def test_a_round_follows_the_rank(self):
        invoice = self.make_instalments(0, 38)
        self.remind()
        self.notices().delivery_ids.filtered("leading")._record_failed("No such user")
        self.items(invoice)[:1].round = 3
        self.repost(invoice, 5, 38)
        self.assertEqual(self.items(invoice).mapped("round"), [3, 0])

    def test_reset_to_draft_cancels_drafts_and_letters_that_have_not_left(self):
        for approve in (False, True):
            invoice = self.make_invoice()
            self.night()
            notice = self.notices("draft")
            if approve:
                notice.action_approve()
            invoice.button_draft()
            self.assertEqual(notice.state, "cancelled")
            self.assertEqual(notice.reason, "An invoice of it was reset to draft")
            invoice.button_cancel()

    def test_an_issued_letter_that_waits_for_the_post_is_cancelled_too(self):
        self.first.channel_id = self.letter
        invoice = self.make_invoice()
        self.remind()
        notice = self.notices("issued")
        invoice.button_draft()
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(notice.delivery_ids.state, "cancelled")

    def test_a_letter_of_which_nobody_knows_whether_it_left_stays(self):
        invoice = self.make_invoice()
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        self.notices().delivery_ids._record_uncertain("Timeout")
        invoice.button_draft()
        self.assertEqual(self.notices().state, "issued")
        self.assertEqual(self.notices().delivery_ids.state, "uncertain")

    def test_cancelling_the_invoice_cancels_the_draft_and_closes_the_case(self):
        invoice = self.make_invoice()
        self.night()
        notice = self.notices()
        invoice.button_draft()
        invoice.button_cancel()
        self.night()
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(notice.case_id.state, "closed")
        self.assertEqual(self.item(invoice).reason, "settled")

    def test_the_other_invoices_of_the_letter_are_claimed_again(self):
        invoice, other = self.make_invoice(), self.make_invoice()
        self.night()
        invoice.button_draft()
        self.night()
        self.assertEqual(self.notices("draft").line_ids.move_id, other)

    def test_another_customer_starts_at_none(self):
        invoice = self.make_invoice()
        self.remind()
        other = self.make_customer("Other")
        old_case = self.item(invoice).case_id
        invoice.button_draft()
        invoice.partner_id = other
        invoice.invoice_date_due = TODAY - timedelta(days=6)
        invoice.action_post()
        self.night()
        self.assertEqual(self.item(invoice).partner_id, other)
        self.assertEqual(self.item(invoice).case_id.partner_id, other)
        self.assertFalse(self.item(invoice).level_id)
        self.assertEqual(self.archived(invoice).partner_id, self.customer)
        self.assertEqual(self.notices("draft", partner=other).level_id, self.first)
        self.assertEqual((old_case.state, old_case.amount_overdue), ("closed", 0))

    def test_a_contact_that_joins_another_customer_takes_the_level_along(self):
        invoice = self.make_invoice()
        self.remind()
        group = self.make_customer("Group")
        self.customer.parent_id = group
        with self.on(10):
            self.make_invoice(partner=group, days=6)
            self.night()
        self.assertRecordValues(
            self.item(invoice), [{"partner_id": group.id, "level_id": self.first.id, "active": True}]
        )
        self.assertEqual(self.item(invoice).case_id.partner_id, group)
        self.assertEqual(self.notices("draft", partner=group).level_id, self.second)

    def test_another_currency_starts_at_none(self):
        invoice = self.make_invoice()
        self.remind()
        invoice.button_draft()
        invoice.currency_id = self.setup_other_currency("EUR")
        invoice.action_post()
        with self.on(8):
            self.night()
        self.assertEqual(self.item(invoice).currency_id, invoice.currency_id)
        self.assertFalse(self.item(invoice).level_id)

    def test_an_invoice_back_in_draft_for_a_night_is_looked_at_before_any_letter(self):
        invoice = self.make_invoice()
        self.remind()
        with self.on(10):
            invoice.button_draft()
            self.night()
            self.assertEqual(self.item(invoice).reason, "settled")
            invoice.action_post()
            self.night()
            self.assertEqual(self.item(invoice).reason, "held")
            self.assertEqual(self.item(invoice).level_id, self.first)
            tasks = self.item(invoice).case_id.task_ids.filtered(lambda task: task.state == "open")
            self.assertEqual(tasks.kind, "review")
