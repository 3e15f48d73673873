"""Receipts forwarded to the company's address for them, through the mail gateway of Odoo, as raw bytes."""

import email
from email.policy import SMTP
from unittest.mock import patch
from xmlrpc.client import Binary

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models import account_dunning_receipt_mail
from .common import TODAY
from .evidence_mails import LOGO, PDF, attach, make_mail, report
from .proof_common import RECEIPT, ProofCommon

ADDRESS = "receipts@creditor.example"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestReceiptMails(ProofCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "creditor.example"})
        cls.company.alias_domain_id = domain
        cls.company.dunning_receipt_alias = "receipts"

    def setUp(self):
        super().setUp()
        self.counted = {name: self.env[name].search_count([]) for name in ("mail.mail", "mail.message")}

    def come(self, mail):
        """What the mail server hands over; the proofs that came of it."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        known = self.proofs.search([])
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, content)
        self.env.flush_all()
        return self.proofs.search([]) - known

    def check_nothing_answered(self):
        self.assertEqual({name: self.env[name].search_count([]) for name in self.counted}, self.counted)

    def test_each_attachment_becomes_a_proof_to_be_assigned(self):
        proofs = self.come(attach(attach(make_mail()), b"%PDF-1.4 second", name="second.pdf"))
        self.assertEqual({proof.attachment_id.raw for proof in proofs}, {PDF, b"%PDF-1.4 second"})
        self.assertEqual(set(proofs.mapped("source")), {"mail"})
        self.assertTrue(all(proof.is_orphan and proof.sequence for proof in proofs))
        self.assertIn("post@service.example", proofs[0].note)
        self.check_nothing_answered()

    def test_our_reference_finds_the_delivery(self):
        delivery = self.send()
        texts = {
            "subject": make_mail(f"Fwd: {delivery.uuid}"),
            "text": make_mail(text=f"Your reference: {delivery.uuid}."),
        }
        for name, mail in texts.items():
            with self.subTest(where=name):
                proof = self.come(attach(mail, RECEIPT + name.encode()))
                self.assertEqual((proof.delivery_id, proof.delivery_uuid), (delivery, delivery.uuid))

    def test_what_the_file_names_goes_before_what_the_mail_names(self):
        first, second = self.send(), self.send(customer=self.make_customer("Other"))
        first.message_id = "<first@creditor.example>"
        mail = make_mail(f"Fwd: {second.uuid}")
        mail.add_attachment(make_report_of(first))
        self.assertEqual(self.come(mail).delivery_id, first)

    def test_a_mail_that_names_two_deliveries_waits_for_a_person(self):
        first, second = self.send(), self.send(customer=self.make_customer("Other"))
        proof = self.come(attach(make_mail(f"{first.uuid} {second.uuid}")))
        self.assertTrue(proof.is_orphan)

    def test_the_same_mail_twice_is_one_proof(self):
        for mail in (attach(make_mail()), make_mail("Only words")):
            self.assertEqual(len(self.come(mail)), 1)
            self.assertFalse(self.come(mail))
            mail["Received"] = "from elsewhere.example by another way"
            self.assertFalse(self.come(mail), "by another way")

    def test_other_words_under_the_same_number_are_another_proof(self):
        """Nobody keeps a mail away by sending one with its Message-ID first."""
        self.come(make_mail("Receipt", text="Nothing of value."))
        self.assertEqual(len(self.come(make_mail("Receipt", text="The true receipt."))), 1)

    def test_logos_are_left_out(self):
        mail = make_mail()
        mail.add_alternative('<p><img src="cid:logo@x"></p>', subtype="html")
        mail.get_payload()[1].add_related(
            LOGO, "image", "png", cid="<logo@x>", filename="logo.png", disposition="inline"
        )
        self.assertEqual(self.come(attach(mail)).file_name, "receipt.pdf")

    def test_reports_and_mails_without_files_are_kept_whole(self):
        for content in (report(original="<elsewhere@other.example>"), make_mail("Only words").as_bytes()):
            proof = self.come(content)
            self.assertEqual(proof.attachment_id.raw, content)
        self.check_nothing_answered()

    def test_a_report_about_a_delivery_is_its_proof(self):
        delivery = self.send()
        delivery.message_id = "<notice@creditor.example>"
        proof = self.come(report(original="<notice@creditor.example>"))
        self.assertEqual((proof.delivery_id, proof.kind), (delivery, "bounce"))
        self.assertFalse(proof.counts, "anybody can write one")

    def test_our_own_mails_and_their_returns_are_not_taken(self):
        delivery = self.send()
        delivery.message_id = "<notice@creditor.example>"
        own = self.env["res.partner"].create({"name": "A"})._message_log(body="Note")
        anchor = "<anchor-4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d001@creditor.example>"
        mails = {
            "a notice": make_mail(**{"Message-ID": "<notice@creditor.example>"}),
            "the daily line": make_mail(**{"Message-ID": anchor}),
            "the return of the daily line": report(original=anchor),
            "the return of a message": report(original=own.message_id),
            "an answer of the gateway": make_mail(References="<1@x-loop-detection-bounce-email@x>"),
        }
        for name, mail in mails.items():
            with self.subTest(mail=name):
                self.assertFalse(self.come(mail))

    def test_a_mail_to_somebody_else_too_goes_there_as_well(self):
        case = self.send().notice_id.case_id
        message = case._message_log(body="Asked")
        reply = attach(make_mail("Re: asked", **{"In-Reply-To": message.message_id}))
        before = case.message_ids
        self.assertEqual(len(self.come(reply)), 1)
        self.assertEqual(len(case.message_ids - before), 1)

    def test_a_mail_to_another_address_is_not_touched(self):
        alias = {"alias_name": "other", "alias_domain_id": self.company.alias_domain_id.id}
        model = self.env["ir.model"]._get_id("account.dunning.case")
        self.env["mail.alias"].create({**alias, "alias_model_id": model, "alias_force_thread_id": 0})
        case = self.send().notice_id.case_id
        message = case._message_log(body="Asked")
        mail = attach(make_mail(to="office@creditor.example", **{"In-Reply-To": message.message_id}))
        self.assertFalse(self.come(mail))

    def test_each_company_has_its_own_address(self):
        other = self.env["res.company"].create({"name": "Other", "alias_domain_id": self.company.alias_domain_id.id})
        other.dunning_receipt_alias = "theirs"
        proof = self.come(attach(make_mail(to="theirs@creditor.example")))
        self.assertEqual(proof.company_id, other)
        both = self.come(attach(make_mail(to=f"theirs@creditor.example, {ADDRESS}"), RECEIPT))
        self.assertEqual(both.company_id, other | self.company)

    def test_the_gateway_of_a_script_hands_text_or_binary_over(self):
        content = attach(make_mail()).as_bytes()
        self.env["mail.thread"].message_process(False, Binary(content))
        self.assertEqual(self.proofs.search([]).attachment_id.raw, PDF)
        self.env["mail.thread"].message_process(False, make_mail("Words").as_bytes().decode())
        self.assertEqual(self.proofs.search_count([]), 2)

    def test_a_piece_that_cannot_be_kept_leaves_the_others_and_the_whole_mail(self):
        mail = attach(
            attach(make_mail("Two"), b"%PDF-1.4 large", name="large.pdf"), b"%PDF-1.4 small", name="small.pdf"
        )
        check = type(self.proofs)._check_size
        for error in (UserError("too large"), ValueError("a fault")):
            with self.subTest(error=error), self.env.cr.savepoint() as savepoint:
                self.patch_refusal(check, {"large.pdf"}, error)
                proofs = self.come(mail)
                self.assertEqual(set(proofs.mapped("file_name")), {"small.pdf", "Two.eml"})
                whole = proofs.filtered(lambda proof: proof.file_name == "Two.eml")
                self.assertEqual(whole.attachment_id.raw, mail.as_bytes())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_too_large_in_every_way_is_said_and_the_rest_is_kept(self):
        mail = attach(
            attach(make_mail("Two"), b"%PDF-1.4 large", name="large.pdf"), b"%PDF-1.4 small", name="small.pdf"
        )
        self.patch_refusal(type(self.proofs)._check_size, {"large.pdf", "Two.eml"}, UserError("too large"))
        with self.assertRaisesRegex(UserError, "too large to be kept"):
            self.come(mail)
        self.assertEqual(self.proofs.search([]).file_name, "small.pdf")

    def patch_refusal(self, check, names, error):
        def refuse(proofs, content, file_name):
            if file_name in names:
                raise error
            check(proofs, content, file_name)

        self.patch(type(self.proofs), "_check_size", refuse)
        self.startPatcher(patch.object(account_dunning_receipt_mail._logger, "exception"))

    # === The address === #

    def test_the_address_is_set_and_taken_back_in_the_settings(self):
        alias = self.company.dunning_receipt_alias_id
        self.assertEqual(alias.alias_full_name, ADDRESS)
        self.company.dunning_receipt_alias = "proofs@wherever.example"
        self.assertEqual(alias.alias_full_name, "proofs@creditor.example")
        self.assertEqual(self.company.dunning_receipt_domain, "creditor.example")
        self.company.dunning_receipt_alias = False
        self.assertFalse(alias.exists())
        self.assertFalse(self.company.dunning_receipt_alias_id)

    def test_an_address_that_is_taken_is_refused(self):
        other = self.env["res.company"].create({"name": "Other", "alias_domain_id": self.company.alias_domain_id.id})
        with self.assertRaises(UserError):
            other.dunning_receipt_alias = "receipts"


def make_report_of(delivery):
    return email.message_from_bytes(report(original=delivery.message_id), policy=SMTP)
