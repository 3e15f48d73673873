"""The dossier of a case, read back from the ZIP that a user downloads, and checked by the program in it."""

import base64
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

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
        download = action["params"]["next"] if action["type"] == "ir.actions.client" else action
        file = self.env["ir.attachment"].browse(int(download["url"].split("/")[3].split("?")[0]))
        open("/tmp/doss_out.zip", "wb").write(file.sudo().raw)  # TEMP
        return file.with_user(dialog.env.user).raw

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
    def test_all_pieces_are_in_it(self):
        self.make_history()
        content = self.export()
        titles = self.titles(content)
        for words in (
            "Invoice",
            "Statement of account",
            "Computation of interest",
            "letter",
            "e-mail to",
            "Table of what",
        ):
            self.assertTrue([title for title in titles if words in title], words)
        files = self.files(content)
        letter = self.formal_notice.document_id.raw
        self.assertIn(letter, files.values())
        self.assertIn(self.reminder.delivery_ids.content_id.raw, files.values())
        self.assertEqual(self.verify(content)[0], 0)
