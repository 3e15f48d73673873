"""The end of the chain leaves once a day where it grew: by a mail to an outside mailbox, and to be time-stamped."""

import base64
import hashlib
from datetime import datetime, timezone
from unittest.mock import patch

from odoo import tools
from odoo.exceptions import ValidationError
from odoo.tests import common, freeze_time, tagged

from ..core.chain import Head, read_anchors, verify
from ..evidence import check_stamp
from ..sandbox.seal import Seal
from .common import TODAY
from .delivery_timestamp_authority import TimestampAuthority
from .proof_common import ProofCommon

OUTSIDE = "archive@accountants.example"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class AnchorCommon(ProofCommon):
    def setUp(self):
        super().setUp()
        self.catch_mails()
        self.proof = self.take("first")
        self.chain = self.proof.chain_id

    def take(self, name):
        return self.proofs._receive(f"%PDF-1.4 {name}".encode(), source="upload", company=self.company)

    def send_daily(self, company=None):
        with self.job() as env:
            env["account.dunning.anchor"]._send_daily((company or self.company).with_env(env))

    def no_mail_server(self):
        """with self.no_mail_server(): nobody listens there"""
        return patch.dict(tools.config.options, {"smtp_port": 9})

    def anchors(self, way):
        return self.chain.anchor_ids.filtered(lambda anchor: anchor.way == way)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAnchorMail(AnchorCommon):
    def setUp(self):
        super().setUp()
        self.company.dunning_anchor_email = OUTSIDE

    def test_the_line_leaves_once_a_day_where_the_chain_grew(self):
        for _time in range(2):
            self.send_daily()
        self.take("second")
        self.send_daily()
        self.assertEqual(len(self.mails()), 1, "the same day")
        with self.on(1):
            self.send_daily()
            self.send_daily()
        with self.on(2):
            self.send_daily()
        self.assertEqual(len(self.mails()), 2, "nothing new on the third day")
        self.assertEqual(sorted(self.anchors("mail").mapped("sequence")), [1, 2])

    def test_what_left_is_compared_with_the_chain(self):
        self.send_daily()
        [mail] = self.mails()
        anchor = self.anchors("mail")
        self.assertEqual((mail["To"], anchor.detail), (OUTSIDE, OUTSIDE))
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertRegex(mail["Message-ID"], r"^<anchor-[0-9a-f-]{36}@creditor\.example>$")
        kinds = {
            part.get_content_type(): part.get_payload(decode=True).decode()
            for part in mail.walk()
            if not part.is_multipart()
        }
        heads = [(self.chain.uuid, Head(1, self.proof.record_hash))]
        for kind in ("text/plain", "text/html"):
            self.assertEqual(read_anchors(kinds[kind]), heads)
        self.assertEqual(anchor.line, self.chain.head_line)
        self.take("second")
        found = verify(self.chain.uuid, self.chain._read_records(), self.chain._get_head(), [heads[0][1]])
        self.assertIsNone(found)

    def test_nothing_of_it_rests_in_the_mails_of_odoo(self):
        before = self.env["mail.mail"].search_count([]), self.env["mail.message"].search_count([])
        self.send_daily()
        self.assertEqual((self.env["mail.mail"].search_count([]), self.env["mail.message"].search_count([])), before)

    def test_it_is_written_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        said = []
        mail = self.env["account.dunning.anchor.mail"]
        self.patch(type(mail), "_say", lambda mail, _chain: said.append(mail.env.lang) or ["Subject", "Text"])
        self.send_daily()
        self.assertEqual(said, ["fr_FR"])

    def test_a_mail_server_that_refuses_is_tried_again_and_the_chain_says_so(self):
        with self.no_mail_server():
            self.send_daily()
        self.assertFalse(self.anchors("mail"))
        with self.on(3):
            self.env.invalidate_all()
            self.assertFalse(self.chain.anchor_warning, "three days are allowed")
        with self.on(4):
            self.env.invalidate_all()
            self.assertRegex(self.chain.anchor_warning, "for 4 days.*since.*The mail server did not take it")
            self.send_daily()
            self.assertFalse(self.chain.anchor_warning)
            self.assertFalse(self.chain.mail_problem)
        self.assertEqual(len(self.anchors("mail")), 1)

    def test_a_chain_that_does_not_grow_is_never_late(self):
        self.send_daily()
        with self.on(30):
            self.env.invalidate_all()
            self.assertFalse(self.chain.anchor_warning)

    def test_where_nothing_is_set_up_the_chain_says_what_to_do(self):
        self.company.dunning_anchor_email = False
        self.send_daily()
        self.assertFalse(self.mails())
        self.assertIn("Enter an outside mailbox", self.chain.anchor_warning)

    def test_a_copy_of_the_database_sends_nothing(self):
        self.chain.sudo().is_copy = True
        self.send_daily()
        self.assertFalse(self.mails())
        self.assertFalse(self.chain.anchor_warning)

    def test_a_company_without_proofs_sends_nothing(self):
        other = self.env["res.company"].create({"name": "Other", "dunning_anchor_email": OUTSIDE})
        self.send_daily(other)
        self.assertFalse(self.mails())

    def test_what_is_no_mailbox_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "outside mailbox"):
            self.company.dunning_anchor_email = "the accountant"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAnchorTimestamp(AnchorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seal = Seal.make(datetime.now(timezone.utc))
        cls.authority = TimestampAuthority(cls.seal).start()
        cls.addClassCleanup(cls.authority.stop)

    def setUp(self):
        super().setUp()
        self.authority.fault = ""
        self.company.dunning_timestamp_url = self.authority.url

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Override of Odoo's tests, which compare a time limit with a number and ours are two."""
        if not request.url.startswith("http://127.0.0.1:"):
            return super()._request_handler(session, request, **options)
        return common._super_send(session, request, **{**options, "timeout": (5, 0.5)})

    def trust(self):
        root = {"company_id": self.company.id, "certificate": base64.b64encode(self.seal.root_pem)}
        self.env["account.dunning.trust.root"].create(root)

    def test_the_token_is_kept_with_who_stamped_it_and_when(self):
        self.trust()
        self.send_daily()
        anchor = self.anchors("timestamp")
        self.assertEqual(anchor.detail.partition(",")[0], "Sandbox Time-Stamp Authority")
        self.assertRegex(anchor.detail, r"2026.* UTC; its certificate is trusted")
        token = self.read_token(anchor)
        found = check_stamp(token, hashlib.sha256(anchor.line.encode()).digest(), (self.seal.root_pem,))
        self.assertEqual(found.seal_state, "trusted")
        self.assertEqual(found.stamped_at.date(), TODAY)

    def read_token(self, anchor):
        return base64.b64decode(anchor.with_context(bin_size=False).token)

    def test_once_a_day_where_the_chain_grew(self):
        before = self.authority.asked
        for day in (0, 0, 1):
            with self.on(day):
                self.send_daily()
        self.assertEqual(self.authority.asked - before, 1)
        self.take("second")
        with self.on(1):
            self.send_daily()
        self.assertEqual(self.authority.asked - before, 2)
        self.assertEqual(sorted(self.anchors("timestamp").mapped("sequence")), [1, 2])

    def test_without_a_root_it_says_that_nobody_vouches_for_it(self):
        self.send_daily()
        self.assertIn("none is installed", self.anchors("timestamp").detail)

    def test_with_another_root_it_says_so(self):
        other = Seal.make(datetime.now(timezone.utc))
        self.seal, mine = other, self.seal
        self.trust()
        self.seal = mine
        self.send_daily()
        self.assertIn("leads to none that the company trusts", self.anchors("timestamp").detail)

    def test_a_wrong_answer_is_not_kept_and_is_asked_again(self):
        for fault, said in (
            ("wrong_imprint", "something else than"),
            ("wrong_nonce", "another question"),
            ("refused", "refused to stamp"),
            ("changed", "cannot be checked"),
            ("html", "not a time-stamp"),
            ("500", "answered 500"),
            ("time_out", "The time-stamp service: the"),
        ):
            with self.subTest(fault=fault):
                self.authority.fault = fault
                self.send_daily()
                self.assertFalse(self.anchors("timestamp"))
                self.assertIn(said, self.chain.timestamp_problem)
        with self.on(4):
            self.env.invalidate_all()
            self.assertRegex(self.chain.anchor_warning, "No time-stamp was had for 4 days.*service")
        self.authority.fault = ""
        self.send_daily()
        self.assertTrue(self.anchors("timestamp"))
        self.assertFalse(self.chain.timestamp_problem)

    def test_a_service_that_is_down_keeps_no_mail(self):
        self.company.dunning_anchor_email = OUTSIDE
        self.authority.fault = "500"
        self.send_daily()
        self.assertEqual(len(self.mails()), 1)
        self.authority.fault = ""
        self.take("second")
        with self.on(1), self.no_mail_server():
            self.send_daily()
        self.assertTrue(self.anchors("timestamp"))

    def test_what_is_no_address_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "holds no password"):
            self.company.dunning_timestamp_url = "https://me:secret@tsa.example"
