"""What is kept, until when, and how the file of a proof ends: by two persons, and by a record of the chain."""

from dateutil.relativedelta import relativedelta
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..core.chain import ERASED_WITHOUT_RECORD, verify
from ..models.stored_bytes import find_file
from .common import TODAY
from .proof_common import ProofCommon

LATER = TODAY + relativedelta(years=10, days=2)
MANAGER = ("account.group_account_invoice", "account_dunning.group_dunning_manager")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class ErasureCommon(ProofCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.bruno = (cls.make_user(login, *MANAGER) for login in ("anna", "bruno"))
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    def setUp(self):
        super().setUp()
        self.delivery = self.send()
        self.proof = self.receive(self.delivery, note="He refused it at the door")
        self.case = self.delivery.notice_id.case_id
        self.chain = self.proof.chain_id

    def close(self):
        self.pay(self.invoice)
        self.case._close()

    def ask(self, ground="retention", proof=None, user=None):
        erasures = self.env["account.dunning.erasure"].with_user(user or self.anna)
        return erasures._ask((proof or self.proof).with_user(user or self.anna), ground, "Reference 2026-014")

    def release(self, erasure, user=None):
        self.env.flush_all()
        erasure.with_user(user or self.bruno).action_release()

    def verify(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return verify(self.chain.uuid, self.chain._read_records(), self.chain._get_head())


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRetention(ErasureCommon):
    def due(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.proofs.search([("is_due", "=", True)])

    def test_nothing_is_due_while_the_case_is_open(self):
        self.assertFalse(self.proof.retain_until)
        with freeze_time(LATER):
            self.assertFalse(self.due())

    def test_it_is_due_when_the_years_of_the_company_are_over(self):
        self.close()
        self.assertEqual(self.proof.retain_until, TODAY + relativedelta(years=10))
        with freeze_time(TODAY + relativedelta(years=10)):
            self.assertFalse(self.due(), "the last day")
        with freeze_time(TODAY + relativedelta(years=10, days=1)):
            self.assertEqual(self.due(), self.proof)

    def test_it_is_kept_to_the_end_of_the_limitation_if_that_is_later(self):
        self.company.write({"dunning_proof_years": 1, "dunning_law_country_id": self.env.ref("base.fr").id})
        self.customer.debtor_kind = "business"
        self.close()
        last_day = max(self.delivery.notice_id._get_claimed_lines().item_id.mapped("limitation_date"))
        self.assertGreater(last_day, TODAY + relativedelta(years=1))
        self.assertEqual(self.proof.retain_until, last_day)

    def test_a_legal_hold_keeps_it(self):
        self.close()
        self.case.write({"legal_hold": True, "legal_hold_reason": "Before the court"})
        with freeze_time(LATER):
            self.assertFalse(self.due())

    def test_an_orphan_is_due_by_its_age(self):
        orphan = self.proofs._receive(b"%PDF-1.4 whose", source="mail", company=self.company)
        with freeze_time(LATER):
            self.assertEqual(self.due(), orphan)

    def test_each_company_has_its_own_years(self):
        other = self.env["res.company"].create({"name": "Other", "dunning_proof_years": 1})
        theirs = self.proofs._receive(b"%PDF-1.4 theirs", source="mail", company=other)
        ours = self.proofs._receive(b"%PDF-1.4 ours", source="mail", company=self.company)
        with freeze_time(TODAY + relativedelta(years=2)):
            self.assertIn(theirs, self.due())
            self.assertNotIn(ours, self.due())


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLegalHold(ErasureCommon):
    def test_a_manager_sets_it_with_a_reason_and_the_log_tells(self):
        self.env.flush_all()
        self.env.cr.precommit.run()  # of what was made in this transaction Odoo tracks nothing
        case = self.case.with_user(self.anna).with_context(tracking_disable=False, mail_notrack=False)
        with self.assertRaisesRegex(ValidationError, "Say why"):
            case.write({"legal_hold": True})
        case.write({"legal_hold": True, "legal_hold_reason": "Before the court"})
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        values = self.case.message_ids.sudo().tracking_value_ids
        self.assertIn("legal_hold", values.field_id.mapped("name"))
        self.assertIn("Before the court", values.mapped("new_value_char"))

    def test_a_billing_user_does_neither_set_it_nor_take_it_off(self):
        self.case.write({"legal_hold": True, "legal_hold_reason": "Before the court"})
        case = self.case.with_user(self.clerk)
        for vals in ({"legal_hold": False}, {"legal_hold_reason": "x"}):
            with self.assertRaises(AccessError):
                case.write(vals)
        case.write({"user_id": self.clerk.id})


@tagged("post_install", "-at_install")
@freeze_time(LATER)
class TestErasure(ErasureCommon):
    """Ten years later; the notice was sent then, its case is closed by each test that needs it."""

    def setUp(self):
        with freeze_time(TODAY):
            super().setUp()
            self.other = self.receive(self.delivery, "content")
            self.close()

    def test_two_persons_end_the_file_and_what_is_personal(self):
        file = self.proof.attachment_id
        path = file._full_path(file.store_fname)
        documents = self.delivery.notice_id.document_id | self.delivery.content_id
        kept = {document: find_file(document) for document in documents}
        before = {name: self.proof[name] for name in ("sha256", "size", "digests", "record_hash", "kind", "event_time")}
        erasure = self.ask()
        self.assertTrue(file.exists() and self.proof.addressee, "asking erases nothing")
        self.release(erasure)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.proof.is_erased)
        self.assertFalse(file.exists())
        for name in ("addressee", "file_name", "note", "salt", "attachment_id"):
            self.assertFalse(self.proof[name], name)
        self.assertEqual({name: self.proof[name] for name in before}, before)
        self.collect_garbage()
        self.assertFalse(path_exists(path))
        self.assertTrue(self.other.attachment_id.raw and self.other.addressee)
        self.assertEqual({document: find_file(document) for document in documents}, kept)
        self.assertIsNone(self.verify())
        verification = self.env["account.dunning.verification"].create({"chain_id": self.chain.id})
        verification.action_verify()
        self.assertEqual(verification.state, "intact", verification.answer)

    def collect_garbage(self):
        """What Odoo does every night, without its commits, which a test must not do."""
        self.env.flush_all()
        self.env["ir.attachment"]._gc_file_store_unsafe()

    def test_the_record_says_who_and_why_and_nothing_of_the_debtor(self):
        erasure = self.ask()
        self.release(erasure)
        record = erasure.sudo().record_id
        self.assertEqual((record.kind, record.refers_to, record.source), ("erasure", self.proof.uuid, "record"))
        self.assertEqual(self.proof.erased_under, record.sequence)
        self.assertEqual(record.sequence, self.chain.sequence)
        for word in ("anna", "bruno", "Reference 2026-014"):
            self.assertIn(word, record.note)
        said = str(record.read()) + str(record._get_sealed_values())
        for word in ("Debtor", "Marseille", "debtor.example", self.delivery.uuid):
            self.assertNotIn(word, said)
        self.assertEqual((erasure.state, erasure.decided_by_id), ("released", self.bruno))

    def test_an_erasure_without_its_record_is_found(self):
        self.proof._record_erased()
        self.assertEqual(self.verify().kind, ERASED_WITHOUT_RECORD)

    def test_what_was_sealed_cannot_be_told_from_the_digests_any_more(self):
        salt = self.proof.salt
        self.release(self.ask())
        record = self.proof._read_record()
        self.assertNotIn(salt, str(record))
        self.assertFalse(record.values["addressee"] or record.salt)

    def test_of_a_file_that_another_proof_has_too_only_this_one_ends(self):
        second = self.proofs._receive(b"%PDF-1.4 both", source="upload", company=self.company)
        other_company = self.env["res.company"].create({"name": "Other"})
        with freeze_time(TODAY):
            third = self.proofs._receive(b"%PDF-1.4 both", source="upload", company=other_company)
        path = third.attachment_id._full_path(third.attachment_id.store_fname)
        self.assertEqual(second.attachment_id.store_fname, third.attachment_id.store_fname)
        erasure = self.ask("request", second)
        self.release(erasure)
        self.collect_garbage()
        self.assertTrue(path_exists(path))
        self.assertEqual(third.attachment_id.raw, b"%PDF-1.4 both")
        self.assertIn("attached elsewhere, too (1 times)", erasure.outcome)

    def test_the_record_that_assigned_it_goes_empty_with_it(self):
        with freeze_time(TODAY):
            orphan = self.proofs._receive(b"%PDF-1.4 whose", source="mail", company=self.company)
            orphan._assign(self.delivery)
        assignment = self.proofs.search([("refers_to", "=", orphan.uuid)])
        self.assertIn("Marseille", assignment.addressee)
        self.release(self.ask(proof=orphan))
        self.env.invalidate_all()
        self.assertTrue(assignment.is_erased and orphan.is_erased)
        self.assertFalse(assignment.addressee or orphan.file_name)
        self.assertIsNone(self.verify())

    def test_an_erased_orphan_is_not_to_be_assigned(self):
        orphan = self.proofs._receive(b"%PDF-1.4 whose", source="mail", company=self.company)
        self.release(self.ask("request", orphan))
        self.env.invalidate_all()
        self.assertFalse(orphan.is_orphan)
        self.assertNotIn(orphan, self.proofs.search([("is_orphan", "=", True)]))

    # === Both persons === #

    def test_who_asked_does_not_release(self):
        erasure = self.ask()
        with self.assertRaisesRegex(UserError, "another manager"):
            self.release(erasure, self.anna)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            erasure.sudo().write({"state": "released", "decided_by_id": self.anna.id})
            self.env.flush_all()
        self.assertFalse(self.proof.is_erased)

    def test_only_managers_ask_and_release(self):
        auditor = self.make_user("auditor", "account_dunning.group_dunning_auditor")
        erasure = self.ask()
        for user in (self.clerk, auditor):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.ask(proof=self.other, user=user)
                for decide in ("action_release", "action_refuse"):
                    with self.assertRaises(AccessError):
                        getattr(erasure.with_user(user), decide)()
                with self.assertRaises(AccessError):
                    self.env["account.dunning.erasure.wizard"].with_user(user).create(
                        {"proof_ids": self.other.ids, "reason": "x"}
                    )
                self.assertEqual(erasure.with_user(user).read(["state"])[0]["state"], "asked")

    def test_nobody_makes_one_up_in_the_name_of_another(self):
        erasure = self.ask()
        vals = {"proof_id": self.other.id, "ground": "request", "reason": "x", "asked_by_id": self.bruno.id}
        for user in (self.anna, self.env.ref("base.user_admin")):
            for forbidden in (
                lambda user=user: self.env["account.dunning.erasure"].with_user(user).create(vals),
                lambda user=user: erasure.with_user(user).write({"asked_by_id": self.bruno.id}),
                lambda user=user: erasure.with_user(user).write({"state": "released"}),
                lambda user=user: erasure.with_user(user).unlink(),
            ):
                with self.assertRaises(UserError):  # an AccessError is one
                    forbidden()
        with self.assertRaises(UserError):
            erasure.sudo().unlink()

    def test_another_company_sees_and_does_nothing(self):
        erasure = self.ask()
        stranger = self.make_user("stranger", *MANAGER, company=self.env["res.company"].create({"name": "Other"}))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.env["account.dunning.erasure"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.release(erasure, stranger)
        with self.assertRaises(AccessError):
            self.ask(proof=self.other, user=stranger)

    def test_it_is_decided_once(self):
        erasure = self.ask()
        with self.assertRaisesRegex(UserError, "asked for already"):
            self.ask(user=self.bruno)
        self.release(erasure)
        for decide in (erasure.with_user(self.bruno).action_release, erasure.with_user(self.bruno).action_refuse):
            with self.assertRaisesRegex(UserError, "decided already"):
                decide()
        with self.assertRaisesRegex(UserError, "erased already"):
            self.ask()

    def test_who_asked_may_withdraw_and_another_may_refuse(self):
        for user in (self.anna, self.bruno):
            erasure = self.ask()
            erasure.with_user(user).action_refuse()
            self.assertEqual((erasure.state, erasure.decided_by_id), ("refused", user))
            self.assertFalse(self.proof.is_erased)
        self.assertEqual(self.chain.sequence, 2)

    # === What stays === #

    def check_refused(self, said, ground="retention"):
        """Neither asked for nor, where it was asked for before, released."""
        with self.assertRaisesRegex(UserError, said):
            self.ask(ground)
        self.assertFalse(self.proof.is_erased)

    def test_a_legal_hold_refuses_both(self):
        erasure = self.ask()
        self.case.write({"legal_hold": True, "legal_hold_reason": "Before the court"})
        with self.assertRaisesRegex(UserError, "legal hold"):
            self.release(erasure)
        erasure.with_user(self.anna).action_refuse()
        for ground in ("retention", "request"):
            self.check_refused("legal hold", ground)

    def test_an_open_case_refuses_both(self):
        erasure = self.ask()
        self.case.state = "open"
        with self.assertRaisesRegex(UserError, "its case is open"):
            self.release(erasure)
        erasure.with_user(self.anna).action_refuse()
        for ground in ("retention", "request"):
            self.check_refused("its case is open", ground)

    @freeze_time(TODAY)
    def test_before_its_day_only_a_request_of_the_person_counts(self):
        self.check_refused("it is kept until")
        erasure = self.ask("request")
        self.release(erasure)
        self.assertTrue(self.proof.is_erased)
        self.assertIn("GDPR", erasure.sudo().record_id.note)

    @freeze_time(TODAY)
    def test_a_request_does_not_count_while_the_claim_is_not_settled(self):
        self.invoice.line_ids.remove_move_reconcile()
        self.check_refused("not settled", "request")

    def test_a_record_of_the_chain_is_not_erased_alone(self):
        self.release(self.ask())
        record = self.proofs.search([("kind", "=", "erasure")])
        with self.assertRaisesRegex(UserError, "a record of what was done"):
            self.ask(proof=record)

    def test_the_dialog_asks_for_all_that_were_chosen(self):
        action = (self.proof | self.other).with_user(self.anna).action_ask_erasure()
        dialog = self.env[action["res_model"]].with_user(self.anna).with_context(**action["context"])
        dialog.create({"reason": "Years are over"}).action_ask()
        asked = self.env["account.dunning.erasure"].search([("state", "=", "asked")])
        self.assertEqual(asked.proof_id, self.proof | self.other)
        self.assertEqual(asked.asked_by_id, self.anna)


def path_exists(path):
    try:
        with open(path, "rb"):
            return True
    except FileNotFoundError:
        return False
