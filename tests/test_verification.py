"""The dialog that verifies: what it refuses, its slices, who may use it."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time
from odoo.tools import SQL, mute_logger

from ..models import account_dunning_proof_ties as ties
from ..wizard import account_dunning_verification
from .common import TODAY
from .proof_common import ProofCommon

QUERIES_A_PROOF = 40


@freeze_time(TODAY)
class TestVerification(ProofCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.make_user("auditor", "base.group_user", "account_dunning.group_dunning_auditor")
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    def setUp(self):
        super().setUp()
        self.delivery = self.send()
        for number in range(7):
            self.receive(self.delivery, "content", content=b"%%PDF-1.4 %d" % number)
        self.chain = self.delivery.proof_ids.chain_id

    def open(self, user=None, **vals):
        chain = self.chain.with_user(user) if user else self.chain
        dialog = chain.env["account.dunning.verification"].browse(chain.action_verify()["res_id"])
        dialog.write(vals)
        return dialog

    def verify(self, **vals):
        dialog = self.open(**vals)
        dialog.action_verify()
        return dialog

    def slices_of(self, size):
        return patch.object(account_dunning_verification, "SLICE", size)

    def verify_in_slices(self, size=2, **vals):
        with self.slices_of(size):
            dialog = self.open(**vals)
            action = dialog.action_verify()
            self.assertEqual((action["tag"], action["params"]["total"]), ("account_dunning_progress", 7))
            while dialog.make_slice()["done"] < 7:
                self.env.invalidate_all()
            dialog.finish()
        return dialog

    def change(self, sequence, setting):
        """Below Odoo."""
        self.env.flush_all()
        where = SQL("chain_id = %s AND sequence = %s", self.chain.id, sequence)
        self.env.cr.execute(SQL("UPDATE account_dunning_proof SET %s WHERE %s", setting, where))
        self.env.invalidate_all()

    # === What is pasted === #

    def test_text_without_a_line_of_this_chain_is_refused_with_what_to_paste(self):
        other = f"account_dunning chain {'0' * 8}-0000-4000-8000-{'0' * 12} 3 {'a' * 64}"
        for text in ("nothing", other, self.chain.head_line[:-1]):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(UserError, f"It begins with: account_dunning chain {self.chain.uuid}"),
            ):
                self.verify(outside=text)

    def test_empty_text_is_none(self):
        for text in (False, "", " \n"):
            dialog = self.verify(outside=text)
            self.assertEqual(dialog.state, "intact")
            self.assertIn("Not compared with any line", dialog.answer)

    def test_lines_of_several_chains_are_read_for_this_one(self):
        other = f"account_dunning chain {'0' * 8}-0000-4000-8000-{'0' * 12} 9 {'a' * 64}"
        dialog = self.verify(outside=f"{other}\n{self.chain.head_line}")
        self.assertIn("lines compared: 1", dialog.answer)

    def test_what_came_of_it_is_kept_on_the_chain(self):
        self.verify()
        self.assertEqual((self.chain.verified_sequence, self.chain.finding), (7, False))
        self.change(3, SQL("note = 'other'"))
        dialog = self.verify()
        self.assertEqual(self.chain.finding, dialog.answer)
        self.assertRegex(dialog.answer, r"Proof 3 \(Content · .*\) was changed: its Note is not what was sealed\.")

    def test_it_can_be_asked_again(self):
        self.change(3, SQL("note = 'other'"))
        dialog = self.verify()
        self.assertEqual(dialog.state, "broken")
        self.change(3, SQL("note = NULL"))
        dialog.action_verify()
        self.assertEqual(dialog.state, "intact")

    # === Slices === #

    def test_slices_find_what_one_finds(self):
        self.assertEqual(self.verify_in_slices().state, "intact")
        for sequence in (1, 2, 3, 7):
            with self.subTest(sequence=sequence), self.env.cr.savepoint() as savepoint:
                self.change(sequence, SQL("kind = 'receipt'"))
                self.assertRegex(
                    self.verify_in_slices().answer, rf"Proof {sequence} .* its Kind is not what was sealed"
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_records_exchanged_over_the_edge_of_a_slice_are_reordered(self):
        self.change(2, SQL("sequence = -1"))
        self.change(6, SQL("sequence = 2"))
        self.change(-1, SQL("sequence = 6"))
        self.assertRegex(self.verify_in_slices().answer, r"Proof 2 \(.*\) stands in another place")

    def test_an_erasure_whose_record_lies_in_a_later_slice_is_explained(self):
        erased = self.chain.proof_ids.filtered(lambda proof: proof.sequence == 1)
        self.change(1, SQL("is_erased = TRUE, addressee = NULL, file_name = NULL, attachment_id = NULL, salt = NULL"))
        self.assertRegex(self.verify_in_slices().answer, r"Proof 1 \(.*\) was erased without a record")
        self.proofs._write_down(self.company, "erasure", "Asked for by the customer", refers_to=erased.uuid)
        with self.slices_of(2):
            dialog = self.open()
            dialog.action_verify()
            while dialog.make_slice()["done"] < 8:
                self.env.invalidate_all()
            dialog.finish()
        self.assertEqual(dialog.state, "intact", dialog.answer)

    def test_a_slice_that_failed_is_taken_up_again(self):
        with self.slices_of(3):
            dialog = self.open()
            dialog.action_verify()
            dialog.make_slice()
            for _time in range(2):
                with (
                    patch.object(type(self.proofs), "_find_moved", side_effect=OSError),
                    self.assertRaises(OSError),
                    self.env.cr.savepoint(),
                ):
                    dialog.make_slice()
                self.env.invalidate_all()
                self.assertEqual((dialog.done_count, dialog.state), (3, "asked"))
            self.assertEqual([dialog.make_slice()["done"], dialog.make_slice()["done"]], [6, 7])
            dialog.finish()
        self.assertEqual(dialog.state, "intact", dialog.answer)

    def test_what_comes_in_between_two_slices_is_verified_too(self):
        with self.slices_of(3):
            dialog = self.open()
            dialog.action_verify()
            while dialog.make_slice()["done"] < 7:
                self.receive(self.delivery, "other", content=b"%%PDF-1.4 new %d" % self.chain.sequence)
            self.receive(self.delivery, "other", content=b"%PDF-1.4 last")
            self.change(self.chain.sequence, SQL("note = 'other'"))
            dialog.finish()
            self.assertRegex(dialog.answer, rf"Proof {self.chain.sequence} \(.*\) was changed: its Note")
            self.change(self.chain.sequence, SQL("note = NULL"))
            dialog = self.verify_more(dialog)
        self.assertEqual(dialog.state, "intact", dialog.answer)
        self.assertIn(f"All {self.chain.sequence} proofs", dialog.answer)

    def verify_more(self, dialog):
        """Something new comes in before the last call of the client."""
        total = dialog.action_verify()["params"]["total"]
        while dialog.make_slice()["done"] < total:
            pass
        self.receive(self.delivery, "other", content=b"%PDF-1.4 the very last")
        dialog.finish()
        return dialog

    def test_a_letter_of_several_proofs_is_read_once_a_slice(self):
        with patch.object(ties, "find_file", wraps=ties.find_file) as read:
            self.verify()
        self.assertEqual(read.call_count, 1)

    # === Who === #

    def test_auditor_and_clerk_verify(self):
        for user in (self.auditor, self.clerk):
            with self.subTest(user=user.login):
                dialog = self.open(user)
                dialog.action_verify()
                self.assertEqual(dialog.state, "intact")

    def test_nobody_else_verifies(self):
        chains = self.env["account.dunning.chain"]
        users = [
            self.make_user("internal", "base.group_user"),
            self.make_user("portal", "base.group_portal"),
            self.make_user("elsewhere", "account.group_account_invoice", company=self.make_company()),
        ]
        for user in users:
            with self.subTest(user=user.login), mute_logger("odoo.addons.base.models.ir_model"):
                chain = chains.with_user(user).browse(self.chain.id)
                with self.assertRaises(AccessError):
                    chain.action_verify()
                dialog = chain.env["account.dunning.verification"].browse(self.open().id)
                for forbidden in (dialog.action_verify, dialog.make_slice, dialog.finish, dialog.read):
                    with self.assertRaises(AccessError):
                        forbidden()

    def make_company(self):
        return self.env["res.company"].create({"name": "Other"})

    def test_the_dialog_of_another_user_is_not_seen(self):
        dialog = self.open(self.clerk)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            dialog.with_user(self.auditor).action_verify()

    def test_a_dialog_made_up_for_the_chain_of_another_company_is_refused(self):
        other = self.make_user("elsewhere", "account.group_account_invoice", company=self.make_company())
        dialog = self.env["account.dunning.verification"].with_user(other).create({"chain_id": self.chain.id})
        for forbidden in (dialog.action_verify, dialog.make_slice, dialog.finish):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                forbidden()

    # === What it costs === #

    def count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_receiving_costs_the_same_however_many_there_are(self):
        def receive():
            self.receive(self.delivery, "other", content=b"%%PDF-1.4 more %d" % self.chain.sequence)

        receive()
        few = self.count(receive)
        for _more in range(20):
            receive()
        self.assertLessEqual(self.count(receive), few)
        self.assertLessEqual(few, QUERIES_A_PROOF)

    def test_a_hundred_ordinary_files_pay_one_query(self):
        ordinary = self.env["ir.attachment"]
        files = ordinary.create([{"name": f"{number}", "raw": b"%d" % number} for number in range(200)])
        for function in (lambda some: some.write({"name": "other"}), lambda some: some.unlink()):
            with patch.object(type(ordinary), "_check_not_evidence", lambda _self: None):
                plain = self.count(lambda function=function: function(files[:100]))
            guarded = self.count(lambda function=function: function(files[100:]))
            self.assertLessEqual(guarded - plain, 1)

    def test_verifying_costs_the_same_for_many_in_a_slice(self):
        few = self.count(self.verify)
        for number in range(20):
            self.receive(self.delivery, "other", content=b"%%PDF-1.4 more %d" % number)
        self.assertLessEqual(self.count(self.verify), few)

    # === Nobody forges it === #

    def test_nobody_writes_what_came_of_it(self):
        forged = {
            "state": "intact",
            "answer": "All is well",
            "progress": {"last": [7, "0" * 64], "erased": [], "erasures": []},
            "total": 0,
            "done_count": 7,
            "chain_id": self.chain.id,
        }
        dialog = self.open(self.auditor)
        dialogs = dialog.browse()
        for name, value in forged.items():
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "not written by hand"):
                    dialog.write({name: value})
                if name != "chain_id":
                    with self.assertRaisesRegex(UserError, "not written by hand"):
                        dialogs.create({"chain_id": self.chain.id, name: value})
        dialog.write({"outside": self.chain.head_line})
        dialog.action_verify()
        self.assertEqual(dialog.state, "intact")
