import email
import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields, tools
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_dunning.delivery.base import Uncertain
from odoo.addons.account_dunning.delivery.email import EmailAdapter

from . import smtp_catcher
from .common import TODAY, DunningCommon

BOUNCE = """Return-Path: <>
To: bounce@creditor.example
From: MAILER-DAEMON@debtor.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B"
MIME-Version: 1.0
Message-ID: <bounce-1@debtor.example>

--B
Content-Type: text/plain

The following address failed.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; debtor.example

Final-Recipient: rfc822; debtor@debtor.example
Action: failed
Status: 5.1.1

--B
Content-Type: message/rfc822

Message-ID: {message_id}
From: office@creditor.example
To: debtor@debtor.example
Subject: Level 1

--B--
"""


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestOutbox(DunningCommon):
    """Issue and deliver over a real SMTP server."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outbox = Path(folder.name)
        self.server = smtp_catcher.start(self.outbox)
        self.addCleanup(self.server.stop)
        self.startPatcher(patch.object(type(self.env["ir.mail_server"]), "_disable_send", lambda _self: False))
        self.startPatcher(patch.dict(tools.config.options, {"smtp_server": "127.0.0.1", "smtp_port": self.server.port}))
        self.env["ir.mail_server"].search([]).active = False

    def send(self):
        with self.job() as env:
            company = self.company.with_env(env)
            env["account.dunning.issue"]._issue_company(company)
            env["account.dunning.outbox"]._settle_interrupted()
            env["account.dunning.outbox"]._deliver_company(company)

    def mails(self):
        return [email.message_from_bytes(path.read_bytes()) for path in sorted(self.outbox.glob("*.eml"))]

    def send_first_reminder(self, **vals):
        invoice = self.make_invoice(days=6, **vals)
        self.night()
        self.send()
        return invoice

    def test_the_mail_alone_says_what_is_owed(self):
        invoice = self.send_first_reminder()
        (mail,) = self.mails()
        notice = self.notices()
        self.assertIn("debtor@debtor.example", mail["To"])
        self.assertEqual(mail["Message-Id"], notice.delivery_ids.message_id)
        text = next(part for part in mail.walk() if part.get_content_type() == "text/html")
        text = text.get_payload(decode=True).decode()
        for said in (invoice.name, "100.00", "office@creditor.example", "Text of level 1", notice.name):
            self.assertIn(said, text)
        self.assertEqual(
            [part.get_filename() for part in mail.walk() if part.get_filename()], [notice.document_id.name]
        )

    def test_the_three_jobs_do_it_all_by_themselves(self):
        self.make_invoice(days=6)
        self.env.flush_all()
        for job in ("decide", "issue", "deliver"):
            with self.enter_registry_test_mode():
                self.env.ref(f"account_dunning.ir_cron_{job}").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(len(self.mails()), 1)
        self.assertEqual(self.env["account.dunning.run"].search([("company_id", "=", self.company.id)]).state, "done")

    def test_the_exact_bytes_are_kept(self):
        self.send_first_reminder()
        delivery = self.notices().delivery_ids
        sent = (self.outbox / "00001.eml").read_bytes()
        self.assertEqual(
            delivery.content_id.raw.replace(b"\r\n", b"\n").rstrip(), sent.replace(b"\r\n", b"\n").rstrip()
        )
        self.assertEqual(delivery.content_sha256, hashlib.sha256(delivery.content_id.raw).hexdigest())
        self.assertRecordValues(delivery, [{"state": "sent", "date_left": TODAY, "attempts": 1}])
        self.assertEqual(self.item(self.notices().line_ids.move_id).reason, "not_yet")

    def test_sending_again_and_again_sends_once(self):
        self.send_first_reminder()
        for _time in range(3):
            self.send()
        self.assertEqual(len(self.mails()), 1)

    def test_the_dunning_contact_gets_it_before_the_invoice_contact(self):
        contact = self.make_customer("Accounts", parent_id=self.customer.id, type="invoice")
        self.send_first_reminder()
        self.assertIn("accounts@debtor.example", self.mails()[-1]["To"])
        chosen = self.make_customer("Chosen", parent_id=self.customer.id)
        self.customer.with_company(self.company).dunning_contact_id = chosen
        contact.active = False
        with self.on(10):
            self.night()
            self.send()
        self.assertIn("chosen@debtor.example", self.mails()[-1]["To"])

    def test_without_an_address_a_letter_is_printed_instead(self):
        self.customer.email = False
        self.send_first_reminder()
        self.assertFalse(self.mails())
        self.assertRecordValues(
            self.notices().delivery_ids, [{"channel_id": self.letter.id, "state": "queued", "leading": True}]
        )

    def test_without_any_address_nothing_is_numbered_and_somebody_looks(self):
        self.customer.write({"email": False, "street": False, "city": False})
        self.send_first_reminder()
        self.assertEqual(self.notices().state, "draft")
        self.assertFalse(self.notices().name)
        self.assertEqual(self.notices().case_id.task_ids.kind, "find_address")

    def test_paid_between_issue_and_sending_sends_nothing(self):
        invoice = self.make_invoice(days=6)
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        self.pay(invoice)
        self.send()
        self.assertFalse(self.mails())
        self.assertRecordValues(self.notices(), [{"state": "cancelled", "date_left": False}])
        self.assertFalse(self.item(invoice).level_id)

    def test_a_bounce_by_odoo_s_own_route_starts_the_fallback(self):
        self.send_first_reminder()
        notice = self.notices()
        bounce = BOUNCE.format(message_id=notice.delivery_ids.message_id)
        self.env["mail.thread"].message_process("account.dunning.case", bounce)
        states = {delivery.channel_id: delivery.state for delivery in notice.delivery_ids}
        self.assertEqual(states, {self.email: "bounced", self.letter: "queued"})

    def test_an_unreachable_mail_server_leaves_the_queue_as_it_is(self):
        nobody_there = patch.dict(tools.config.options, {"smtp_port": 1})
        with nobody_there, mute_logger("odoo.addons.account_dunning.models.account_dunning_outbox"):
            self.send_first_reminder()
        self.assertEqual(self.notices().delivery_ids.state, "queued")
        self.assertFalse(self.notices().date_left)
        self.send()
        self.assertEqual(self.notices().delivery_ids.state, "sent")

    def test_an_uncertain_delivery_waits_for_a_person(self):
        def vanish(_adapter, _parcel):
            raise Uncertain("hung up")

        with patch.object(EmailAdapter, "send", vanish):
            invoice = self.send_first_reminder()
        delivery = self.notices().delivery_ids
        self.send()
        self.assertRecordValues(delivery, [{"state": "uncertain", "attempts": 1}])
        self.assertIn("settle_delivery", delivery.notice_id.case_id.task_ids.mapped("kind"))
        with self.on(30):
            self.night()
            self.assertEqual(self.item(invoice).reason, "notice_under_way")
        delivery.action_settle_not_left()
        self.send()
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(len(self.mails()), 1)

    def test_an_interrupted_sending_is_never_repeated_by_itself(self):
        self.send_first_reminder()
        delivery = self.notices().delivery_ids
        delivery.state = "sending"
        self.send()
        self.assertEqual(delivery.state, "uncertain")
        self.assertEqual(len(self.mails()), 1)

    def test_a_refused_recipient_starts_the_fallback(self):
        async def refuse(server, session, envelope, address, options):
            return "550 no such user"

        self.server.handler.handle_RCPT = refuse
        self.send_first_reminder()
        states = {delivery.channel_id: delivery.state for delivery in self.notices().delivery_ids}
        self.assertEqual(states, {self.email: "failed", self.letter: "queued"})

    def test_a_busy_server_is_tried_again_later(self):
        async def refuse(server, session, envelope, address, options):
            return "451 come back later"

        self.server.handler.handle_RCPT = refuse
        self.send_first_reminder()
        delivery = self.notices().delivery_ids
        self.assertEqual(delivery.state, "queued")
        self.assertGreater(delivery.next_attempt, fields.Datetime.now())
        del self.server.handler.handle_RCPT
        self.send()
        self.assertFalse(self.mails())
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.send()
        self.assertEqual(len(self.mails()), 1)

    def test_the_window_is_closed_at_night_and_on_sunday(self):
        self.company.dunning_business_hours_only = True
        for moment, is_open in (
            ("2026-03-31 09:00", True),
            ("2026-03-31 07:00", False),
            ("2026-03-31 18:00", False),
            ("2026-03-29 10:00", False),
        ):
            with freeze_time(moment):
                self.assertEqual(self.company._dunning_window_is_open(), is_open, moment)

    def test_the_invoice_s_stored_pdf_goes_along(self):
        self.first.attach_invoices = True
        invoice = self.make_invoice(days=6)
        self.env["ir.attachment"].create(
            {
                "name": "INV.pdf",
                "raw": b"%PDF-1.4 invoice",
                "res_model": "account.move",
                "res_id": invoice.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        invoice.invalidate_recordset()
        self.night()
        self.send()
        names = [part.get_filename() for part in self.mails()[0].walk() if part.get_filename()]
        self.assertEqual(names, [self.notices().document_id.name, "INV.pdf"])
