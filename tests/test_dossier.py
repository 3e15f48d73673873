"""The dossier of a case, read back from the ZIP that a user downloads, and checked by the program in it."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..models import account_dunning_dossier_papers
from ..models.letter_dates import format_day
from .common import TODAY, DunningCommon
from .pdf_reading import read_pages


class DossierCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")
        cls.auditor = cls.make_user("auditor", "account_dunning.group_dunning_auditor")
        cls.customer.company_registry = "732829320"
        cls.customer.is_company = True

    # === What there is === #

    def make_history(self, **vals):
        """A reminder by e-mail and a formal notice by registered letter; paid in part between the two."""
        self.catch_mails()
        self.invoice = self.make_invoice(1000.0, days=40, **vals)
        self.reminder = self.issue(self.email)
        self.deliver()
        self.pay(self.invoice, 300.0)
        self.issue(self.email)
        self.deliver()
        self.formal_notice = self.issue(self.registered)
        self.posted = self.formal_notice.delivery_ids
        self.posted.action_mark_posted(tracking_number="1A 234 567 8901 2")
        self.case = self.reminder.case_id
        return self.case

    def issue(self, channel):
        by_hand = self.env["account.dunning.by.hand"].with_company(self.company)
        issued, waiting = by_hand._issue(self.company, self.invoice, channel=channel)
        waiting.action_approve()
        waiting.filtered(lambda notice: notice.state == "approved").action_issue()
        return issued or waiting

    def deliver(self):
        with self.job() as env:
            env["account.dunning.outbox"]._deliver_company(self.company.with_env(env))

    def attach(self, name, content, move=None):
        move = move or self.invoice
        vals = {"name": name, "raw": content, "res_model": "account.move", "res_id": move.id}
        return self.env["ir.attachment"].create(vals)

    # === What a user does === #

    def dialog(self, records=None, user=None, **vals):
        records = self.case if records is None else records
        active = {"active_model": records._name, "active_ids": records.ids, "active_id": records[:1].id}
        wizard = self.env["account.dunning.dossier.wizard"].with_user(user or self.clerk).with_context(**active)
        vals = {"recipient": "Maître Durand", "reason": "No answer", "lang": "en_US", **vals}
        return wizard.with_company(self.company).create(vals)

    def export(self, *arguments, **vals):
        """The bytes of the ZIP."""
        dialog = self.dialog(*arguments, **vals)
        action = dialog.action_export()
        self.action = action
        return self.get_download(action).with_user(dialog.env.user).raw

    def files(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def manifest(self, content):
        return json.loads(self.files(content)["manifest.json"])

    def titles(self, content):
        return [piece["title"] for piece in self.manifest(content)["pieces"]]

    def text(self, content, name):
        """The words of a PDF in the ZIP, with plain blanks."""
        return " ".join(" ".join(read_pages(self.files(content)[name])).split())

    def verify(self, content):
        """(exit status, what it says) of the program in the dossier, where it was unpacked."""
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(folder)
            command = [sys.executable, "-I", str(Path(folder, "verify.py"))]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertFalse(done.stderr)
        return done.returncode, done.stdout

    def log(self):
        return self.env["account.dunning.export"].search([], limit=1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDossier(DossierCommon):
    def make_everything(self):
        """A case on which everything happened that a dossier tells of."""
        self.make_history()
        order = self.attach("Order 12.pdf", b"%PDF-1.7 order")
        annex = {"move_id": self.invoice.id, "attachment_id": order.id, "kind": "order"}
        self.env["account.dunning.annex"].create(annex)
        self.make_credit_note(50.0)
        call = {"case_id": self.case.id, "kind": "call", "person": "Mr. Roux", "outcome": "cash", "note": "Pays in May"}
        self.env["account.dunning.contact"].create(call)
        self.hold("dispute", category="Two hours too many", amount=20)
        self.hold("promise", date_until=TODAY + timedelta(days=9), amount=100)
        self.env["account.dunning.interruption"].create(
            {
                "case_id": self.case.id,
                "date": TODAY,
                "document": base64.b64encode(b"%PDF-1.7 I owe it"),
                "document_name": "acknowledgement.pdf",
            }
        )
        self.reply = self.case.message_post(
            body="We shall pay soon.",
            subject="Your reminder",
            message_type="email",
            author_id=self.customer.id,
            email_from=self.customer.email_formatted,
            attachments=[("transfer.pdf", b"%PDF-1.7 transfer")],
        )
        self.proof = self.receive(self.posted, b"%PDF-1.7 receipt")

    def hold(self, kind, **vals):
        return self.env["account.dunning.hold"].create({"case_id": self.case.id, "kind": kind, **vals})

    def receive(self, delivery, content, kind="receipt", source="scan"):
        proofs = self.env["account.dunning.proof"]
        words = {"kind": kind, "file_name": f"{kind}.pdf"}
        return proofs._receive(content, source=source, company=delivery.company_id, delivery=delivery, **words)

    # === What is in it === #

    def test_all_pieces_are_in_it(self):
        self.make_everything()
        content = self.export()
        titles = self.titles(content)
        for words in (
            "Order: Order 12.pdf",
            f"Invoice {self.invoice.name}",
            "Credit note",
            "Statement of account",
            "Computation of interest",
            "Level 3 REL/2026/00003: letter",
            "E-mail to debtor@debtor.example",
            "proof, receipt",
            "Table of what was sent",
            "Log of calls",
            "Message of the debtor",
            "Enclosed in the message",
            "Promises, disputes",
            "Acknowledgement by the customer: acknowledgement.pdf",
        ):
            self.assertTrue([title for title in titles if words in title], words)
        bodies = list(self.files(content).values())
        for stored in (
            self.formal_notice.document_id.raw,
            self.reminder.delivery_ids.content_id.raw,
            b"%PDF-1.7 order",
            b"%PDF-1.7 receipt",
            b"%PDF-1.7 transfer",
            b"%PDF-1.7 I owe it",
        ):
            self.assertIn(stored, bodies)
        self.assertEqual(self.verify(content)[0], 0)

    def test_the_list_of_pieces_names_each_with_its_sum(self):
        self.make_everything()
        content = self.export()
        text = self.text(content, "bordereau.pdf")
        unbroken = text.replace(" ", "")
        for piece in self.manifest(content)["pieces"]:
            self.assertIn(piece["sha256"], unbroken)
            self.assertIn(piece["title"].replace(" ", "").replace("\u00a0", ""), unbroken.replace("\u00a0", ""))
        for words in (
            "List of pieces",
            "Maître Durand",
            "SIREN 732 829 320",
            "2 rue du Port",
            "Represented by Anne Durand",
        ):
            self.assertIn(words, text)

    def test_the_summary_splits_the_claim_as_of_the_day(self):
        self.company.country_id = self.customer.country_id = self.env.ref("base.fr")
        self.customer.debtor_kind = "business"
        self.make_history()
        text = self.text(self.export(target="court"), "summary.pdf")
        late = self.env["account.late.interest"]._get_late(self.company, TODAY, self.invoice.ids)
        interest, compensation = (
            sum(getattr(one, name) for one in late.values()) for name in ("interest", "compensation")
        )
        self.assertTrue(interest)
        self.assertEqual(compensation, 40)
        for amount in (700, interest, compensation, 700 + interest + compensation):
            self.assertIn(f"{amount:,.2f}", text)
        self.assertIn("Amounts claimed in the petition", text)
        self.assertIn("commercial court", text)

    def test_an_earlier_day_shows_what_was_owed_then(self):
        self.make_history()
        with self.on(10):
            self.pay(self.invoice, 400.0)
            self.assertIn("$ 700.00", self.text(self.export(date=TODAY), "summary.pdf"))
            self.assertIn("$ 300.00", self.text(self.export(), "summary.pdf"))

    def test_the_same_day_and_data_give_the_same_bytes(self):
        self.make_everything()
        self.assertEqual(self.export(), self.export())

    def test_a_message_keeps_its_words(self):
        self.make_everything()
        name = next(name for name in self.files(self.export()) if name.endswith(".txt") and name.startswith("pieces/"))
        text = self.files(self.export())[name].decode()
        self.assertIn("We shall pay soon.", text)
        self.assertIn(f"Message-ID: {self.reply.message_id}", text)

    def test_days_are_those_of_the_company(self):
        """At noon in UTC it is the next day already in Auckland."""
        self.make_everything()
        noon = datetime.combine(TODAY, time(12))
        self.reply.date = noon
        self.proofs_at(noon)
        self.company.dunning_tz = "Pacific/Auckland"
        found = self.manifest(self.export(date=TODAY))["pieces"]
        days = {piece["date"] for piece in found if "proof, content" in piece["title"] or "Message" in piece["title"]}
        self.assertEqual(days, {str(TODAY + timedelta(days=1))})

    def proofs_at(self, moment):
        facts = {"source": "upload", "company": self.company, "delivery": self.posted, "kind": "content"}
        self.proof._receive(b"%PDF-1.7 content", event_time=moment, **facts)

    def test_chosen_notices_make_a_smaller_dossier(self):
        self.make_everything()
        other = self.make_invoice(77.0, days=9)
        content = self.export(self.formal_notice)
        titles = " ".join(self.titles(content))
        self.assertIn(self.formal_notice.name, titles)
        self.assertNotIn(self.reminder.name, titles)
        self.assertNotIn(other.name, titles)
        self.assertIn("not the whole case", self.text(content, "bordereau.pdf"))
        self.assertEqual(self.log().notice_ids, self.formal_notice)

    def test_an_invoice_is_never_written(self):
        self.make_history()
        self.env.flush_all()
        written = self.invoice.write_date
        self.export()
        self.env.flush_all()
        self.invoice.invalidate_recordset()
        self.assertEqual(self.invoice.write_date, written)
        self.assertFalse(self.invoice.is_move_sent)
        self.assertFalse(self.invoice.invoice_pdf_report_id)

    # === What is missing === #

    def test_what_is_missing_is_named_with_what_to_do(self):
        self.customer.company_registry = False
        self.make_history()
        content = self.export()
        missing = {gap["title"]: gap["remedy"] for gap in self.manifest(content)["missing"]}
        for words in ("SIREN of the debtor", "Contract or order", "Signed delivery note", "acknowledgement of receipt"):
            (title,) = [title for title in missing if words in title]
            self.assertTrue(missing[title])
            self.assertIn(title.split(":")[0], self.text(content, "bordereau.pdf"))

    def test_nothing_is_named_that_is_there(self):
        self.make_everything()
        missing = " ".join(gap["title"] for gap in self.manifest(self.export())["missing"])
        self.assertNotIn("Contract or order", missing)
        self.assertNotIn("Formal notice", missing)
        self.assertNotIn("SIREN", missing)

    def test_without_a_formal_notice_it_says_so(self):
        self.catch_mails()
        self.invoice = self.make_invoice(1000.0, days=40)
        self.case = self.issue(self.email).case_id
        self.assertIn("Formal notice", [gap["title"] for gap in self.manifest(self.export())["missing"]])

    def test_a_letter_that_was_changed_is_named_and_never_replaced(self):
        self.make_history()
        self.spoil(self.formal_notice.document_id, b"%PDF-1.7 something else")
        content = self.export()
        said = self.action["params"]
        self.assertEqual(said["type"], "danger")
        self.assertIn("is not the one that was recorded", said["message"])
        self.assertIn("CHANGED", self.text(content, "bordereau.pdf"))
        self.assertIn(b"%PDF-1.7 something else", self.files(content).values())
        self.assertIn("CHANGED", self.log().remark)
        status, said = self.verify(content)
        self.assertEqual(status, 1)
        self.assertIn(self.formal_notice.document_sha256, said)

    def test_a_letter_that_is_gone_is_named_with_its_sum(self):
        self.make_history()
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            self.spoil(self.formal_notice.document_id, None)
            content = self.export()
        (gap,) = [gap for gap in self.manifest(content)["missing"] if gap["sha256"]]
        self.assertEqual(gap["sha256"], self.formal_notice.document_sha256)
        self.assertIn(gap["sha256"], self.text(content, "bordereau.pdf").replace(" ", ""))

    def spoil(self, attachment, content):
        """Below Odoo: the file itself, a copy of its own first, since equal files are one."""
        path = Path(attachment._full_path(attachment.store_fname))
        kept = path.read_bytes()
        self.addCleanup(path.write_bytes, kept)
        path.unlink()
        if content is not None:
            path.write_bytes(content)

    # === Proofs === #

    def test_proofs_are_told_with_their_place_and_nobody_else_is_named(self):
        self.make_history()
        other = self.make_customer("Other Company")
        invoice = self.make_invoice(500.0, days=40, partner=other)
        by_hand = self.env["account.dunning.by.hand"].with_company(self.company)
        issued, _waiting = by_hand._issue(self.company, invoice, channel=self.letter)
        foreign = issued.delivery_ids
        foreign.action_mark_posted()
        self.receive(foreign, b"%PDF-1.7 of another", kind="other")
        self.receive(self.posted, b"%PDF-1.7 ours")
        self.receive(foreign, b"%PDF-1.7 of another again", kind="other")
        content = self.export()
        records = [json.loads(line) for line in self.files(content)["chain.jsonl"].splitlines()]
        self.assertEqual(["values" in record for record in records], [False, True, False])
        for name, body in self.files(content).items():
            self.assertNotIn(b"Other Company", body, name)
            self.assertNotIn(foreign.uuid.encode(), body, name)
            self.assertNotIn(issued.name.encode(), body, name)
        status, said = self.verify(content)
        self.assertEqual(status, 0, said)
        self.assertIn("1 records with their content, 2 by their place alone", said)
        log = self.log()
        self.assertEqual((log.first_sequence, log.last_sequence, log.head_sequence), (2, 2, 3))
        self.assertEqual(log.head_hash, records[-1]["record_hash"])

    def test_a_proof_counts_as_exported(self):
        self.make_everything()
        self.assertFalse(self.proof.date_exported)
        self.export()
        self.assertTrue(self.proof.date_exported)

    def test_a_proof_that_was_changed_on_disk_is_named(self):
        self.make_everything()
        self.spoil(self.proof.attachment_id, b"%PDF-1.7 receipd")
        status, said = self.verify(self.export())
        self.assertEqual(status, 1)
        self.assertIn("Record 1: its file is not the one that was received", said)

    def test_a_proof_whose_file_is_gone_cannot_be_checked(self):
        self.make_everything()
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            self.spoil(self.proof.attachment_id, None)
            status, said = self.verify(self.export())
        self.assertEqual(status, 2, said)
        self.assertIn("Record 1: its file was not there", said)

    def test_an_orphan_that_was_assigned_is_told_with_its_assignment(self):
        self.make_history()
        proofs = self.env["account.dunning.proof"]
        orphan = proofs._receive(b"%PDF-1.7 orphan", source="mail", company=self.company, kind="receipt")
        orphan._assign(self.posted)
        content = self.export()
        self.assertIn(b"%PDF-1.7 orphan", self.files(content).values())
        status, said = self.verify(content)
        self.assertEqual(status, 0, said)
        self.assertIn("2 records with their content, 0 by their place alone", said)

    def test_a_test_service_proves_nothing(self):
        self.make_everything()
        self.posted.is_test = True
        self.assertIn("WITHOUT VALUE", self.text(self.export(), "bordereau.pdf"))

    def test_what_of_a_test_service_is_marked_wherever_it_is_told(self):
        """By its own record, too, whatever its delivery says."""
        self.make_everything()
        self.posted.is_test = True
        proof = self.receive(self.posted, b"%PDF-1.7 of a test", kind="content")
        self.posted.is_test = False
        content = self.export()
        pieces = {piece["record"]: piece["remark"] for piece in self.manifest(content)["pieces"] if piece["record"]}
        self.assertEqual(pieces, {self.proof.sequence: "", proof.sequence: "TEST - WITHOUT VALUE"})
        status, said = self.verify(content)
        self.assertEqual(status, 0, said)
        self.assertIn(f"Record {proof.sequence}: TEST - WITHOUT VALUE", said)
        self.assertNotIn(f"Record {self.proof.sequence}: TEST", said)

    def test_an_erased_proof_is_named_as_erased(self):
        self.make_everything()
        self.proof._erase("Asked for by the customer")
        content = self.export()
        status, said = self.verify(content)
        self.assertEqual(status, 0, said)
        [missing] = [one for one in self.manifest(content)["missing"] if "Erased" in one["remedy"]]
        self.assertIn("proof, receipt", missing["title"])
        self.assertIn("Erased, as the chain of proofs says: its record 1", self.text(content, "bordereau.pdf"))

    def test_the_table_tells_presentation_outcome_and_its_day(self):
        self.make_everything()
        self.posted.sudo().write({"state": "received", "date_presented": TODAY - timedelta(days=3)})
        [one] = self.env["account.dunning.dossier"]._get_left(self.formal_notice)
        row = self.env["account.dunning.dossier"]._get_sending(one)
        presented = format_day(self.env, TODAY - timedelta(days=3))
        self.assertEqual(row[4:], [presented, "Received", presented])
        self.posted.sudo().date_notified = TODAY - timedelta(days=2)
        row = self.env["account.dunning.dossier"]._get_sending(one)
        self.assertEqual(row[4], format_day(self.env, TODAY - timedelta(days=2)))

    def test_an_address_breaks_behind_its_signs_only(self):
        cell = account_dunning_dossier_papers._style("bookkeeping.department@creditor-company.example")
        parts = cell["text"].split("<wbr/>")
        self.assertEqual(parts, ["bookkeeping.", "department@", "creditor-", "company.", "example"])
        cell = account_dunning_dossier_papers._style("<b>" + "a" * 30)
        self.assertEqual(cell["text"], "&lt;b&gt;" + "a" * 19 + "<wbr/>" + "a" * 11)

    # === The log === #

    def test_every_export_is_logged_for_good(self):
        self.make_history()
        content = self.export(target="bailiff", reason="No answer for a month")
        log = self.log()
        self.assertEqual(log.sha256, hashlib.sha256(content).hexdigest())
        self.assertEqual(log.fingerprint, hashlib.sha256(self.files(content)["SHA256SUMS"]).hexdigest())
        self.assertRecordValues(
            log,
            [{"user_id": self.clerk.id, "target": "bailiff", "recipient": "Maître Durand", "case_id": self.case.id}],
        )
        self.assertIn("No answer for a month", self.case.message_ids[0].body)
        self.assertEqual(self.case.message_ids[0].author_id, self.clerk.partner_id)
        for user in (self.env.user, self.clerk, self.make_user("chief", "account_dunning.group_dunning_manager")):
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_model"):
                log.with_user(user).write({"reason": "another"})
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_model"):
                log.with_user(user).unlink()
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_model"):
                log.with_user(user).copy()

    def test_why_and_for_whom_must_be_said(self):
        self.make_history()
        for missing in ("recipient", "reason", "target", "date"):
            form = Form(self.dialog().browse().with_context(self.dialog().env.context))
            form.recipient, form.reason = "Maître Durand", "No answer"
            setattr(form, missing, False)
            with self.assertRaises(AssertionError):
                form.save()

    def test_a_day_to_come_is_refused(self):
        self.make_history()
        with self.assertRaises(UserError):
            self.export(date=TODAY + timedelta(days=1))

    def test_the_dialog_says_what_goes_in_and_what_lacks(self):
        self.make_history()
        summary = self.dialog().summary
        self.assertIn("Invoices and credit notes", summary)
        self.assertIn("Contract or order", summary)

    # === Who may === #

    def test_an_auditor_exports_and_reads_the_log(self):
        self.make_history()
        content = self.export(user=self.auditor)
        self.assertEqual(self.verify(content)[0], 0)
        log = self.log().with_user(self.auditor)
        self.assertEqual(log.read(["reason"])[0]["reason"], "No answer")

    def test_a_billing_user_exports_and_does_not_read_the_log(self):
        self.make_history()
        self.export()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.log().with_user(self.clerk).read(["reason"])

    def test_others_and_other_companies_export_nothing(self):
        self.make_history()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.make_user("elsewhere", "account.group_account_invoice", company=company)
        stranger = self.make_user("stranger", "base.group_user")
        for user in (elsewhere, stranger):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model", "odoo.models"):
                wizard = self.env["account.dunning.dossier.wizard"].with_user(user)
                vals = {"case_id": self.case.id, "recipient": "x", "reason": "x", "lang": "en_US", "date": TODAY}
                wizard.create(vals).action_export()
        self.assertFalse(self.log())

    def test_drafts_and_notices_of_several_customers_are_refused(self):
        self.make_history()
        other = self.make_customer("Other")
        self.make_invoice(days=6, partner=other)
        self.night()
        draft = self.notices("draft", "approved", partner=other)
        self.assertTrue(draft)
        with self.assertRaises(UserError):
            self.dialog(draft | self.reminder)
        dialog = self.dialog(self.case, notice_ids=[Command.set(draft.ids)])
        self.assertIn("choose notices of this case only", dialog.summary)
        with self.assertRaisesRegex(UserError, "of this case only"):
            dialog.action_export()
        with self.assertRaisesRegex(UserError, "of this case only"):
            self.env["account.dunning.dossier"]._ask(self.case, draft, day=TODAY, target="other", recipient="x")
        dialog = self.dialog(draft)
        self.assertIn("a draft was not sent", dialog.summary)
        with self.assertRaises(UserError):
            dialog.action_export()

    # === The whole chain === #

    def test_the_whole_chain_goes_out_with_what_has_no_case(self):
        self.make_everything()
        proofs = self.proof.browse()
        orphan = proofs._receive(b"%PDF-1.7 orphan", source="mail", company=self.company)
        chain = self.proof.chain_id
        action = chain.with_user(self.auditor).action_export()
        file = self.get_download(action)
        content = file.with_user(self.auditor).raw
        self.assertLessEqual({b"%PDF-1.7 orphan", b"%PDF-1.7 receipt"}, set(self.files(content).values()))
        status, said = self.verify(content)
        self.assertEqual(status, 0, said)
        self.assertIn("2 records with their content, 0 by their place alone", said)
        self.assertTrue(all((self.proof | orphan).mapped("date_exported")))
        self.assertEqual(chain.anchor_ids.sorted("id")[-1].detail, self.auditor.name)
        self.env["ir.module.module"]._check_proofs_exported()
        log = self.log()
        self.assertTrue(log.is_whole_chain)
        self.assertEqual((log.user_id, log.recipient, log.company_id), (self.auditor, self.auditor.name, self.company))
        self.assertEqual((log.first_sequence, log.last_sequence, log.head_hash), (1, 2, chain.record_hash))
        self.assertEqual((log.sha256, log.size), (hashlib.sha256(content).hexdigest(), len(content)))
        self.assertIn(log.fingerprint, said)

    def test_a_chain_whose_letter_is_gone_is_exported_and_says_so(self):
        self.make_everything()
        letter = self.formal_notice.document_id
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            self.spoil(letter, None)
            packed = self.proof.chain_id._pack().content
        self.assertIn(self.formal_notice.name, str(self.manifest(packed)["missing"]))

    def test_a_billing_user_exports_no_chain(self):
        self.make_everything()
        with self.assertRaises(AccessError):
            self.proof.chain_id.with_user(self.clerk).action_export()
        self.assertFalse(self.proof.date_exported)
