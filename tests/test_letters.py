import io
from datetime import date, datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools.pdf import PdfFileReader

from .common import TODAY
from .test_screens import ScreensCommon


@freeze_time(TODAY)
class TestLetters(ScreensCommon):
    """Letters of a selection: one PDF, a planned day, the posting and taking it back."""

    def issue_letters(self, *names):
        self.first.channel_id = self.letter
        customers = [self.make_customer(name) for name in names]
        for customer in customers:
            self.make_invoice(days=6, partner=customer)
        self.night()
        self.window()
        deliveries = self.env["account.dunning.delivery"].search([("state", "=", "queued")])
        return [
            deliveries.filtered(lambda one, customer=customer: one.partner_id == customer) for customer in customers
        ]

    def read_pages(self, action):
        content = self.get_download(action).raw
        return [page.extract_text() for page in PdfFileReader(io.BytesIO(content)).pages]

    def batch(self, letters):
        action = letters.with_user(self.billing).action_open_printing()
        return self.env[action["res_model"]].with_user(self.billing).browse(action["res_id"])

    def test_one_pdf_in_the_order_of_the_list(self):
        one, two, three = self.issue_letters("One", "Two", "Three")
        batch = self.batch(two | three | one)
        self.assertEqual((batch.letter_count, batch.date_planned), (3, TODAY))
        batch.write({"is_duplex": False, "has_list": False})
        pages = self.read_pages(batch.action_print())
        self.assertEqual(len(pages), 3)
        for page, letter in zip(pages, (two, three, one), strict=True):
            self.assertIn(letter.partner_id.name, page)
            self.assertIn(letter.notice_id.name, page)

    def test_the_planned_day_is_proposed_once_it_has_come(self):
        letters = self.env["account.dunning.delivery"].union(*self.issue_letters("One", "Two"))
        batch = self.batch(letters)
        self.assertFalse(batch.remark)
        batch.date_planned = TODAY + timedelta(days=2)
        self.assertIn("2 of 2", batch.remark)
        batch.action_print()
        self.assertEqual(set(letters.mapped("date_planned")), {TODAY + timedelta(days=2)})
        self.assertEqual(letters.action_open_posting()["context"]["default_date"], TODAY)
        with self.on(3):
            action = letters.with_user(self.billing).action_open_posting()
            self.assertEqual(action["context"]["default_date"], TODAY + timedelta(days=2))
            self.dialog(action).action_post()
        self.assertEqual(set(letters.mapped("date_left")), {TODAY + timedelta(days=2)})

    def test_no_posting_is_planned_in_the_past(self):
        (letter,) = self.issue_letters("One")
        batch = self.batch(letter)
        batch.date_planned = TODAY - timedelta(days=1)
        with self.assertRaises(UserError):
            batch.action_print()

    def test_what_was_posted_is_not_printed_for_posting_again(self):
        (letter,) = self.issue_letters("One")
        letter.action_mark_posted()
        with self.assertRaises(UserError):
            self.batch(letter)

    def test_a_letter_is_not_posted_before_it_was_made(self):
        (letter,) = self.issue_letters("One")
        action = letters = letter.with_user(self.billing).action_open_posting()
        with self.assertRaisesRegex(UserError, "made later"):
            self.dialog(action, date=TODAY - timedelta(days=1)).action_post()
        self.assertTrue(letters)

    def test_the_day_is_by_the_clock_of_the_letters_company(self):
        """At 23:30 in UTC the day has begun in Auckland; the user's own company is still a day behind."""
        (letter,) = self.issue_letters("One")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere", "dunning_tz": "Pacific/Honolulu"})
        self.company.dunning_tz = "Pacific/Auckland"
        self.billing.write({"company_ids": [(4, elsewhere.id)], "company_id": elsewhere.id})
        with freeze_time(datetime(2026, 4, 1, 23, 30)):
            both = (elsewhere | self.company).ids
            letter = letter.with_user(self.billing).with_context(allowed_company_ids=both)
            action = letter.action_open_posting()
            self.assertEqual(action["context"]["default_date"], TODAY + timedelta(days=2))
            wizard = self.dialog({**action, "context": {**action["context"], "allowed_company_ids": both}})
            self.assertEqual(wizard.date, TODAY + timedelta(days=2))
            wizard.action_post()
        self.assertEqual(letter.date_left, TODAY + timedelta(days=2))

    def test_a_day_that_lies_ahead_of_the_letters_company_is_refused(self):
        (letter,) = self.issue_letters("One")
        self.company.dunning_tz = "Pacific/Honolulu"
        with freeze_time(datetime(2026, 4, 2, 1, 0)):
            action = letter.with_user(self.billing).action_open_posting()
            with self.assertRaisesRegex(UserError, "lies ahead"):
                self.dialog(action, date=TODAY + timedelta(days=2)).action_post()

    def test_a_posting_can_be_taken_back_until_midnight(self):
        (letter,) = self.issue_letters("One")
        self.assertFalse(letter.is_posted_today)
        letter.action_mark_posted()
        self.assertTrue(letter.is_posted_today)
        with self.on(1):
            letter.invalidate_recordset(["is_posted_today"])
            self.assertFalse(letter.is_posted_today)

    def test_a_letter_by_hand_carries_the_day_of_its_posting(self):
        self.first.response_days = 8
        invoice = self.make_invoice(days=6)
        action = {"res_model": "account.dunning.print", "context": {"active_model": "account.move"}}
        day = TODAY + timedelta(days=3)
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        dialog = self.env[action["res_model"]].with_user(self.billing).with_context(**context).create({})
        self.assertEqual(dialog.date_letter, TODAY)
        for wrong in (TODAY - timedelta(days=1), TODAY + timedelta(days=30)):
            dialog.date_letter = wrong
            with self.assertRaises(UserError):
                dialog.action_print()
        dialog.date_letter = day
        (page,) = self.read_pages(dialog.action_print())
        notice = self.notices("issued")
        self.assertRecordValues(
            notice,
            [{"date_issued": TODAY, "date_letter": day, "response_date": date(2026, 4, 13)}],  # the 11th is a Saturday
        )
        self.assertIn("3 April 2026", page)
        self.assertEqual(notice.delivery_ids.date_planned, day)
