"""Receipts that a person adds: dropped on their delivery, scanned from paper, or given to it later."""

import base64
from datetime import datetime, timedelta, timezone

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from ..sandbox.seal import Seal
from .common import TODAY
from .proof_common import ProofCommon, make_pdf

PAPER = base64.b64encode(b"%PDF-1.4 scan of the yellow slip").decode()


@freeze_time(TODAY)
class TestReceipts(ProofCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls.make_user("billing", "account.group_account_invoice")

    def drop(self, delivery, *files):
        action = delivery.with_user(self.billing).open_receipts([list(file) for file in files])
        return self.env["account.dunning.receipt.wizard"].with_user(self.billing).browse(action["res_id"])

    def test_a_scan_of_the_slip_serves_the_letter_at_its_first_presentation(self):
        delivery = self.send("registered_letter")
        dialog = self.drop(delivery, ("slip.pdf", PAPER))
        dialog.line_ids.write({"kind": "refusal", "date_event": TODAY})
        dialog.action_add()
        self.assertEqual((delivery.state, delivery.proof_ids.source), ("refused", "scan"))
        self.assertEqual(delivery.proof_ids.file_name, "slip.pdf")
        notice = delivery.notice_id
        self.assertEqual((notice.effective_date, notice.effective_basis), (TODAY, "declared"))

    def test_what_is_no_outcome_changes_nothing(self):
        delivery = self.send("registered_letter")
        dialog = self.drop(delivery, ("deposit.pdf", PAPER))
        dialog.line_ids.kind = "submission"
        dialog.action_add()
        self.assertEqual((delivery.state, delivery.proof_ids.kind), ("sent", "submission"))

    def test_an_outcome_asks_for_its_day_and_refuses_one_to_come(self):
        dialog = self.drop(self.send("registered_letter"), ("slip.pdf", PAPER))
        with self.assertRaisesRegex(UserError, "slip.pdf: enter the day"):
            dialog.action_add()
        dialog.line_ids.date_event = TODAY + timedelta(days=1)
        with self.assertRaisesRegex(UserError, "still to come"):
            dialog.action_add()
        self.assertFalse(self.proofs.search([]))

    def test_without_a_file_nothing_is_added(self):
        with self.assertRaisesRegex(UserError, "Add a file first"):
            self.drop(self.send("registered_letter")).action_add()

    def test_several_files_at_once(self):
        delivery = self.send("registered_letter")
        other = base64.b64encode(b"%PDF-1.4 deposit").decode()
        dialog = self.drop(delivery, ("slip.pdf", PAPER), ("deposit.pdf", other))
        dialog.line_ids[0].write({"kind": "receipt", "date_event": TODAY})
        dialog.line_ids[1].write({"kind": "submission"})
        dialog.action_add()
        self.assertEqual(set(delivery.proof_ids.mapped("kind")), {"receipt", "submission"})
        self.assertEqual(delivery.state, "received")

    def test_the_day_of_a_sealed_receipt_is_proposed_and_it_counts_by_its_seal(self):
        delivery = self.send("qualified_registered_email")
        seal = Seal.make(datetime(2026, 1, 1, tzinfo=timezone.utc))
        root = base64.b64encode(seal.root_pem)
        self.env["account.dunning.trust.root"].create({"certificate": root, "company_id": self.company.id})
        signed = seal.sign_pdf(make_pdf(f"Receipt {delivery.uuid}"), datetime(2026, 3, 31, 9, tzinfo=timezone.utc))
        dialog = self.drop(delivery, ("receipt.pdf", base64.b64encode(signed).decode()))
        self.assertEqual(dialog.line_ids.date_event, TODAY)
        dialog.action_add()
        self.assertEqual((delivery.proof_ids.seal_state, delivery.state), ("trusted", "received"))
        self.assertEqual(delivery.notice_id.effective_basis, "proved")

    def test_a_root_that_is_installed_later_is_enough_for_another_look(self):
        delivery = self.send("qualified_registered_email")
        seal = Seal.make(datetime(2026, 1, 1, tzinfo=timezone.utc))
        signed = seal.sign_pdf(make_pdf(f"Receipt {delivery.uuid}"), datetime(2026, 3, 31, 9, tzinfo=timezone.utc))
        proof = self.receive(delivery, "receipt", content=signed, source="upload")
        self.assertEqual((proof.seal_state, delivery.state), ("intact", "sent"))
        self.assertIn("add the provider's root certificate", proof.problem)
        root = base64.b64encode(seal.root_pem)
        self.env["account.dunning.trust.root"].create({"certificate": root, "company_id": self.company.id})
        proof.with_user(self.billing).action_check_again()
        self.assertEqual((proof.seal_state, delivery.state), ("trusted", "received"))

    def test_a_receipt_that_was_changed_is_shown_as_broken_and_somebody_looks(self):
        delivery = self.send()
        seal = Seal.make(datetime(2026, 1, 1, tzinfo=timezone.utc))
        signed = seal.sign_pdf(make_pdf("Receipt"), datetime(2026, 3, 30, 9, tzinfo=timezone.utc))
        proof = self.receive(delivery, "receipt", content=signed + b"\nadded")
        self.assertEqual((proof.seal_state, proof.counts, delivery.state), ("broken", False, "sent"))
        self.assertIn("check_proof", self.tasks(delivery))

    def test_a_genuine_receipt_of_something_else_proves_nothing_here(self):
        """Trusted is who sealed it, not what somebody says that it is."""
        delivery = self.send("qualified_registered_email")
        seal = Seal.make(datetime(2026, 1, 1, tzinfo=timezone.utc))
        root = base64.b64encode(seal.root_pem)
        self.env["account.dunning.trust.root"].create({"certificate": root, "company_id": self.company.id})
        signed = seal.sign_pdf(make_pdf("Invoice of somebody else"), datetime(2026, 3, 31, tzinfo=timezone.utc))
        proof = self.receive(delivery, "receipt", content=signed, source="upload")
        self.assertEqual((proof.seal_state, proof.counts, delivery.state), ("trusted", False, "sent"))

    def test_the_same_file_forwarded_before_is_declared_by_who_says_what_it_is(self):
        delivery = self.send("registered_letter")
        self.receive(delivery, "other", content=base64.b64decode(PAPER), source="mail")
        dialog = self.drop(delivery, ("slip.pdf", PAPER))
        dialog.line_ids.write({"kind": "receipt", "date_event": TODAY})
        dialog.action_add()
        self.assertEqual(delivery.state, "received")
        self.assertEqual(set(delivery.proof_ids.mapped("kind")), {"other", "receipt"})

    def test_a_day_before_it_left_is_refused(self):
        dialog = self.drop(self.send("registered_letter"), ("slip.pdf", PAPER))
        dialog.line_ids.date_event = TODAY - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "it had not left yet"):
            dialog.action_add()

    def test_an_auditor_looks_again_and_moves_nothing(self):
        delivery = self.send()
        proof = self.receive(delivery, "receipt", source="upload")
        self.env.cr.execute("UPDATE account_dunning_proof SET source = 'collection' WHERE id = %s", [proof.id])
        self.env.invalidate_all()
        auditor = self.make_user("auditor2", "account_dunning.group_dunning_auditor")
        proof.with_user(auditor).action_check_again()
        self.assertEqual(delivery.state, "sent")
        proof.with_user(self.billing).action_check_again()
        self.assertEqual(delivery.state, "received")

    def test_receipts_of_several_companies_are_assigned_apart(self):
        other = self.env["res.company"].create({"name": "Other"})
        ours = self.proofs._receive(b"%PDF-1.4 ours", source="mail", company=self.company)
        theirs = self.proofs._receive(b"%PDF-1.4 theirs", source="mail", company=other)
        with self.assertRaisesRegex(UserError, "one company at a time"):
            (ours | theirs).action_open_assigning()
        with self.assertRaisesRegex(UserError, "another company"):
            theirs._assign(self.send())

    def test_no_certificate_is_refused_with_what_to_choose(self):
        with self.assertRaisesRegex(UserError, "choose the provider's root certificate"):
            self.env["account.dunning.trust.root"].create({"certificate": base64.b64encode(b"hello")})

    def test_an_orphan_is_given_to_its_delivery(self):
        delivery = self.send()
        orphan = self.proofs._receive(b"%PDF-1.4 x", source="mail", company=self.company, file_name="x.pdf")
        action = orphan.with_user(self.billing).action_open_assigning()
        dialog = self.env["account.dunning.assign.wizard"].with_user(self.billing).browse(action["res_id"])
        with self.assertRaisesRegex(UserError, "Choose the delivery first"):
            dialog.action_assign()
        dialog.write({"delivery_id": delivery.id, "kind": "refusal"})
        for day, refusal in ((False, "enter the day"), (TODAY - timedelta(days=1), "it had not left yet")):
            dialog.date_event = day
            with self.subTest(refusal), self.assertRaisesRegex(UserError, f"x.pdf: .*{refusal}"):
                dialog.action_assign()
        dialog.date_event = TODAY
        dialog.action_assign()
        self.assertEqual((orphan.delivery_id, delivery.state), (delivery, "refused"))

    def test_who_may_not_write_the_delivery_adds_nothing(self):
        delivery = self.send()
        auditor = self.make_user("auditor", "account_dunning.group_dunning_auditor")
        with self.assertRaises(UserError):
            delivery.with_user(auditor).open_receipts([["slip.pdf", PAPER]])
