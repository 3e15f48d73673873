"""What letters say of interest and compensation, read back from the PDF; and the working as an annex."""

import io
from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time
from odoo.tools.pdf import PdfFileReader

from .test_late_interest_invoices import DUE, PAID, LateInterestCommon


def read_pdf(content):
    """The text of the pages, line breaks as blanks."""
    pages = PdfFileReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@freeze_time(PAID)
class LettersCommon(LateInterestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    def issue(self, mode):
        """The notice of the night, issued in the window of the same day, with its letter as text."""
        self.first.interest_mode = mode
        self.night()
        self.window()
        notice = self.notices("issued")
        return notice, read_pdf(notice.document_id.raw) if notice else ""


@freeze_time(PAID)
class TestLateInterestLetters(LettersCommon):
    def test_none_prints_nothing(self):
        notice, text = self.issue("none")
        self.assertRecordValues(
            notice, [{"amount_interest": 0, "amount_compensation": 0, "amount_total": 10000, "interest_mode": False}]
        )
        self.assertNotIn("interest", text)
        self.assertIn("Total due", text)

    def test_mention_tells_both_and_claims_neither(self):
        notice, text = self.issue("mention")
        self.assertRecordValues(notice, [{"amount_interest": 413.76, "amount_compensation": 40, "amount_total": 10000}])
        self.assertIn("413.76 € up to 1 Sep 2026 (for information", text)
        for expected in ("413.76", "40.00", "for information, not claimed to date", "L441-10", "12.15 % a year"):
            self.assertIn(expected, text)
        for claimed in ("Total to pay", "1343-1"):
            self.assertNotIn(claimed, text)
        self.assertIn("10,000.00", notice.subject)

    def test_claim_adds_both_to_the_total(self):
        notice, text = self.issue("claim")
        self.assertRecordValues(
            notice, [{"amount_claimed": 10000, "amount_interest": 413.76, "amount_total": 10453.76}]
        )
        self.assertRecordValues(notice.line_ids, [{"amount_interest": 413.76, "amount_compensation": 40}])
        for expected in ("413.76", "40.00", "Total to pay", "10,453.76", "L441-10", "12.40 % a year", "1343-1"):
            self.assertIn(expected, text)
        self.assertNotIn("for information", text)
        self.assertIn("10,453.76", notice.subject)
        self.assertIn("10,453.76", notice.mail_body)

    def test_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        _notice, text = self.issue("claim")
        for expected in ("Pénalités de retard", "Indemnité forfaitaire", "12,15 % l'an", "1343-1 du code civil"):
            self.assertIn(expected, text.replace("\u2019", "'"))

    def test_a_consumer_sees_no_compensation(self):
        self.customer.debtor_kind = "consumer"
        notice, text = self.issue("claim")
        self.assertEqual((notice.amount_total, notice.amount_compensation), (10000, 0))
        self.assertNotIn("compensation", text)

    def test_nor_any_interest_that_is_not_due_yet(self):
        self.customer.debtor_kind = False
        notice, text = self.issue("mention")
        self.assertEqual((notice.amount_interest, notice.interest_terms), (0, False))
        self.assertNotIn("interest", text)

    def test_what_was_waived_is_not_named(self):
        waivers = self.env["account.late.interest.waiver"]
        waivers.create({"move_id": self.invoice.id, "scope": "compensation", "reason": "Agreed"})
        notice, text = self.issue("claim")
        self.assertEqual(notice.amount_total, 10413.76)
        self.assertNotIn("compensation", text)

    def test_where_no_law_is_entered_a_mention_is_left_out_and_a_claim_waits(self):
        self.company.country_id = self.env.ref("base.br")
        notice, text = self.issue("mention")
        self.assertRecordValues(notice, [{"amount_interest": 0, "amount_total": 10000, "interest_mode": False}])
        self.assertNotIn("interest", text)
        self.make_invoice(days=6, partner=self.make_customer("Other", debtor_kind="business"))
        self.first.interest_mode = "claim"
        self.night()
        self.window()
        self.assertIn("no law", self.notices(partner=self.env["res.partner"].search([("name", "=", "Other")])).reason)

    def test_an_issued_letter_stays_what_it_was(self):
        notice, _text = self.issue("claim")
        content = notice.document_id.raw
        self.pay_on(date(2026, 5, 31), 4000)
        rate = self.env["account.late.interest.rate"].search(
            [("reference", "=", "ecb_mro"), ("date_start", "=", "2026-07-01")]
        )
        rate.percent = 5
        self.first.interest_mode = "none"
        self.env.invalidate_all()
        self.assertEqual((notice.amount_interest, notice.amount_total), (413.76, 10453.76))
        self.assertIn("12.40", notice.interest_terms)
        self.assertEqual(notice.document_id.raw, content)
        with self.assertRaises(UserError):
            notice.amount_interest = 1
        with self.assertRaises(UserError):
            notice.interest_terms = "Another"

    def test_figures_that_grow_need_no_new_approval(self):
        self.first.write({"approval": "manual", "interest_mode": "claim"})
        self.night()
        notice = self.notices("draft")
        notice.action_approve()
        with freeze_time(PAID + timedelta(days=1)):
            self.night()
            self.assertEqual(notice.state, "approved")
            self.window()
        self.assertEqual(notice.state, "issued")
        self.assertEqual(notice.amount_interest, 417.15)

    def test_the_letter_beside_the_list_shows_them_and_stores_nothing(self):
        self.first.interest_mode = "claim"
        self.night()
        notice = self.notices("draft")
        self.assertIn("10,453.76", notice.get_letter()["html"])
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"amount_interest": 0, "amount_total": 10000, "interest_terms": False}])

    def test_the_dry_run_shows_them(self):
        self.first.interest_mode = "claim"
        dry_run = self.env["account.dunning.dry.run"].browse(
            self.env["account.dunning.dry.run"].with_company(self.company).action_tonight()["res_id"]
        )
        line = dry_run.line_ids.filtered("notice_level_id")
        text = read_pdf(dry_run._get_letter(line))
        self.assertIn("10,453.76", text)


@freeze_time("2027-01-05")
class TestUnknownInLetters(LettersCommon):
    """The rate of the first half of 2027 is not published yet."""

    def test_the_notice_waits_and_the_run_names_it(self):
        other = self.make_customer("Other", debtor_kind="business", country_id=self.france.id)
        self.make_invoice(days=6, partner=other)
        for mode in ("mention", "claim"):
            notice, _text = self.issue(mode)
            self.assertFalse(notice)
            (waiting,) = self.notices()
            self.assertEqual(waiting.state, "draft")
            self.assertIn("ECB main refinancing rate", waiting.reason)
            self.assertFalse(waiting.name)
            run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
            self.assertEqual(len(run.errors.splitlines()), 2)
            self.assertIn(f"{self.customer.name}: Not known: the rate of ECB", run.errors)
            self.window()
            self.assertEqual(len(run.errors.splitlines()), 2)

    def test_one_customers_missing_rate_stops_no_other(self):
        """Interest of a public body has the rate of the half-year in which it began."""
        public = self.make_customer("Town", debtor_kind="public", country_id=self.france.id)
        self.make_invoice(days=30, partner=public)
        self.first.interest_mode = "mention"
        self.night()
        self.window()
        self.assertEqual(self.notices().state, "draft")
        self.assertEqual(self.notices(partner=public).state, "issued")

    def test_it_goes_once_the_rate_is_there(self):
        self.issue("claim")
        self.env["account.late.interest.rate"].create(
            {"reference": "ecb_mro", "date_start": "2027-01-01", "date_end": "2027-06-30", "percent": 2.65}
        )
        self.window()
        notice = self.notices("issued")
        self.assertFalse(notice.reason)
        self.assertIn("12.65 % a year", notice.interest_terms)

    def test_by_hand_it_is_refused_with_the_reason(self):
        self.first.interest_mode = "mention"
        dialog = self.env["account.dunning.print"].with_user(self.clerk).with_company(self.company)
        with self.assertRaisesRegex(UserError, "ECB main refinancing rate"):
            dialog.create({"move_ids": self.invoice.ids}).action_print()

    def test_the_letter_beside_the_list_says_it(self):
        self.first.interest_mode = "mention"
        self.night()
        self.assertIn("Not known: the rate of ECB", self.notices("draft").get_letter()["html"])


@freeze_time(PAID)
class TestWorking(LettersCommon):
    def open_sheet(self, moves=None, **vals):
        action = (moves or self.invoice).with_user(self.clerk).action_late_interest()
        sheets = self.env[action["res_model"]].with_user(self.clerk).with_context(**action["context"])
        return sheets.create(vals)

    def test_the_page_opens_its_dialogs_without_a_button_of_the_form(self):
        """Only what a button calls gets its views from the server."""
        for method in ("action_late_interest", "action_waive_late_interest"):
            self.assertEqual(getattr(self.invoice, method)()["views"], [[False, "form"]])

    def test_it_shows_each_slice_and_the_sums(self):
        working = str(self.open_sheet().working)
        for expected in ("05/02/2026", "06/30/2026", "60", "63", "12.15", "12.40", "199.73", "214.03", "453.76"):
            self.assertIn(expected, working)
        self.assertIn("L441-10", working)

    def test_it_shows_them_before_the_dialog_is_saved(self):
        action = self.invoice.with_user(self.clerk).action_late_interest()
        sheets = self.env[action["res_model"]].with_user(self.clerk).with_context(**action["context"])
        with Form(sheets) as dialog:
            self.assertIn("453.76", str(dialog.working))
            dialog.date = DUE + timedelta(days=1)
            self.assertIn("43.33", str(dialog.working))

    def test_at_any_day(self):
        self.assertIn("3.33", str(self.open_sheet(date=DUE + timedelta(days=1)).working))
        ahead = str(self.open_sheet(date=date(2027, 1, 1)).working)
        self.assertIn("Not known: the rate of ECB main refinancing rate for 01/01/2027 is missing.", ahead)

    def test_it_says_why_there_is_no_compensation(self):
        self.hold("dispute")
        self.assertIn("while the invoice is disputed", str(self.open_sheet().working))
        self.customer.debtor_kind = "consumer"
        self.assertIn("businesses and public bodies only", str(self.open_sheet().working))

    def test_the_annex_is_the_same_as_pdf(self):
        self.pay_on(date(2026, 5, 31), 4000)
        action = self.open_sheet().action_print()
        text = read_pdf(self.get_download(action).raw)
        for expected in (self.invoice.name, "05/31/2026", "6,000.00", "99.86", "59.92", "128.42", "288.20", "328.20"):
            self.assertIn(expected, text)

    def test_of_one_customer_only(self):
        other = self.make_invoice_due(DUE, partner=self.make_customer("Other"))
        with self.assertRaises(UserError):
            self.open_sheet(self.invoice | other).action_print()

    def test_nothing_leaks(self):
        stranger = self.make_user("stranger", "base.group_user")
        for method in ("get_late_interest", "action_late_interest", "action_revoke_waiver"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(self.invoice.with_user(stranger), method)()

    def test_the_fields_of_the_invoice_are_as_of_today(self):
        self.assertEqual(Decimal(str(self.invoice.late_interest_amount)), Decimal("413.76"))
        self.assertEqual(self.invoice.late_compensation_amount, 40)
