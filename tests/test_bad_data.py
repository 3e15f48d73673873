from datetime import timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger

from .common import TODAY, DunningCommon

RUN = "odoo.addons.account_dunning.models.account_dunning_run"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBadData(DunningCommon):
    """One customer's bad data: the others are served, and the night says whose it was."""

    def setUp(self):
        super().setUp()
        self.good = self.make_customer("Good")
        self.make_invoice(partner=self.good)

    def assert_good_is_served(self):
        with mute_logger(RUN):
            self.night()
        self.window()
        self.assertEqual(self.notices(partner=self.good).mapped("state"), ["issued"])

    def make_corrupt_invoice(self):
        """A due date that Python cannot read."""
        invoice = self.make_invoice(partner=self.make_customer("Broken"))
        self.set_due_date(invoice, "20260-01-31")
        return invoice

    def set_due_date(self, invoice, date):
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE account_move_line SET date_maturity = %s WHERE move_id = %s", date, invoice.id))
        self.env.invalidate_all()

    def test_a_journal_item_without_due_date_is_due_on_its_date(self):
        entry = self.make_entry(date=TODAY - timedelta(days=6))
        self.assertFalse(self.receivable(entry).date_maturity)
        self.night()
        self.assertEqual(self.item(entry).date_due, TODAY - timedelta(days=6))
        self.assertEqual(self.item(entry).reason, "due")

    def make_entry(self, date):
        """An opening balance whose receivable line has no due date, in a journal that the policy lists."""
        journal = self.company_data["default_journal_misc"]
        self.policy.journal_ids = journal
        values = [
            {"account_id": self.company_data["default_account_receivable"].id, "debit": 100},
            {"account_id": self.company_data["default_account_revenue"].id, "credit": 100},
        ]
        lines = [(0, 0, {"partner_id": self.customer.id, **vals}) for vals in values]
        entry = self.env["account.move"].create({"journal_id": journal.id, "date": date, "line_ids": lines})
        entry.action_post()
        self.receivable(entry).date_maturity = False
        return entry

    def receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def test_an_invoice_of_nothing_is_never_dunned(self):
        invoice = self.make_invoice(0)
        self.assert_good_is_served()
        self.assertFalse(self.item(invoice))
        self.assertFalse(self.notices())

    def test_a_level_without_text_still_makes_a_letter_that_says_what_is_owed(self):
        self.first.body = False
        self.make_invoice(100)
        self.night()
        self.window()
        self.assertTrue(self.notices().document_id.raw.startswith(b"%PDF"))
        self.assertIn("100.00", self.notices().mail_body)

    def test_braces_that_name_nothing_stay_as_they_are(self):
        self.first.write({"subject": "{} {amount", "body": "<p>{0.__class__} {customer!r} {customer}</p>"})
        self.make_invoice()
        self.night()
        self.window()
        notice = self.notices()
        self.assertEqual(notice.subject, "{} {amount")
        self.assertEqual(notice.body, "<p>{0.__class__} {customer!r} Debtor</p>")

    def test_a_customer_without_any_address_waits_with_a_task(self):
        self.customer.write({"email": False, "street": False, "city": False})
        self.make_invoice()
        self.assert_good_is_served()
        self.assertEqual(self.notices().state, "draft")
        self.assertEqual(self.notices().case_id.task_ids.kind, "find_address")

    def test_a_broken_mail_address_gets_a_letter(self):
        self.customer.email = "debtor at debtor dot example"
        self.make_invoice()
        self.assert_good_is_served()
        self.assertEqual(self.notices().delivery_ids.channel_id, self.letter)

    def test_an_archived_customer_is_still_a_debtor(self):
        invoice = self.make_invoice()
        self.customer.active = False
        self.assert_good_is_served()
        self.assertEqual(self.notices().mapped("state"), ["issued"])
        self.assertEqual(invoice.dunning_level_id, self.first)

    def test_a_corrupt_row_is_named_in_the_run_and_told_once(self):
        self.make_corrupt_invoice()
        for _night in range(2):
            with mute_logger(RUN):
                run = self.night()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.errors, "Broken: ValueError: year 20260 is out of range")
        self.assert_good_is_served()

    def test_what_was_mended_the_same_day_is_no_longer_named(self):
        invoice = self.make_corrupt_invoice()
        with mute_logger(RUN):
            self.assertTrue(self.night().errors)
        self.set_due_date(invoice, TODAY - timedelta(days=6))
        self.assertFalse(self.night().errors)
        self.assertEqual(self.notices(partner=invoice.partner_id).mapped("state"), ["draft"])

    def test_a_due_date_at_the_end_of_the_calendar_stops_nobody(self):
        invoice = self.make_invoice()
        self.set_due_date(invoice, "9999-12-31")
        self.assert_good_is_served()
        self.assertFalse(self.notices())
