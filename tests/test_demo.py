from collections import Counter
from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.dunning.demo"]._load()
        cls.company = cls.env.ref("account_dunning.demo_customer_1").company_id
        cls.moves = cls.env["account.move"].search([("company_id", "=", cls.company.id), ("state", "=", "posted")])
        cls.invoices = cls.moves.filtered(lambda move: move.move_type == "out_invoice")

    def test_the_company_can_write_a_letter(self):
        for name in ("street", "zip", "city", "country_id", "company_registry", "vat", "email", "phone"):
            self.assertTrue(self.company[name], name)
        self.assertTrue(self.company.partner_id.bank_ids.allow_out_payment)
        self.assertIn("Directrice", self.company.partner_id.child_ids.filtered("function").function)

    def test_the_numbers_of_the_story(self):
        partners = self.env["res.partner"].search([("company_id", "=", self.company.id), ("parent_id", "=", False)])
        self.assertEqual(len(partners), 40)
        self.assertEqual(len(self.invoices), 250)
        self.assertEqual(len(self.invoices.filtered(lambda move: not move.is_move_sent)), 10)
        self.assertEqual(set(self.invoices.currency_id.mapped("name")), {"EUR", "USD", "GBP"})

    def test_every_state_that_matters_is_there(self):
        states = Counter(self.invoices.mapped("payment_state"))
        self.assertEqual(set(states), {"not_paid", "paid", "partial", "reversed", "blocked"})
        self.assertTrue(self.moves.filtered(lambda move: move.move_type == "out_refund" and move.amount_residual))
        receivable = self.moves.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        in_general = receivable.filtered(lambda line: line.journal_id.type == "general" and not line.reconciled)
        self.assertEqual(len(in_general), 3)
        self.assertTrue(receivable.filtered(lambda line: line.payment_id and not line.reconciled))
        transactions = self.env["payment.transaction"].search([("invoice_ids", "in", self.invoices.ids)])
        self.assertEqual(set(transactions.mapped("state")), {"pending"})
        unmatched = self.env["account.bank.statement.line"].search([("company_id", "=", self.company.id)])
        self.assertEqual(unmatched.mapped("is_reconciled"), [False] * 3)

    def test_instalments_fall_due_one_after_the_other(self):
        by_dates = self.invoices.filtered(lambda move: len(set(move.line_ids.mapped("date_maturity")) - {False}) == 2)
        self.assertEqual(len(by_dates), 12)

    def test_dates_follow_today(self):
        today = fields.Date.today()
        self.assertGreater(max(self.invoices.mapped("invoice_date_due")), today)
        self.assertGreater(min(self.invoices.mapped("invoice_date")), today - timedelta(days=400))

    def test_a_second_load_changes_nothing(self):
        self.env["account.dunning.demo"]._load()
        again = self.env["account.move"].search_count([("company_id", "=", self.company.id), ("state", "=", "posted")])
        self.assertEqual(again, len(self.moves))
