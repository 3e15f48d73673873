import base64
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDryRun(DunningCommon):
    def dry_run(self, partner=None, user=None):
        dry_runs = self.env["account.dunning.dry.run"].with_user(user or self.env.user)
        action = dry_runs.with_context(allowed_company_ids=self.company.ids).action_tonight((partner or dry_runs).id)
        return dry_runs.with_context(allowed_company_ids=self.company.ids).browse(action["res_id"])

    def count_rows(self):
        """{model: rows} of all our models that are kept."""
        return {
            name: self.env[name].with_context(active_test=False).search_count([])
            for name, model in self.registry.items()
            if name.startswith("account.dunning.") and not model._abstract and not model._transient
        }

    def test_it_writes_nothing(self):
        self.make_invoice(days=6)
        self.make_invoice(days=60)
        self.env.flush_all()
        before = self.count_rows()
        self.dry_run()
        self.assertEqual(self.count_rows(), before)
        self.night()
        before = self.count_rows()
        projected = self.env["account.dunning.item"].search([]).mapped("projected_at")
        self.dry_run()
        self.assertEqual(self.count_rows(), before)
        self.assertEqual(self.env["account.dunning.item"].search([]).mapped("projected_at"), projected)

    def test_it_says_what_the_night_then_does(self):
        other = self.make_customer("Other")
        self.make_invoice(100, days=6)
        self.make_invoice(50, days=9)
        self.make_invoice(70, days=20, partner=other)
        self.make_invoice(30, days=2)
        self.make_invoice(40, days=12).no_followup = True
        self.make_invoice(60, days=12).action_toggle_block_payment()
        dry_run = self.dry_run()
        self.assertRecordValues(
            dry_run.notice_group_ids,
            [{"name": "Ladder: Level 1", "notice_count": 2, "customer_count": 2, "item_count": 3, "amount": 220.0}],
        )
        self.assertEqual(
            [(group.name, group.item_count, group.amount) for group in dry_run.waiting_group_ids],
            [
                ("Not yet", 1, 30.0),
                ("On hold: the invoice is blocked", 1, 60.0),
                ("Excluded: marked as not to be followed up", 1, 40.0),
            ],
        )
        run = self.night()
        self.assertEqual(len(run.notice_ids), dry_run.notice_count)
        self.assertEqual(sum(run.notice_ids.mapped("amount_total")), 220)
        items = self.env["account.dunning.item"].search([])
        found = {(item.move_id, item.reason, item.next_level_id, item.next_date) for item in items}
        self.assertEqual(
            found, {(line.move_id, line.reason, line.level_id, line.next_date) for line in dry_run.line_ids}
        )

    def test_each_result_opens_its_invoices(self):
        invoice = self.make_invoice(days=6)
        action = self.dry_run().notice_group_ids.action_open()
        lines = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(lines.move_id, invoice)
        self.assertEqual(lines.why, "Level 1 is due: 6 days late.")
        self.assertEqual(lines.action_open_invoice()["res_id"], invoice.id)

    def test_one_customer_only(self):
        other = self.make_customer("Other")
        self.make_invoice(days=6)
        self.make_invoice(days=6, partner=other)
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": other.id})
        self.assertEqual(self.dry_run(contact).line_ids.partner_id, other)

    def test_a_debt_that_came_back_is_paused_as_by_the_night(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        self.pay(invoice)
        self.night()
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        payment = receivable.matched_credit_ids.credit_move_id.move_id
        receivable.remove_move_reconcile()
        payment.button_draft()
        with self.on(20):
            line = self.dry_run().line_ids
            self.assertEqual((line.reason, line.detail), ("held", "pause"))
            self.night()
            self.assertEqual(self.item(invoice).reason, "held")

    def test_anomalies(self):
        nowhere = self.make_customer("Nowhere", email=False, street=False, is_company=True)
        invoice = self.make_invoice(days=6, partner=nowhere)
        reachable = self.make_invoice(days=6, is_move_sent=True)
        found = {group.name: group.line_ids.move_id for group in self.dry_run().anomaly_group_ids}
        self.assertEqual(
            found,
            {
                "No e-mail and no postal address": invoice,
                "Business without SIREN and VAT number": invoice,
                "Invoice never sent": invoice,
            },
        )
        self.assertTrue(reachable.is_move_sent)

    def test_a_spreadsheet(self):
        self.customer.name = "=1+1"
        invoice = self.make_invoice(100, days=6)
        dry_run = self.dry_run()
        action = dry_run.action_export()
        self.assertIn(f"/{dry_run.id}/file/", action["url"])
        book = openpyxl.load_workbook(io.BytesIO(dry_run._get_spreadsheet()))
        title, row = list(book.active.iter_rows(values_only=True))
        self.assertEqual(title[:5], ("Customer", "Invoice", "Due Date", "Days Late", "Amount"))
        self.assertEqual((row[0], row[3], row[4], row[6]), ("=1+1", 6, 100, "Level 1"))
        self.assertEqual(row[2].date(), invoice.invoice_date_due)
        self.assertEqual(book.active["A2"].data_type, "s")

    def test_a_letter_as_it_would_be_printed(self):
        self.make_invoice(100, days=6)
        before = self.count_rows()
        line = self.dry_run().line_ids
        line.action_preview()
        self.assertTrue(base64.b64decode(line.file).startswith(b"%PDF"))
        self.assertEqual(self.count_rows(), before)

    def test_no_letter_for_what_is_not_claimed(self):
        self.make_invoice(days=2)
        with self.assertRaises(UserError):
            self.dry_run().line_ids.action_preview()

    def test_a_billing_user_may_look_and_sees_only_his_own(self):
        self.make_invoice(days=6)
        users = [self.make_user(login, "account.group_account_invoice") for login in ("billing", "colleague")]
        dry_run = self.dry_run(user=users[0])
        dry_run.read()
        dry_run.group_ids.read()
        dry_run.line_ids.read()
        dry_run.action_export()
        dry_run.line_ids.action_preview()
        with self.assertRaises(AccessError):
            dry_run.line_ids.with_user(users[1]).read()

    def test_nobody_looks_into_a_company_that_is_not_his(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = self.make_user("elsewhere", "account.group_account_invoice", company=other)
        dry_run = self.env["account.dunning.dry.run"].with_user(user).create({"company_id": self.company.id})
        with self.assertRaises(AccessError):
            dry_run.action_calculate()
