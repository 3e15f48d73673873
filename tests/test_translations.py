import io
from pathlib import Path

import polib

from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

SAME_IN_FRENCH = {  # their msgstr is empty: oca-checks-po wants it so
    "%(signer)s, %(moment)s UTC",
    '<span invisible="not dunning_receipt_domain">@</span>',
    "Configuration",
    "Contact",
    "Contacts",
    "Date",
    "Dossier %(date)s %(customer)s.zip",
    "Dossier",
    "Export",
    "Message",
    "Messages",
    "Mode",
    "Module",
    "Pages",
    "Pause",
    "Pauses",
    "Principal",
    "Signature",
    "Total",
    "Version",
    "account_dunning chain …",
    "https://service.example/api",
    "pause",
}


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(get_module_path("account_dunning")) / "i18n"
        cls.template = polib.pofile(folder / "account_dunning.pot")
        cls.french = polib.pofile(folder / "fr.po")

    def test_the_template_is_what_the_code_says(self):
        exported = io.BytesIO()
        trans_export(False, ["account_dunning"], exported, "po", self.env)
        found = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
        self.assertEqual(found, {entry.msgid for entry in self.template}, "run ./dev i18n")

    def test_french_is_complete(self):
        self.assertEqual({entry.msgid for entry in self.french}, {entry.msgid for entry in self.template})
        self.assertFalse([entry.msgid for entry in self.french if entry.fuzzy or entry.msgid == entry.msgstr])
        empty = {entry.msgid for entry in self.french if not entry.msgstr}
        self.assertEqual(empty, SAME_IN_FRENCH)
