import hashlib
from datetime import timedelta
from email.header import decode_header, make_header
from unittest.mock import patch

from odoo import fields, tools
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_dunning.delivery.base import Uncertain
from odoo.addons.account_dunning.delivery.email import EmailAdapter

from .common import TODAY, DunningCommon

OUTBOX = "odoo.addons.account_dunning.models.account_dunning_outbox"
RETRIED = "odoo.addons.account_dunning.models.retried"
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


def fail(*_args):
    raise RuntimeError("a bug")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestOutbox(DunningCommon):
    """Issue and deliver over a real SMTP server."""

    def setUp(self):
        super().setUp()
        self.catch_mails()

    def send(self):
        with self.job() as env:
            company = self.company.with_env(env)
            env["account.dunning.issue"]._issue_company(company)
            env["account.dunning.outbox"]._settle_interrupted()
            env["account.dunning.outbox"]._deliver_company(company)

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

    def test_the_html_bears_no_marks_of_the_template_engine(self):
        self.send_first_reminder()
        (mail,) = self.mails()
        (text,) = [part for part in mail.walk() if part.get_content_type() == "text/html"]
        self.assertNotIn("data-oe-", text.get_payload(decode=True).decode())

    def test_accents_arrive_in_every_part_and_header(self):
        self.customer.name = "Société Générale d'Été"
        self.first.subject = "Relance n° {number} à régler"
        self.send_first_reminder()
        (mail,) = self.mails()
        for name, said in (("To", self.customer.name), ("Subject", f"Relance n° {self.notices().name} à régler")):
            self.assertIn(said, str(make_header(decode_header(mail[name]))))
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                self.assertIn(self.customer.name, part.get_payload(decode=True).decode())

    def test_a_provider_in_test_sends_nothing(self):
        self.email.provider_id.state = "test"
        self.send_first_reminder()
        self.assertFalse(self.mails())

    # === What follows from having left === #

    def get_log(self):
        return self.env["mail.message"].search([("message_id", "=", self.notices().delivery_ids.message_id)])

    def test_what_left_is_logged_on_the_case_with_its_message_id(self):
        self.send_first_reminder()
        self.assertRecordValues(
            self.get_log(), [{"model": "account.dunning.case", "res_id": self.notices().case_id.id}]
        )

    def test_what_follows_from_a_sent_mail_is_made_up_once_by_the_next_job(self):
        with patch.object(type(self.env["account.dunning.outbox"]), "_conclude", fail), mute_logger(RETRIED):
            invoice = self.send_first_reminder()
        self.assertEqual(self.notices().delivery_ids.state, "sent")
        self.assertFalse(self.item(invoice).level_id)
        self.assertFalse(self.get_log())
        with self.on(20):
            self.night()
            self.assertEqual(self.item(invoice).reason, "notice_under_way")
        for _time in range(2):
            self.deliver_job()
            self.assertRecordValues(self.item(invoice), [{"level_id": self.first.id, "stage_count": 1}])
            self.assertRecordValues(self.notices(), [{"date_left": TODAY}])
            self.assertEqual(len(self.get_log()), 1)
        self.assertEqual(len(self.mails()), 1)

    def test_a_bounce_before_the_job_has_concluded_starts_the_fallback(self):
        with patch.object(type(self.env["account.dunning.outbox"]), "_conclude", fail), mute_logger(RETRIED):
            invoice = self.send_first_reminder()
        self.notices().delivery_ids._return_undelivered("unknown")
        self.send()
        self.assertFalse(self.item(invoice).level_id)
        self.assertEqual(set(self.notices().delivery_ids.mapped("state")), {"bounced", "queued"})

    # === Nobody's fault stops another === #

    def test_an_adapter_that_breaks_leaves_its_delivery_uncertain_and_the_others_go_on(self):
        other = self.make_customer("Other")
        self.make_invoice(days=6, partner=other)
        send = EmailAdapter.send

        def break_once(adapter, parcel):
            if "debtor@debtor.example" in parcel.recipients:
                raise RuntimeError("a bug")
            return send(adapter, parcel)

        with patch.object(EmailAdapter, "send", break_once), mute_logger(OUTBOX):
            self.send_first_reminder()
        self.assertEqual(self.notices().delivery_ids.state, "uncertain")
        self.assertEqual(self.notices(partner=other).delivery_ids.state, "sent")

    def test_one_bad_notice_stops_neither_the_issue_nor_the_sending_of_the_others(self):
        others = [self.make_customer(name) for name in ("Bad", "Worse", "Good")]
        for other in others:
            self.make_invoice(days=6, partner=other)
        letter, write = self.env.registry["account.dunning.letter"], self.env.registry["account.dunning.mail"]
        compose_one, write_one = letter._compose_one, write._write_one

        def compose_but_bad(letter, notice, *args):
            if notice.partner_id.name == "Bad":
                raise RuntimeError("a bug")
            return compose_one(letter, notice, *args)

        def write_but_worse(mail, delivery):
            if delivery.partner_id.name == "Worse":
                raise RuntimeError("a bug")
            return write_one(mail, delivery)

        bad = patch.object(letter, "_compose_one", compose_but_bad)
        worse = patch.object(write, "_write_one", write_but_worse)
        with bad, worse, mute_logger(RETRIED):
            self.send_first_reminder()
        states = [self.notices(partner=other).delivery_ids.state for other in others]
        self.assertEqual(states, [False, "queued", "sent"])

    def test_an_address_that_no_mail_can_bear_starts_the_fallback(self):
        self.customer.email = "débiteur@debtor.example"
        self.send_first_reminder()
        states = {delivery.channel_id: delivery.state for delivery in self.notices().delivery_ids}
        self.assertEqual(states, {self.email: "failed", self.letter: "queued"})

    def test_one_company_s_fault_stops_no_other(self):
        self.env["res.company"].create(
            {
                "name": "Other",
                "dunning_mode": "send",
                "dunning_baseline_date": TODAY,
                "dunning_business_hours_only": False,
            }
        )
        senders = self.env["res.company"]._get_dunning_senders()
        self.assertGreater(len(senders), 1)
        for model, work, job in (
            ("issue", "_issue_company", "_cron_issue"),
            ("outbox", "_deliver_company", "_cron_deliver"),
        ):
            met = []

            def note_and_fail(_job, company, met=met):
                met.append(company.id)
                raise RuntimeError("a bug")

            job_class = self.env.registry[f"account.dunning.{model}"]
            note_and_fail.__name__ = work
            with patch.object(job_class, work, note_and_fail), mute_logger(RETRIED), self.job() as env:
                getattr(env[f"account.dunning.{model}"], job)()
            self.assertEqual(met, senders.ids)

    # === Settling === #

    def send_uncertainly(self, **vals):
        def vanish(_adapter, _parcel):
            raise Uncertain("hung up")

        with patch.object(EmailAdapter, "send", vanish):
            return self.send_first_reminder(**vals)

    def get_open_tasks(self):
        return self.notices()[:1].case_id.task_ids.filtered(lambda task: task.state == "open").mapped("kind")

    def test_settled_as_left_it_left_on_the_day_of_the_attempt_and_the_task_ends(self):
        invoice = self.send_uncertainly()
        with self.on(3):
            self.notices().delivery_ids.action_settle_left()
        self.assertFalse(self.get_open_tasks())
        self.assertRecordValues(self.notices().delivery_ids, [{"state": "sent", "date_left": TODAY}])
        self.assertRecordValues(self.item(invoice), [{"level_id": self.first.id, "last_notice_date": TODAY}])
        self.assertEqual(len(self.get_log()), 1)

    def test_settled_as_not_left_the_task_ends_and_it_is_tried_again(self):
        self.send_uncertainly()
        self.notices().delivery_ids.action_settle_not_left()
        self.assertFalse(self.get_open_tasks())
        self.send()
        self.assertEqual(len(self.mails()), 1)

    def test_a_bounce_settles_an_uncertain_delivery(self):
        self.send_uncertainly()
        bounce = BOUNCE.format(message_id=self.notices().delivery_ids.message_id)
        self.env["mail.thread"].message_process("account.dunning.case", bounce)
        self.assertFalse(self.get_open_tasks())

    def test_the_task_to_settle_comes_back_while_the_delivery_is_uncertain(self):
        self.send_uncertainly()
        self.notices().case_id.task_ids.action_done()
        self.send()
        self.assertEqual(self.get_open_tasks(), ["settle_delivery"])

    def test_a_notice_that_may_have_left_cannot_be_cancelled(self):
        self.send_uncertainly()
        with self.assertRaisesRegex(UserError, "settle its delivery first"):
            self.notices().action_cancel()

    def test_an_uncertain_delivery_of_an_invoice_in_draft_is_not_tried_again(self):
        invoice = self.send_uncertainly()
        invoice.button_draft()
        self.assertEqual(self.notices().state, "issued")
        self.notices().delivery_ids.action_settle_not_left()
        self.send()
        self.assertFalse(self.mails())
        self.assertEqual((self.notices().state, self.notices().delivery_ids.state), ("cancelled", "cancelled"))

    # === No dead ends === #

    def deliver_job(self):
        with self.job() as env:
            env["account.dunning.outbox"]._cron_deliver()

    def decide_and_issue(self):
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))

    def test_what_came_back_has_reached_nothing_until_the_fallback_has_left(self):
        invoice = self.send_first_reminder()
        self.notices().delivery_ids._return_undelivered("unknown")
        self.assertRecordValues(self.item(invoice), [{"level_id": False, "stage_count": 0, "last_notice_date": False}])
        with self.on(9):
            self.night()
            self.deliver_job()
            self.assertEqual(self.item(invoice).reason, "notice_under_way")
            self.notices().delivery_ids.filtered(lambda delivery: delivery.state == "queued").action_mark_posted()
            reached = {"level_id": self.first.id, "stage_count": 1, "last_notice_date": TODAY + timedelta(days=9)}
            self.assertRecordValues(self.item(invoice), [reached])

    def test_a_second_reminder_that_never_left_gives_back_nothing(self):
        self.email.fallback_channel_id = False
        invoice = self.send_first_reminder()

        async def refuse(server, session, envelope, address, options):
            return "550 no such user"

        self.server.handler.handle_RCPT = refuse
        with self.on(10):
            self.night()
            self.send()
        self.assertRecordValues(self.item(invoice), [{"level_id": self.first.id, "stage_count": 1, "round": 1}])

    def test_a_notice_whose_letter_is_never_made_is_decided_again_the_next_day(self):
        with patch.object(type(self.env["account.dunning.document"]), "_render", lambda _self, _notices: {}):
            self.make_invoice(days=6)
            self.decide_and_issue()
            with self.on(1):
                self.decide_and_issue()
                self.deliver_job()
                self.assertEqual(self.notices().state, "cancelled")
        with self.on(1):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.first)

    def test_what_is_queued_when_the_window_closes_is_cancelled_that_evening(self):
        self.company.dunning_business_hours_only = True
        with freeze_time("2026-03-31 10:00"):
            self.make_invoice(days=6)
            self.decide_and_issue()
        with freeze_time("2026-03-31 17:00"), patch.dict(tools.config.options, {"smtp_port": 1}), mute_logger(OUTBOX):
            self.deliver_job()
            self.assertEqual(self.notices().state, "issued")
        with freeze_time("2026-03-31 18:30"):
            self.deliver_job()
        self.assertEqual(self.notices().state, "cancelled")

    def test_what_is_queued_when_the_mode_changes_is_decided_again(self):
        self.make_invoice(days=6)
        self.decide_and_issue()
        self.company.dunning_mode = "prepare"
        with self.on(1):
            self.deliver_job()
            self.assertEqual(self.notices().state, "cancelled")

    def test_a_paid_letter_waits_for_the_post_no_longer(self):
        self.first.channel_id = self.letter
        invoice = self.make_invoice(days=6)
        self.decide_and_issue()
        with self.on(1):
            self.deliver_job()
            self.assertEqual(self.notices().state, "issued")
            self.pay(invoice)
            self.night()
            self.deliver_job()
            self.assertEqual(self.notices().state, "cancelled")
            self.night()
            self.assertEqual(self.notices().case_id.state, "closed")

    def test_a_posted_letter_ends_the_task_to_post_it(self):
        self.first.channel_id = self.letter
        self.make_invoice(days=6)
        self.decide_and_issue()
        with self.on(6):
            self.night()
            self.assertEqual(self.get_open_tasks(), ["post_letter"])
            self.notices().delivery_ids.action_mark_posted()
            self.assertFalse(self.get_open_tasks())
