"""A proof comes in, is sealed, and is never changed again, by whatever door."""

import hashlib
import io
from datetime import timedelta

from PIL import Image
from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from ..core.chain import verify
from ..models.account_dunning_proof import SEALED_FIELDS
from .common import TODAY
from .proof_common import RECEIPT, ProofCommon


@freeze_time(TODAY)
class TestProofs(ProofCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls.make_user(
            "admin2", "base.group_system", "account_dunning.group_dunning_manager", "account.group_account_manager"
        )

    def setUp(self):
        super().setUp()
        self.delivery = self.send()
        self.proof = self.receive(self.delivery)

    # === Coming in === #

    def test_its_bytes_are_kept_and_sealed_with_whom_and_what_it_proves(self):
        proof, notice = self.proof, self.delivery.notice_id
        self.assertEqual(proof.attachment_id.raw, RECEIPT + f"receipt {TODAY}".encode())
        self.assertEqual(proof.sha256, hashlib.sha256(proof.attachment_id.raw).hexdigest())
        self.assertEqual(proof.size, len(proof.attachment_id.raw))
        self.assertEqual((proof.delivery_uuid, proof.external_ref), (self.delivery.uuid, "REF-1"))
        self.assertEqual((proof.notice_number, proof.letter_sha256), (notice.name, notice.document_sha256))
        self.assertIn("Marseille", proof.addressee)
        self.assertEqual(proof.sequence, 1)
        chain = proof.chain_id
        self.assertEqual((chain.sequence, chain.record_hash), (1, proof.record_hash))
        self.assertIsNone(verify(chain.uuid, chain._read_records(), chain._get_head()))

    def test_each_proof_seals_the_one_before(self):
        second = self.receive(self.delivery, "content")
        self.assertEqual((second.sequence, second.previous_hash), (2, self.proof.record_hash))

    def test_a_company_has_a_chain_of_its_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        proof = self.proofs._receive(b"%PDF-1.4 other", source="upload", company=other)
        self.assertNotEqual(proof.chain_id, self.proof.chain_id)
        self.assertEqual(proof.sequence, 1)

    def test_the_same_file_twice_is_one_proof(self):
        again = self.receive(self.delivery, source="upload")
        self.assertEqual(again, self.proof)
        self.assertEqual(self.proof.chain_id.sequence, 1)

    def test_the_same_file_twice_at_once_is_one_proof(self):
        vals = {"company_id": self.company.id, "chain_id": self.proof.chain_id.id, "kind": "receipt"}
        same = {**vals, "source": "upload", "sha256": self.proof.sha256, "delivery_uuid": self.delivery.uuid}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.proofs.create(same)

    def test_an_empty_file_says_what_to_do(self):
        with self.assertRaisesRegex(UserError, "scan.pdf is empty: fetch or scan it again"):
            self.proofs._receive(b"", source="upload", company=self.company, file_name="scan.pdf")

    def test_a_picture_is_kept_as_it_came(self):
        """Odoo makes pictures above 1920 pixels smaller, unless it is told not to."""
        picture = io.BytesIO()
        Image.effect_noise((2400, 20), 40).save(picture, "JPEG")
        proof = self.receive(self.delivery, content=picture.getvalue(), source="scan")
        self.assertEqual(proof.attachment_id.raw, picture.getvalue())

    def test_a_page_of_the_web_is_kept_as_it_came_whoever_uploads_it(self):
        content = b"<html><script>alert(1)</script></html>"
        user = self.make_user("clerk", "account.group_account_invoice")
        proof = self.proofs.with_user(user)._receive(content, source="upload", company=self.company)
        self.assertEqual(proof.sudo().attachment_id.raw, content)

    # === By every door === #

    def doors(self, field, value):
        """Each way by which Odoo changes a field."""
        proof = self.proof
        yield "write", lambda: proof.write({field: value})
        yield "sudo", lambda: proof.sudo().write({field: value})
        yield "assignment", lambda: setattr(proof, field, value)
        yield "update", lambda: proof.update({field: value})
        yield "import", lambda: self.load(field, value)
        yield "delivery", lambda: self.delivery.sudo().write({"proof_ids": [Command.update(proof.id, {field: value})]})
        yield "web_save", lambda: proof.web_save({field: value}, {})
        yield "low level", lambda: proof._write({field: value})

    def load(self, field, value):
        xml_id = self.proof.export_data(["id"])["datas"][0][0]
        done = self.proofs.load(["id", field], [[xml_id, str(value)]])
        if not done["ids"]:
            raise UserError(done["messages"][0]["message"])

    def test_no_sealed_field_changes_by_any_door_of_anybody(self):
        before = self.proof.read()[0]
        for env in (self.env, self.env(user=self.administrator)):
            self.proof = self.proof.with_env(env)
            for field in sorted(SEALED_FIELDS - {"salt"}):
                value = self.other_value(field)
                for door, change in self.doors(field, value):
                    with self.subTest(field=field, door=door, user=env.user.login):
                        with self.assertRaises(UserError):
                            change()
                        self.env.invalidate_all(flush=False)
        self.assertEqual(self.proof.with_env(self.env).read()[0], before)

    def other_value(self, name):
        field = self.proofs._fields[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].search([], limit=1).id
        by_type = {"boolean": True, "integer": 9, "json": {"a": "b"}, "datetime": "2020-01-01 00:00:00"}
        if field.type == "selection":
            return {"kind": "refusal", "source": "scan"}[name]
        return by_type.get(field.type, "other")

    def test_it_is_not_deleted_nor_duplicated_nor_made_up(self):
        for env in (self.env, self.env(user=self.administrator)):
            proof = self.proof.with_env(env)
            for forbidden in (
                proof.unlink,
                proof.copy,
                lambda proof=proof: self.delivery.sudo().write({"proof_ids": [Command.delete(proof.id)]}),
                lambda proof=proof: proof.create({"sequence": 7, "kind": "receipt"}),
            ):
                with self.assertRaises(UserError):
                    forbidden()
        with self.assertRaises(UserError):
            self.proofs.with_user(self.administrator).create({"kind": "receipt"})
        self.assertTrue(self.proof.exists())

    def test_its_chain_and_its_anchors_stay_too(self):
        chain = self.proof.chain_id
        anchor = self.env["account.dunning.anchor"]._note(chain, "export")
        for forbidden in (
            chain.unlink,
            chain.copy,
            anchor.unlink,
            lambda: chain.write({"uuid": "other"}),
            lambda: anchor.write({"sequence": 9}),
            lambda: chain.with_user(self.administrator).write({"sequence": 0}),
        ):
            with self.assertRaises(UserError):
                forbidden()

    # === Files === #

    def evidence_files(self):
        self.assertTrue(self.delivery.notice_id.document_id)
        return {
            "proof": self.proof.attachment_id,
            "letter": self.delivery.notice_id.document_id,
            "content": self.make_content(),
        }

    def make_content(self):
        delivery = self.send("email", self.make_customer("Other"))
        self.env["account.dunning.delivery"].browse(delivery.id)
        self.assertTrue(delivery.content_id)
        return delivery.content_id

    def send(self, method="registered_email", customer=None):
        if method != "email":
            return super().send(method, customer)
        self.policy = self.company.dunning_policy_id = self.make_policy([(5, "reminder")])
        self.make_invoice(days=60, partner=customer)
        self.night()
        self.window()
        return self.notices(partner=customer).delivery_ids.filtered("content_id")

    def test_no_file_that_is_evidence_changes_by_any_door_of_anybody(self):
        for name, file in self.evidence_files().items():
            for env in (self.env, self.env(user=self.administrator)):
                file = file.with_env(env)
                before = file.raw
                changes = {
                    "raw": b"other",
                    "datas": "b3RoZXI=",
                    "db_datas": b"other",
                    "name": "other.pdf",
                    "mimetype": "text/html",
                    "res_id": 1,
                    "res_model": "res.partner",
                    "public": True,
                    "url": "https://elsewhere.example",
                    "type": "url",
                    "company_id": False,
                }
                for field, value in changes.items():
                    with self.subTest(file=name, field=field), self.assertRaises(UserError):
                        file.write({field: value})
                for forbidden in (
                    file.unlink,
                    lambda file=file: setattr(file, "raw", b"x"),
                ):
                    with self.subTest(file=name), self.assertRaises(UserError):
                        forbidden()
                self.env.invalidate_all(flush=False)
                self.assertEqual(file.raw, before)

    def test_a_file_that_is_evidence_can_be_given_out_by_a_token(self):
        for name, file in self.evidence_files().items():
            with self.subTest(file=name):
                [token] = file.generate_access_token()
                self.assertEqual(file.access_token, token)
                file.write({"access_token": "other"})
                with self.assertRaises(UserError):
                    file.write({"access_token": "more", "name": "other.pdf"})

    def test_evidence_moves_to_the_database_and_back_as_it_is(self):
        picture = io.BytesIO()
        Image.effect_noise((2400, 20), 40).save(picture, "JPEG")
        scan = self.receive(self.delivery, content=picture.getvalue(), source="scan").attachment_id
        files = {**self.evidence_files(), "picture": scan}
        contents = {name: file.raw for name, file in files.items()}
        kept = {name: file.mimetype for name, file in files.items()}
        for place in ("db", "file"):
            self.env["ir.config_parameter"].set_param("ir_attachment.location", place)
            self.env["ir.attachment"].browse(file.id for file in files.values())._migrate()
            self.env.flush_all()
            self.env.invalidate_all()
            for name, file in files.items():
                with self.subTest(file=name, place=place):
                    self.assertEqual(bool(file.store_fname), place == "file")
                    self.assertEqual((file.raw, file.mimetype), (contents[name], kept[name]))

    def test_other_bytes_or_another_kind_are_no_move(self):
        file = self.proof.attachment_id
        clerk = self.make_user("clerk", "account.group_account_invoice")
        changes = (
            {"raw": file.raw + b" "},
            {"raw": b""},
            {"raw": file.raw, "mimetype": "text/html"},
            {"raw": file.raw, "name": "other.pdf"},
            {"raw": file.raw, "datas": "b3RoZXI="},
            {"mimetype": file.mimetype},
        )
        for vals in changes:
            with self.subTest(vals=list(vals)), self.assertRaises(UserError):
                file.write(dict(vals))
        with self.assertRaises(UserError):
            file.with_user(clerk).write({"raw": file.raw})

    def test_files_of_others_pay_one_query_a_batch(self):
        files = self.env["ir.attachment"].create([{"name": f"{number}", "raw": b"x"} for number in range(20)])
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        files._check_not_evidence()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        files.write({"name": "other"})
        files.unlink()

    def test_what_left_is_kept_as_it_left(self):
        with self.assertRaisesRegex(UserError, "as it left"):
            self.delivery.sudo().write({"content_sha256": "0" * 64})

    # === Orphans === #

    def test_a_file_that_names_no_delivery_waits_to_be_assigned_by_a_record(self):
        orphan = self.proofs._receive(b"%PDF-1.4 who am I", source="mail", company=self.company, kind="refusal")
        self.assertTrue(orphan.is_orphan)
        self.assertIn(orphan, self.proofs.search([("is_orphan", "=", True)]))
        orphan._assign(self.delivery)
        self.assertFalse(orphan.is_orphan)
        self.assertEqual(orphan.delivery_id, self.delivery)
        record = self.proofs.search([("refers_to", "=", orphan.uuid)])
        self.assertEqual((record.kind, record.delivery_uuid, record.sequence), ("assignment", self.delivery.uuid, 3))
        chain = orphan.chain_id
        self.assertIsNone(verify(chain.uuid, chain._read_records(), chain._get_head()))

    def test_an_orphan_that_comes_again_for_a_delivery_is_assigned(self):
        orphan = self.proofs._receive(b"%PDF-1.4 late", source="mail", company=self.company)
        again = self.receive(self.delivery, content=b"%PDF-1.4 late")
        self.assertEqual(again, orphan)
        self.assertEqual(orphan.delivery_id, self.delivery)

    def test_an_assigned_one_stays_where_it_is(self):
        with self.assertRaisesRegex(UserError, "belongs to a delivery already"):
            self.proof._assign(self.delivery)

    # === Uninstalling === #

    def test_the_addon_stays_while_proofs_are_nowhere_else(self):
        module = self.env["ir.module.module"]
        for name in ("account_dunning", "account_payment", "account"):
            with (
                self.subTest(module=name),
                self.assertRaisesRegex(UserError, "Export their dossiers or the whole chain"),
            ):
                module.search([("name", "=", name)]).button_uninstall()
        self.proof.date_exported = self.proof.received_at + timedelta(days=1)
        self.proofs._write_down(self.company, "assignment", "Without a file")
        with self.env.cr.savepoint():
            module.search([("name", "=", "account_dunning")]).button_uninstall()
