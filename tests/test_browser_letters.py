import io
import zipfile
from unittest.mock import patch

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools.pdf import PdfFileReader

from .browser import in_browser
from .common import TODAY
from .test_letter_printing import LetterCommon

COUNT = 9
OPEN = """
    const all = await wait(one(".o_list_view thead .o_list_record_selector input"));
    all.click();
    await click(one(".o_control_panel button[name='action_print_letters']"));
    await wait(one(".modal footer button[name='action_print']"));
"""
PRINT = """
    await click(one(".modal footer button[name='action_print']"));
    const shown = [];
    const look = () => {
        const bar = document.querySelector(".modal .progress-bar");
        if (bar) shown.push(bar.style.width);
        return !bar && shown.length && !document.querySelector(".modal");
    };
    await wait(one(".modal .o_dunning_progress"));
    const timer = setInterval(look, 5);
    await wait(look);
    clearInterval(timer);
    if (new Set(shown).size < 3) throw new Error("no progress was shown: " + shown);
"""
STOP = """
    await click(one(".modal footer button[name='action_print']"));
    await click(named(".modal .o_dunning_progress button", "Stop"));
    await wait(() => !document.querySelector(".modal"));
    await wait(one(".o_list_view .o_data_row"));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserLetters(LetterCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["account.dunning.notice"].concat(*cls.issue(*(f"No {number}" for number in range(COUNT))))

    def print_in_browser(self, steps):
        self.env.flush_all()
        self.startPatcher(patch.object(self.env.registry["account.dunning.letter.batch"], "_slice_size", 1))
        self.browser_js(
            "/odoo/action-account_dunning.account_dunning_notice_action",
            in_browser(OPEN + steps),
            ready=f"document.querySelectorAll('.o_list_view .o_data_row').length === {COUNT}",
            login="billing",
        )
        self.env.invalidate_all()
        return self.env["ir.attachment"].search([("res_model", "=", "account.dunning.letter.batch")])

    def test_many_letters_are_printed_with_a_progress_bar(self):
        file = self.print_in_browser(PRINT)
        self.assertEqual(file.mapped("name"), ["Letters.pdf"])
        pages = [page.extract_text() for page in PdfFileReader(io.BytesIO(file.raw)).pages]
        self.assertEqual(len(pages), 2 + 2 * COUNT)
        for page, notice in zip(
            pages[2::2], self.env["account.dunning.notice"].browse(self.letters.ids).sorted(), strict=True
        ):
            self.assertIn(notice.name, page)

    def test_many_letters_as_an_archive(self):
        steps = 'await click(one(".modal .o_field_widget[name=file_format] input[data-value=zip]"));'
        file = self.print_in_browser(steps + PRINT)
        self.assertEqual(file.mapped("name"), ["Letters.zip"])
        self.assertEqual(len(zipfile.ZipFile(io.BytesIO(file.raw)).namelist()), COUNT + 3)

    def test_the_printing_can_be_stopped(self):
        files = self.print_in_browser(STOP)
        self.assertFalse(files.filtered(lambda file: not file.name.endswith(".part")))
        self.assertEqual(set(self.letters.mapped("state")), {"issued"})
