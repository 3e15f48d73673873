import base64
import email.utils
import io
from email.header import decode_header, make_header
from unittest.mock import patch

import openpyxl

from odoo import tools
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

    def test_a_late_bank_is_to_be_put_right(self):
        self.company.dunning_bank_journal_ids = self.company_data["default_journal_bank"]
        self.make_invoice(100, days=6, is_move_sent=True)
        self.make_invoice(100, days=2, is_move_sent=True)
        late = self.dry_run().anomaly_group_ids.filtered(lambda group: "no bank entries" in group.name)
        self.assertRecordValues(late, [{"item_count": 1, "amount": 100}])

    def test_a_late_bank_is_said_also_where_nothing_goes(self):
        self.company.dunning_bank_journal_ids = self.company_data["default_journal_bank"]
        self.assertIn("no bank entries", self.dry_run().anomaly_group_ids.name)

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


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTestMail(DunningCommon):
    """A letter of tonight, sent to oneself over a real SMTP server."""

    def setUp(self):
        super().setUp()
        self.catch_mails()
        self.company.dunning_mode = "simulate"
        self.user = self.make_user("clerk", "account.group_account_invoice")
        self.user.partner_id.email = "clerk@creditor.example"

    def dry_run(self):
        dry_runs = self.env["account.dunning.dry.run"].with_user(self.user)
        dry_runs = dry_runs.with_context(allowed_company_ids=self.company.ids)
        return dry_runs.browse(dry_runs.action_tonight()["res_id"])

    def test_it_goes_to_oneself_and_nothing_else_happens(self):
        self.make_invoice(1234, days=6)
        answer = self.dry_run().action_send_to_me()
        self.assertIn("clerk@creditor.example", answer["params"]["message"])
        (mail,) = self.mails()
        self.assertEqual(email.utils.parseaddr(mail["To"])[1], "clerk@creditor.example")
        self.assertFalse(mail["Cc"] or mail["Bcc"])
        self.assertTrue(str(make_header(decode_header(mail["Subject"]))).startswith("TEST: Level 1"))
        kinds = [part.get_content_type() for part in mail.walk()]
        self.assertIn("application/pdf", kinds)
        html = next(part for part in mail.walk() if part.get_content_type() == "text/html")
        self.assertIn("1,234.00", html.get_payload(decode=True).decode())
        self.assertFalse(self.notices())
        self.assertFalse(self.env["account.dunning.delivery"].search([("partner_id", "=", self.customer.id)]))
        self.assertFalse(self.env["mail.mail"].search([("email_to", "ilike", "clerk@")]))

    def test_without_an_address_it_says_so(self):
        self.make_invoice(days=6)
        self.user.partner_id.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.dry_run().action_send_to_me()

    def test_without_a_mail_server_it_says_so(self):
        self.make_invoice(days=6)
        with (
            patch.dict(tools.config.options, {"smtp_port": 1}),
            self.assertRaisesRegex(UserError, "outgoing mail server"),
        ):
            self.dry_run().action_send_to_me()
        with (
            patch.dict(tools.config.options, {"smtp_server": False}),
            self.assertRaisesRegex(UserError, "no outgoing"),
        ):
            self.dry_run().action_send_to_me()

    def test_where_nothing_goes_tonight_there_is_no_letter(self):
        with self.assertRaisesRegex(UserError, "No letter goes tonight"):
            self.dry_run().action_send_to_me()
