"""Statements of account, read back from the PDF that a billing user downloads."""

import io
from datetime import timedelta
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from .common import TODAY, DunningCommon
from .pdf_reading import read_pages
from .test_letter_engines import UNPATCHED, engine

AGES = ("not_due", "1_30", "31_60", "61_90", "over_90")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestStatement(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    # === What a user does === #

    def dialog(self, *customers, user=None, **vals):
        """As opened from the list of contacts, in its order."""
        active = {
            "active_model": "res.partner",
            "active_ids": [customer.id for customer in customers or [self.customer]],
        }
        wizard = self.env["account.dunning.statement.wizard"].with_user(user or self.clerk)
        return wizard.with_context(**active).with_company(self.company).create(vals)

    def print(self, *customers, **vals):
        action = self.dialog(*customers, **vals).action_print()
        return self.get_download(action).with_user(self.clerk)

    def pages(self, attachment):
        return [page.extract_text() for page in PdfFileReader(io.BytesIO(attachment.raw)).pages]

    def text(self, *customers, **vals):
        """The words of the document, line breaks as blanks; numbers as in the language, with plain blanks."""
        return " ".join(" ".join(self.pages(self.print(*customers, **vals))).split())

    # === What is read === #

    def read(self, day=TODAY, partner=None):
        """{currency: statement}"""
        partner = partner or self.customer
        accounts = self.env["account.dunning.statement"].with_company(self.company)._read(self.company, partner, day)
        return {account.currency: account.statement for account in accounts.get(partner, [])}

    def balances(self, day=TODAY, partner=None):
        """{currency name: [balances]} of debts and credits, in their order."""
        return {
            currency.name: [float(one.balance) for one in (*drawn.items, *drawn.credits)]
            for currency, drawn in self.read(day, partner).items()
        }

    def balance(self, day=TODAY):
        return sum(self.balances(day).get("USD", []))

    def day(self, days):
        return TODAY + timedelta(days=days)

    def make_entry(self, amounts, partner=None, **vals):
        """A journal entry with one receivable line for each (amount, days since it fell due), as of an opening."""
        account = self.company_data["default_account_receivable"]
        other = self.company_data["default_account_revenue"]
        lines = [
            {"account_id": account.id, "partner_id": (partner or self.customer).id, "balance": amount}
            | {"date_maturity": self.day(-days), "name": f"Old {number}"}
            for number, (amount, days) in enumerate(amounts)
        ]
        lines.append({"account_id": other.id, "balance": -sum(amount for amount, _days in amounts)})
        vals = {"date": self.day(-100), "line_ids": [Command.create(line) for line in lines], **vals}
        entry = self.env["account.move"].create({"move_type": "entry", "company_id": self.company.id, **vals})
        entry.action_post()
        return entry

    # === Past days === #

    def test_today_is_what_the_ledger_shows(self):
        first, second = self.make_invoice(100), self.make_invoice(70, days=40)
        self.pay(first, 30)
        credit = self.make_credit_note(15)
        drawn = self.read()[self.company.currency_id]
        open_lines = (first | second | credit).line_ids.filtered("amount_residual_currency")
        found = {one.entry.id: float(one.balance) for one in (*drawn.items, *drawn.credits)}
        self.assertEqual(found, {line.id: line.amount_residual_currency for line in open_lines})

    def test_a_payment_counts_from_its_day(self):
        invoice = self.make_invoice(100)
        with self.on(5):
            self.pay(invoice, 40)
        with self.on(8):
            self.pay(invoice)
            days = {days: self.balance(self.day(days)) for days in (-37, -36, 0, 4, 5, 7, 8)}
        self.assertEqual(days, {-37: 0, -36: 100, 0: 100, 4: 100, 5: 60, 7: 60, 8: 0})

    def test_an_invoice_reversed_later_was_open(self):
        invoice = self.make_invoice(100)
        with self.on(3):
            reversal = self._reverse_invoice(invoice, is_modify=True, date=self.day(3))
            self.assertFalse(invoice.amount_residual)
            self.assertNotEqual(reversal, invoice)
            self.assertEqual(self.balance(self.day(2)), 100)
            self.assertEqual(self.balance(self.day(3)), 0)
            text = self.text(date=TODAY)
        self.assertIn(invoice.name, text)
        self.assertNotIn(invoice.reversal_move_ids.name, text)

    def test_a_payment_on_account_is_a_credit_until_the_invoice_comes(self):
        with self.on(-20):
            payment = self.env["account.payment"].create(
                {
                    "partner_id": self.customer.id,
                    "amount": 160,
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "journal_id": self.company_data["default_journal_bank"].id,
                    "company_id": self.company.id,
                }
            )
            payment.action_post()
        invoice = self.make_invoice(100, days=-30, invoice_date=self.day(-10))
        lines = (payment.move_id | invoice).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        found = {days: self.balances(self.day(days)).get("USD") for days in (-21, -20, -11, -10, 0)}
        self.assertEqual(found, {-21: None, -20: [-160], -11: [-160], -10: [-60], 0: [-60]})
        text = self.text(date=self.day(-15))
        for expected in ("Payment not allocated", payment.move_id.name, "Balance in your favour", "$ -160.00"):
            self.assertIn(expected, text)
        self.assertNotIn("How to pay", text)
        self.assertIn("$ -160.00 $ -100.00 $ -60.00", self.text())

    def test_what_is_posted_now_with_an_earlier_day_counts(self):
        past = self.day(-2)
        self.assertFalse(self.balances(past))
        invoice = self.make_invoice(100)
        text = self.text(date=past)
        self.assertIn(invoice.name, text)
        self.assertIn("Statement of account on 29 March 2026", text)
        self.assertIn("up to 29 March 2026, as our books stand on 31 March 2026", text)

    def test_what_is_dated_later_or_not_posted_is_not_shown(self):
        ahead = self.make_invoice(100, days=-40, invoice_date=self.day(3))
        self.make_invoice(50).button_draft()
        self.assertFalse(self.balances())
        self.assertEqual(self.balances(self.day(3)), {"USD": [100]})
        self.assertEqual(ahead.state, "posted")

    def test_an_opening_balance_and_its_credit(self):
        entry = self.make_entry([(300, 120), (-45, 120)])
        self.assertEqual(self.balances(), {"USD": [300, -45]})
        text = self.text()
        for expected in (entry.name, "300.00", "$ -45.00", "255.00", "120"):
            self.assertIn(expected, text)

    def test_instalments_are_each_a_row(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (30, 60)
                ],
            }
        )
        invoice = self.make_invoice(
            100, days=-60, invoice_date=self.day(-40), invoice_date_due=False, invoice_payment_term_id=term.id
        )
        self.pay(invoice, 20)
        drawn = self.read()[self.company.currency_id]
        self.assertEqual([(float(one.balance), one.days_late) for one in drawn.items], [(30, 10), (50, 0)])

    # === Currencies === #

    def test_each_currency_has_its_own_account(self):
        swiss = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        own, foreign = self.make_invoice(100), self.make_invoice(70, currency_id=swiss.id)
        self.make_invoice(5, currency_id=swiss.id)
        with self.on(4):
            self.pay(foreign, 30)
            self.assertEqual(self.balances(self.day(3)), {"USD": [100], "CHF": [70, 5]})
            self.assertEqual(self.balances(self.day(4)), {"USD": [100], "CHF": [40, 5]})
        text = self.text()
        for expected in ("Account in USD", "Account in CHF", "Balance in our favour (CHF) CHF 75.00", own.name):
            self.assertIn(expected, text)
        self.assertLess(text.index("Account in USD"), text.index("Account in CHF"))
        self.assertNotIn("175.00", text)

    def test_paid_in_another_currency_at_another_rate(self):
        """Odoo books the difference of the rates on the account, in no foreign amount: it is no open item."""
        swiss = self.setup_other_currency("CHF", rates=[])
        rates = [{"name": "2020-01-01", "rate": 2}, {"name": self.day(1), "rate": 4}]
        self.env["res.currency.rate"].create(
            [{**rate, "currency_id": swiss.id, "company_id": self.company.id} for rate in rates]
        )
        invoice = self.make_invoice(80, currency_id=swiss.id)
        with self.on(2):
            self.pay(invoice)
            self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
            self.assertEqual(self.balances(self.day(1)), {"CHF": [80]})
            self.assertEqual(self.balances(self.day(2)), {})

    # === The document === #

    def test_the_ages_add_up_and_break_after_30_60_and_90_days(self):
        amounts = {0: 1, 1: 2, 30: 4, 31: 8, 60: 16, 61: 32, 90: 64, 91: 128}
        self.make_entry([(amount, days) for days, amount in amounts.items()])
        self.make_credit_note(500)
        drawn = self.read()[self.company.currency_id]
        self.assertEqual([float(drawn.ages[age]) for age in AGES], [1, 6, 24, 96, 128])
        text = self.text()
        self.assertIn("$ 1.00 $ 6.00 $ 24.00 $ 96.00 $ 128.00 $ 255.00", text)
        self.assertIn("Total of the open items $ 255.00", text)
        self.assertIn("Total of the credits not used yet $ -500.00", text)
        self.assertIn("Balance in your favour (USD) $ -245.00", text)

    def test_a_row_says_what_was_and_what_is_left(self):
        invoice = self.make_invoice(100, days=31, ref="PO 7")
        self.pay(invoice, 40)
        self.assertIn(f"{invoice.name} PO 7 29 Jan 2026 28 Feb 2026 31 $ 100.00 $ 40.00 $ 60.00", self.text())

    def test_days_late_are_those_of_the_day(self):
        invoice = self.make_invoice(100, days=9)
        self.assertIn(f"{invoice.name} 20 Feb 2026 22 Mar 2026 2 $ 100.00 $ 100.00", self.text(date=self.day(-7)))
        self.assertIn(f"{invoice.name} 20 Feb 2026 22 Mar 2026 $ 100.00 $ 100.00", self.text(date=self.day(-9)))

    def test_it_names_sender_addressee_and_account_and_claims_nothing(self):
        self.customer.ref = "C-77"
        invoice = self.make_invoice(100)
        self.night()
        self.env["account.dunning.hold"].create(
            {"case_id": self.item(invoice).case_id.id, "kind": "promise", "date_until": self.day(3), "note": "He said"}
        )
        attachment = self.print()
        self.assertEqual(attachment.name, "Statement 2026-03-31 Debtor.pdf")
        text = " ".join(" ".join(self.pages(attachment)).split())
        address = "994127009", "Paris", "Debtor", "2 rue du Port", "Marseille", "C-77"
        ways = (
            "FR76 3000 4000 0100 0012 3456 401",
            "office@creditor.example",
            "If your books show another balance, please tell us",
        )
        for expected in (*address, *ways, "Statement of account on"):
            self.assertIn(expected, text)
        for word in ("promise", "dispute", "reminder", "overdue", "interest", "notice", "court"):
            self.assertNotIn(word, text.lower())

    def test_branches_of_the_customer_are_in_it(self):
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.customer.id, "type": "invoice"})
        invoices = [self.make_invoice(100), self.make_invoice(50, partner=branch)]
        invoices.append(self.make_entry([(7, 5)], partner=branch))
        self.assertEqual(invoices[-1].line_ids.partner_id, branch)
        branch.active = False
        for customers in ((self.customer,), (branch,), (branch, self.customer)):
            attachment = self.print(*customers)
            self.assertEqual(attachment.name, "Statement 2026-03-31 Debtor.pdf")
            (page,) = self.pages(attachment)
            self.assertIn("157.00", page)
            for invoice in invoices:
                self.assertIn(invoice.name, page)

    def test_it_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        self.customer.lang = "fr_FR"
        invoice = self.make_invoice(1234.5, days=31)
        self.pay(invoice, 34.5)
        self.make_credit_note(100)
        text = self.text().replace("\u202f", " ")
        for expected in (
            "Relevé de compte au 31 mars 2026",
            f"{invoice.name} 29/01/2026 28/02/2026 31",
            "1 200,00",
            "Solde en notre faveur (USD)",
            "Échéances ouvertes par jours de retard",
            "Avoir",
            "Si votre comptabilité fait apparaître un solde différent",
        ):
            self.assertIn(expected, text)
        for word in ("Balance", "Open", "Settled", "Account", "Yours"):
            self.assertNotIn(word, text)

    def test_300_items_over_several_pages_repeat_their_heading(self):
        entry = self.make_entry([(number, number % 120) for number in range(1, 301)])
        pages = self.pages(self.print())
        self.assertGreater(len(pages), 5)
        for number, page in enumerate(pages, 1):
            self.assertIn(f"{number}/{len(pages)}", page)
            self.assertIn("Debtor, 2026-03-31", page)
        for page in pages[:-1]:
            self.assertEqual(page.count("Due date"), 1)
            self.assertIn("Days late", page)
        self.assertEqual("".join(pages).count(entry.name), 300)
        self.assertIn("45,150.00", pages[-1])

    def test_several_customers_each_begin_a_page_in_the_order_of_the_list(self):
        names = ("Zoe", "Adam", "Mia", "Nobody")
        zoe, adam, mia, nobody = (self.make_customer(name) for name in names)
        for customer in (adam, mia):
            self.make_invoice(partner=customer)
        self.make_entry([(number, 5) for number in range(1, 60)], partner=zoe)
        attachment = self.print(mia, nobody, zoe, adam)
        self.assertEqual(attachment.name, "Statements 2026-03-31.pdf")
        pages = self.pages(attachment)
        starts = [number for number, page in enumerate(pages) if "Statement of account on" in page]
        self.assertEqual(len(starts), 3)
        self.assertGreater(len(pages), 3)
        for number, customer in zip(starts, (mia, zoe, adam), strict=True):
            self.assertIn(customer.name, pages[number])
        self.assertNotIn("Nobody", "".join(pages))

    def test_the_engine_that_takes_one_page_at_a_time_gives_the_same_statements(self):
        if not UNPATCHED:
            self.skipTest("Not checked: ./dev could not fetch Debian's wkhtmltopdf, the engine with unpatched Qt")
        zoe, adam = self.make_customer("Zoe"), self.make_customer("Adam")
        self.make_entry([(number, 5) for number in range(1, 60)], partner=zoe)
        self.make_invoice(partner=adam)
        with engine(Path(UNPATCHED).parent) as found:
            self.assertFalse(found.is_patched_qt)
            pages = read_pages(self.print(zoe, adam).raw)
        self.assertIn("Statement of account on", pages[0])
        self.assertIn("Adam, 2026-03-31", pages[-1])
        self.assertIn("Statement of account on", pages[-1])
        self.assertIn("Zoe, 2026-03-31", pages[1])
        self.assertNotIn("Zoe", pages[-1])

    # === The dialog === #

    def test_the_dialog_says_who_owes_how_much(self):
        other = self.make_customer("Other")
        self.make_invoice(100)
        dialog = self.dialog(self.customer, other)
        self.assertTrue(dialog.is_possible)
        self.assertIn("Debtor", dialog.summary)
        self.assertIn("100.00", dialog.summary)
        self.assertIn("who get no statement:\n                1", dialog.summary)
        self.assertNotIn("Other", dialog.summary)

    def test_a_billing_user_fills_in_the_form(self):
        self.make_invoice(100)
        active = {"active_model": "res.partner", "active_ids": self.customer.ids}
        wizard = self.env["account.dunning.statement.wizard"].with_user(self.clerk).with_context(**active)
        form = Form(wizard.with_company(self.company))
        self.assertTrue(form.is_possible)
        form.date = self.day(-100)
        self.assertFalse(form.is_possible)
        form.date = self.day(-1)
        self.assertIn(".pdf", self.get_download(form.save().action_print()).name)

    def test_a_case_asks_for_its_customer_and_company(self):
        invoice = self.make_invoice(100)
        self.night()
        case = self.item(invoice).case_id
        active = {"active_model": case._name, "active_ids": case.ids, "active_id": case.id}
        dialog = self.env["account.dunning.statement.wizard"].with_user(self.clerk).with_context(**active).create({})
        self.assertEqual((dialog.customer_list, dialog.company_id), (self.customer.ids, self.company))
        self.assertEqual(dialog.date, TODAY)
        self.assertTrue(dialog.is_possible)

    def test_nothing_open_is_said_and_makes_no_document(self):
        self.pay(self.make_invoice(100))
        dialog = self.dialog()
        self.assertFalse(dialog.is_possible)
        self.assertIn("Nothing is open on this day", dialog.summary)
        with self.assertRaisesRegex(UserError, "Nothing is open with Debtor on 03/31/2026"):
            dialog.action_print()
        other = self.make_customer("Other")
        with self.assertRaisesRegex(UserError, "Nothing is open with these customers on 03/31/2026"):
            self.dialog(self.customer, other).action_print()

    def test_a_day_that_lies_ahead_is_refused(self):
        self.make_invoice(100)
        dialog = self.dialog(date=self.day(1))
        self.assertFalse(dialog.is_possible)
        with self.assertRaisesRegex(UserError, "lies in the future"):
            dialog.action_print()
        self.assertTrue(self.dialog(date=TODAY).is_possible)

    def test_nothing_is_kept_but_the_file_of_the_dialog(self):
        self.make_invoice(100)
        attachment = self.print()
        self.assertEqual(attachment.res_model, "account.dunning.statement.wizard")
        colleague = self.make_user("colleague", "account.group_account_invoice")
        self.env.invalidate_all()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            attachment.with_user(colleague).read(["raw"])

    # === Companies === #

    def test_another_company_has_its_own_statement_and_is_refused(self):
        self.make_invoice(100)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("stranger", "account.group_account_invoice", company=other)
        dialog = self.env["account.dunning.statement.wizard"].with_user(stranger).with_company(other)
        vals = {"customer_list": self.customer.ids, "date": TODAY}
        self.assertFalse(dialog.create({**vals, "company_id": other.id}).is_possible)
        forged = dialog.create({**vals, "company_id": self.company.id})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            forged.read(["summary"])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            forged.action_print()
        statement = self.env["account.dunning.statement"].with_user(stranger).with_company(other)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            statement._read(self.company, self.customer, TODAY)

    def test_who_does_not_read_the_books_draws_up_nothing(self):
        self.make_invoice(100)
        salesperson = self.make_user("salesperson", "base.group_user")
        statement = self.env["account.dunning.statement"].with_user(salesperson).with_company(self.company)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            statement._read(self.company, self.customer, TODAY)

    # === Speed === #

    def count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        return self.cr.sql_log_count - before

    def test_as_many_queries_for_50_items_as_for_one(self):
        few, many = self.make_customer("Few"), self.make_customer("Many")
        self.make_invoice(partner=few)
        for number in range(50):
            invoice = self.make_invoice(10 + number, partner=many)
            if number % 2:
                self.pay(invoice, 5)
        statement = self.env["account.dunning.statement"]

        def draw_up(partner):
            found = statement._read(self.company, partner, TODAY)
            self.assertEqual(len(found[partner][0].statement.items), 50 if partner == many else 1)
            statement._render_page(self.company, partner, TODAY, found[partner])

        draw_up(many)
        one, fifty = (self.count(lambda partner=partner: draw_up(partner)) for partner in (few, many))
        self.assertLessEqual(fifty, one)
        self.assertLessEqual(one, 20)
        counts = [
            self.count(lambda asked=asked: statement._read(self.company, asked, TODAY)) for asked in (few, few | many)
        ]
        self.assertLessEqual(counts[1], counts[0])
