"""Printing and sending by hand, from the invoice and the list, as a billing user without any other right."""

import io

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.pdf import PdfFileReader

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPrint(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    def ask(self, *invoices, **vals):
        moves = self.env["account.move"].concat(*invoices)
        dialog = self.env["account.dunning.print"].with_user(self.clerk).with_company(self.company)
        return dialog.create({"move_ids": moves.ids, **vals})

    def print(self, *invoices, **vals):
        """The PDF that the clerk gets."""
        action = self.ask(*invoices, **vals).action_print()
        if action["type"] == "ir.actions.act_window":
            batch = self.env[action["res_model"]].with_user(self.clerk).browse(action["res_id"])
            action = batch.action_print()
        return self.get_download(action).with_user(self.clerk).raw

    def text(self, content):
        return "\n".join(page.extract_text() for page in PdfFileReader(io.BytesIO(content)).pages)

    def post(self, notice, day=None):
        notice.delivery_ids.filtered("leading").action_mark_posted(day)
        self.env.invalidate_all()

    def test_the_letter_carries_what_the_customer_needs(self):
        invoice = self.make_invoice(1234, days=6)
        text = self.text(self.print(invoice))
        for expected in (invoice.name, "1,234.00", "25 Mar 2026", "Level 1", self.notices().name, "6"):
            self.assertIn(expected, text)

    def test_printing_moves_no_level_and_posting_does(self):
        invoice = self.make_invoice()
        self.print(invoice)
        notice = self.notices("issued")
        self.assertEqual((notice.channel_id, notice.delivery_ids.method), (self.letter, "letter"))
        self.assertFalse(self.item(invoice).level_id)
        self.post(notice)
        self.assertEqual(self.item(invoice).level_id, self.first)

    def test_the_letter_names_persons_and_companies(self):
        person = self.make_customer("Ms Martin", is_company=False)
        company = self.make_customer("Martin Ltd", is_company=True)
        for partner in (person, company):
            text = self.text(self.print(self.make_invoice(partner=partner)))
            self.assertEqual(self.notices(partner=partner).addressee.splitlines()[0], partner.name)
            self.assertIn(f"{partner.name}\n2 rue du Port", text)

    def print_statement(self, *invoices):
        action = self.ask(*invoices).action_statement()
        dialog = self.env[action["res_model"]].with_user(self.clerk).with_context(**action["context"]).create({})
        return self.text(self.get_download(dialog.action_print()).with_user(self.clerk).raw)

    def test_a_statement_of_account_is_had_where_no_letter_can_go(self):
        late, part = self.make_invoice(1234, days=9, ref="PO 7"), self.make_invoice(100, days=-5)
        self.pay(part, 40)
        credit = self.make_credit_note(30)
        paid = self.make_invoice(77, days=9)
        self.pay(paid)
        draft = late.copy()
        self.assertFalse(self.ask(draft).is_possible)
        text = self.print_statement(draft)
        for expected in (late.name, "PO 7", "22 Mar 2026", "1,234.00", part.name, "60.00", credit.name, "$ -30.00"):
            self.assertIn(expected, text)
        self.assertIn("1,264.00", text)
        self.assertIn("Marseille", text)
        self.assertNotIn(paid.name, text)
        for word in ("reminder", "overdue", "Level", "interest"):
            self.assertNotIn(word, text)

    def test_a_statement_lists_currencies_apart(self):
        swiss = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        invoice = self.make_invoice(100, days=9)
        self.make_invoice(70, days=9, currency_id=swiss.id)
        self.make_invoice(5, days=9, currency_id=swiss.id)
        text = self.print_statement(invoice)
        self.assertIn("75.00", text)
        self.assertIn("CHF", text)
        self.assertNotIn("175.00", text)

    def test_a_statement_is_of_the_customers_of_the_invoices(self):
        invoice = self.make_invoice(100, days=9)
        other = self.make_invoice(55, days=9, partner=self.make_customer("Other"))
        self.assertNotIn(other.name, self.print_statement(invoice))
        both = self.print_statement(invoice, other)
        self.assertIn(other.name, both)
        self.assertIn(invoice.name, both)

    def test_nothing_open_is_said(self):
        invoice = self.make_invoice(100, days=9)
        self.pay(invoice)
        with self.assertRaisesRegex(UserError, "Nothing is open with Debtor on 03/31/2026"):
            self.print_statement(invoice)

    def test_every_mode_prints(self):
        for number, mode in enumerate(("send", "prepare", "simulate", "off"), 1):
            self.company.dunning_mode = mode
            customer = self.make_customer(f"Customer {number}")
            self.assertTrue(self.print(self.make_invoice(partner=customer)).startswith(b"%PDF"), mode)

    def test_a_letter_that_waits_is_printed_again_byte_for_byte(self):
        invoice = self.make_invoice()
        first = self.print(invoice)
        self.assertEqual(self.ask(invoice).kind, "copy")
        self.assertEqual(self.print(invoice), first)
        self.assertEqual(len(self.notices()), 1)

    def test_not_yet_is_said_before_and_may_be_passed_over(self):
        invoice = self.make_invoice(days=2)
        dialog = self.ask(invoice)
        self.assertIn("Level 1 on 04/03/2026, 5 days late by then.", dialog.summary)
        dialog.action_print()
        self.assertEqual(self.notices("issued").level_id, self.first)

    def test_one_invoice_or_all_that_the_customer_owes(self):
        old, new = self.make_invoice(100, days=20), self.make_invoice(50, days=6)
        self.make_invoice(30, days=-10)
        self.print(new)
        self.assertEqual(self.notices("issued").line_ids.item_id, self.item(new))
        other = self.make_customer("Other")
        old, new = self.make_invoice(100, days=20, partner=other), self.make_invoice(50, days=6, partner=other)
        dialog = self.ask(new, scope="customer")
        self.assertNotIn("Left out", dialog.summary)
        dialog.action_print()
        self.assertEqual(self.notices(partner=other).line_ids.item_id, self.item(old) | self.item(new))

    def test_several_invoices_make_one_letter_a_customer_and_one_file(self):
        other = self.make_customer("Other")
        invoices = [self.make_invoice(), self.make_invoice(), self.make_invoice(partner=other)]
        content = self.print(*invoices)
        pages = [" ".join(page.extract_text().split()) for page in PdfFileReader(io.BytesIO(content)).pages]
        self.assertEqual(len([page for page in pages if page]), 3)
        self.assertIn("Letters: 2", pages[0])
        self.assertEqual((len(self.notices()), len(self.notices(partner=other))), (1, 1))

    def test_the_level_reached_is_repeated_with_the_figures_of_today(self):
        invoice = self.make_invoice(100, days=6)
        self.print(invoice)
        self.post(self.notices())
        self.pay(invoice, 40)
        with self.on(5):
            self.print(invoice, kind="repeat")
            again = self.notices("issued")[-1]
            self.assertEqual((again.level_id, again.amount_claimed), (self.first, 60))
            self.post(again)
        item = self.item(invoice)
        self.assertEqual((item.level_id, item.stage_count), (self.first, 1))
        self.assertEqual(item.last_notice_date, again.date_left)

    def test_a_repetition_that_comes_back_leaves_the_level(self):
        invoice = self.make_invoice(100, days=6)
        self.print(invoice)
        self.post(self.notices())
        with self.on(5):
            self.print(invoice, kind="repeat")
            again = self.notices("issued")[-1]
            self.post(again)
            again.delivery_ids.action_declare_returned()
        self.assertEqual((self.item(invoice).level_id, self.item(invoice).stage_count), (self.first, 1))

    def test_the_night_goes_on_after_a_letter_by_hand(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.print(invoice)
        self.assertEqual(self.notices().mapped("state"), ["issued"])
        self.post(self.notices())
        with self.on(9):
            self.night()
        self.assertEqual(self.notices("draft").level_id, self.second)

    def test_a_formal_notice_goes_to_approval(self):
        invoice = self.make_invoice(days=60)
        item = self.reach(invoice, self.second, 2)
        dialog = self.ask(invoice)
        self.assertIn("Goes to approval", dialog.summary)
        action = dialog.action_print()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.dunning.notice", self.notices("draft").id))
        self.assertEqual(self.notices("draft").level_id, self.formal)
        self.assertEqual(item.level_id, self.second)
        self.ask(invoice).action_print()
        self.assertEqual(len(self.notices("draft")), 1)

    def reach(self, invoice, level, count):
        self.night()
        item = self.item(invoice)
        self.notices()._cancel("moved")
        item.write({"level_id": level.id, "stage_count": count, "last_notice_date": self.today()})
        return item

    def test_one_sentence_says_why_not(self):
        draft = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.customer.id, "company_id": self.company.id}
        )
        paid, early, held = self.make_invoice(), self.make_invoice(days=0), self.make_invoice(days=6)
        self.pay(paid)
        bill = self.make_invoice(move_type="in_invoice")
        self.night()
        self.env["account.dunning.hold"].create(
            {
                "case_id": self.item(held).case_id.id,
                "item_ids": [(6, 0, self.item(held).ids)],
                "kind": "dispute",
                "category": "quality",
                "date_deadline": self.today(),
            }
        )
        for invoice, why in (
            (draft, "confirm it first"),
            (paid, "It is paid"),
            (early, "not overdue yet"),
            (held, "dispute"),
            (bill, "not a customer invoice"),
        ):
            with self.subTest(why), self.assertRaisesRegex(UserError, why):
                self.ask(invoice).action_print()
        self.assertFalse(self.notices("issued"))

    def test_sending_now_issues_once(self):
        invoice = self.make_invoice(days=2)
        self.ask(invoice, by="level").action_send()
        notice = self.notices("issued")
        self.assertEqual((notice.delivery_ids.method, notice.delivery_ids.state), ("email", "queued"))
        with self.assertRaisesRegex(UserError, "A notice was issued"):
            self.ask(invoice, by="level").action_send()
        self.assertEqual(self.notices(), notice)

    def test_nothing_is_sent_by_hand_unless_the_company_sends(self):
        self.company.dunning_mode = "prepare"
        with self.assertRaisesRegex(UserError, "print it"):
            self.ask(self.make_invoice(), by="level").action_send()
        self.assertFalse(self.notices())

    def test_looking_writes_nothing(self):
        self.ask(self.make_invoice()).read(["summary", "is_possible"])
        self.assertFalse(self.env["account.dunning.item"].search([("partner_id", "=", self.customer.id)]))
        self.assertFalse(self.notices())
