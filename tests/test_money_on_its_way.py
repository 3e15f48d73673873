from datetime import timedelta

from odoo import Command, fields
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import TODAY, DunningCommon

IBAN = "FR76 3000 6000 0112 3456 7890 189"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMoneyOnItsWay(DunningCommon):
    """Money that the ledger does not show yet holds its amount, once, for some days; then a person looks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]
        cls.company.dunning_days_in_process = 8
        cls.provider = cls.env["payment.provider"].create(
            {"name": "Online", "code": "none", "state": "test", "company_id": cls.company.id}
        )

    # === Builders === #

    def make_online_payment(self, amount, *invoices, state="pending"):
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": f"ONLINE{self.env['payment.transaction'].search_count([])}",
                "amount": amount,
                "currency_id": self.company.currency_id.id,
                "partner_id": invoices[0].partner_id.id,
                "invoice_ids": [Command.set([invoice.id for invoice in invoices])],
                "last_state_change": fields.Datetime.now(),
            }
        )
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE payment_transaction SET state = %s WHERE id = %s", state, payment.id))
        return payment

    def make_payment_without_entry(self, amount, *invoices, state="in_process", partner=None):
        """A cheque in the drawer: the payment is registered, the ledger does not show it."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.customer).id,
                "amount": amount,
                "date": TODAY,
                "journal_id": self.bank.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_payment SET move_id = NULL, outstanding_account_id = NULL, state = %s WHERE id = %s",
                state,
                payment.id,
            )
        )
        for invoice in invoices:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO account_move__account_payment (invoice_id, payment_id) VALUES (%s, %s)",
                    invoice.id,
                    payment.id,
                )
            )
        self.env.invalidate_all()
        for invoice in invoices:
            self.env.add_to_compute(invoice._fields["payment_state"], invoice)
        return payment

    def make_bank_line(self, amount, text="TRANSFER", **vals):
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": TODAY, "payment_ref": text, "amount": amount, **vals}
        )

    # === What is expected === #

    def assert_claimed(self, amount):
        self.night()
        self.assertEqual(sum(self.notices("draft").mapped("amount_total")), amount)

    def assert_held(self, invoice):
        self.night()
        self.assertRecordValues(self.item(invoice), [{"reason": "held", "reason_detail": "payment_in_process"}])
        self.assertFalse(self.notices("draft"))

    def tasks(self):
        tasks = self.env["account.dunning.task"].search([("partner_id", "=", self.customer.id)])
        return tasks.filtered(lambda task: task.kind == "find_payment")

    # === Online payments === #

    def test_a_pending_or_authorised_online_payment_holds_its_amount(self):
        for state in ("pending", "authorized"):
            invoice = self.make_invoice(100)
            self.make_online_payment(100, invoice, state=state)
            self.assert_held(invoice)

    def test_a_done_online_payment_holds_until_odoo_has_made_its_entry(self):
        invoice = self.make_invoice(100)
        self.make_online_payment(100, invoice, state="done")
        self.assert_held(invoice)

    def test_a_failed_online_payment_holds_nothing(self):
        invoice = self.make_invoice(100)
        for state in ("draft", "cancel", "error"):
            self.make_online_payment(100, invoice, state=state)
        self.assert_claimed(100)

    def test_one_online_payment_for_two_invoices_holds_its_amount_once(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.make_online_payment(120, new, old)
        self.assert_claimed(80)
        self.assertEqual(self.item(old).reason, "held")

    # === Payments without an entry === #

    def test_a_payment_without_entry_holds_its_amount(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice)
        self.assert_held(invoice)

    def test_a_part_payment_without_entry_lets_the_rest_go_on(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(40, invoice)
        self.assert_claimed(60)

    def test_a_payment_without_entry_or_invoice_holds_the_oldest_of_the_customer(self):
        old, _new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.make_payment_without_entry(100)
        self.assert_claimed(100)
        self.assertEqual(self.item(old).reason, "held")

    def test_an_invoice_that_odoo_shows_as_paid_gets_no_notice(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice, state="paid")
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        self.assertEqual(invoice.amount_residual, 100)
        self.assert_held(invoice)
        with self.on(60):
            self.assert_held(invoice)

    def test_a_payment_that_the_bank_line_has_settled_is_not_counted_twice(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(40, invoice, state="paid")
        self.pay_with_statement_line(invoice, self.bank.id, TODAY, 40)
        self.assertEqual(invoice.payment_state, "partial")
        self.assert_claimed(60)

    def test_a_cancelled_payment_holds_nothing(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice, state="canceled")
        self.assert_claimed(100)

    def test_money_that_we_pay_out_holds_nothing(self):
        self.make_invoice(100)
        payment = self.make_payment_without_entry(100)
        self.env.cr.execute(SQL("UPDATE account_payment SET payment_type = 'outbound' WHERE id = %s", payment.id))
        self.assert_claimed(100)

    # === Bank lines === #

    def test_a_bank_line_of_the_customer_holds_its_amount(self):
        invoice = self.make_invoice(100)
        self.make_bank_line(100, partner_id=self.customer.id)
        self.assert_held(invoice)

    def test_a_bank_line_with_his_iban_holds_its_amount(self):
        invoice = self.make_invoice(100)
        self.env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": self.customer.id})
        line = self.make_bank_line(100, account_number=IBAN.replace(" ", "").lower())
        self.env.cr.execute(SQL("UPDATE account_bank_statement_line SET partner_id = NULL WHERE id = %s", line.id))
        self.assert_held(invoice)

    def test_an_iban_of_two_customers_tells_nothing(self):
        self.make_invoice(100)
        for partner in (self.customer, self.make_customer("Sister")):
            self.env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": partner.id})
        line = self.make_bank_line(100, account_number=IBAN)
        self.env.cr.execute(SQL("UPDATE account_bank_statement_line SET partner_id = NULL WHERE id = %s", line.id))
        self.assert_claimed(100)

    def test_a_bank_line_that_names_the_invoice_holds_that_one(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.make_bank_line(100, f"Invoice {new.name.lower()}.")
        self.assert_claimed(100)
        self.assertEqual((self.item(old).reason, self.item(new).reason), ("due", "held"))

    def test_a_bank_line_that_names_two_invoices_holds_both(self):
        first, second = self.make_invoice(100), self.make_invoice(50)
        self.make_bank_line(150, f"{first.name},{second.name}")
        self.night()
        self.assertEqual({self.item(first).reason, self.item(second).reason}, {"held"})

    def test_what_a_bank_line_leaves_of_the_named_invoice_holds_the_others(self):
        self.make_invoice(100, days=9)
        named = self.make_invoice(50, days=6)
        self.make_bank_line(120, named.name)
        self.assert_claimed(30)

    def test_a_name_that_is_only_part_of_a_word_tells_nothing(self):
        invoice = self.make_invoice(100)
        self.make_bank_line(100, f"{invoice.name}9")
        self.assert_claimed(100)

    def test_a_matched_bank_line_holds_nothing_more(self):
        invoice, other = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.pay_with_statement_line(invoice, self.bank.id, TODAY, 100)
        self.assert_claimed(100)
        self.assertEqual(self.item(other).reason, "due")

    def test_money_that_leaves_the_bank_holds_nothing(self):
        self.make_invoice(100)
        self.make_bank_line(-100, partner_id=self.customer.id)
        self.assert_claimed(100)

    def test_a_payment_and_its_arrival_at_the_bank_count_once(self):
        self.make_invoice(100, days=9)
        self.make_invoice(100, days=6)
        self.make_payment_without_entry(100)
        self.make_bank_line(100, partner_id=self.customer.id)
        self.assert_claimed(100)

    def test_the_bank_line_of_another_customer_holds_nothing(self):
        self.make_invoice(100)
        self.make_bank_line(100, partner_id=self.make_customer("Other").id)
        self.assert_claimed(100)

    # === Currencies === #

    def test_money_holds_in_its_own_currency_and_once(self):
        dollars = self.setup_other_currency("EUR")
        mine, foreign = self.make_invoice(100), self.make_invoice(100, currency_id=dollars.id)
        self.make_bank_line(100, partner_id=self.customer.id)
        self.night()
        self.assertEqual((self.item(mine).reason, self.item(foreign).reason), ("held", "due"))

    def test_money_in_a_currency_that_he_does_not_owe_is_converted(self):
        currency = self.setup_other_currency("EUR")
        currency.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "name": "2020-01-01", "rate": 2, "company_id": self.company.id}
        )
        invoice = self.make_invoice(100, currency_id=currency.id)
        self.make_bank_line(25, invoice.name)
        self.assert_claimed(50)

    # === Afterwards === #

    def test_days_go_by_and_a_person_looks_before_any_letter(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice)
        self.assert_held(invoice)
        self.assertEqual(self.item(invoice).reason_until, TODAY + timedelta(days=8))
        with self.on(8):
            self.assert_held(invoice)
            self.assertFalse(self.tasks())
        with self.on(9):
            self.assert_held(invoice)
            self.night()
            self.assertEqual(len(self.tasks()), 1)
            self.assertFalse(self.item(invoice).reason_until)
        with self.on(12):
            self.tasks().action_done()
            self.assert_claimed(100)
            self.assertEqual(len(self.tasks()), 1)

    def test_the_task_comes_also_where_the_rest_is_dunned(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(40, invoice)
        with self.on(9):
            self.assert_claimed(60)
            self.assertEqual(len(self.tasks()), 1)

    def test_each_method_has_its_own_days(self):
        self.bank.inbound_payment_method_line_ids.dunning_days_in_process = 3
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice)
        self.night()
        self.assertEqual(self.item(invoice).reason_until, TODAY + timedelta(days=3))

    def test_later_money_is_held_although_an_earlier_payment_was_looked_for(self):
        invoice = self.make_invoice(100)
        self.make_payment_without_entry(100, invoice)
        with self.on(9):
            self.night()
            self.tasks().action_done()
        with self.on(10):
            self.make_online_payment(100, invoice)
            self.assert_held(invoice)

    def test_the_invoice_form_says_it_too(self):
        invoice = self.make_invoice(100)
        self.make_bank_line(100, partner_id=self.customer.id)
        self.assertIn("payment on its way", invoice.dunning_explanation)
