"""Letters by both PDF engines: the wheel's patched Qt, many in one call, and Debian's unpatched one, one by one."""

import contextlib
import os
import re
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from markupsafe import Markup

from odoo.tests import freeze_time

from odoo.addons.account_dunning.models import account_dunning_document as document_module
from odoo.addons.account_dunning.models import pdf_pages
from odoo.addons.base.models.ir_actions_report import _wkhtml

from . import pdf_reading
from .common import TODAY
from .letter_samples import DUBLIN, LetterSamples, Sample

UNPATCHED = os.environ.get("DUNNING_UNPATCHED_ENGINE")
ONE_PAGE = ("01_reminder_business", "06_reminder_consumer")
FONTS = {"LiberationSans", "LiberationSans-Bold", "BitstreamVeraSans-Roman"}  # the set-up's, whatever the machine has
HEADINGS = "<h2>Before</h2><h1>One of mine</h1><p>Text.</p><H1 class='x'>And <b>another</b></H1><h3>Small</h3>"
PLACED = """<html><head><style>body { font: 10pt "Liberation Sans"; } p { position: absolute; margin: 0; }</style>
</head><body><p style="left: 80mm; top: 30mm;">Address</p><p style="left: 0; top: 100mm; font-size: 11pt;">Left</p>
<p style="left: 150mm; top: 180mm; font-size: 14pt;">Right</p><p style="left: 0; top: 230mm; font-size: 8pt;">Small</p>
</body></html>"""


@contextmanager
def engine(folder):
    """Odoo finds the PDF engine of this folder; it remembers which it found."""
    _wkhtml.cache_clear()
    try:
        with patch.dict(os.environ, {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}):
            yield _wkhtml()
    finally:
        _wkhtml.cache_clear()


@freeze_time(TODAY)
class LetterEngines(LetterSamples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = cls.env["account.dunning.document"]

    @contextmanager
    def unpatched(self):
        if not UNPATCHED:
            self.skipTest("Not checked: ./dev could not fetch Debian's wkhtmltopdf, the engine with unpatched Qt")
        with engine(Path(UNPATCHED).parent) as found:
            self.assertFalse(found.is_patched_qt)
            yield

    def render_by_both(self, notices):
        """(documents by patched Qt, documents by unpatched Qt)"""
        self.assertTrue(_wkhtml().is_patched_qt)
        with self.assertNoLogs("odoo.addons.account_dunning", "WARNING"):
            patched = self.document._render(notices)
            with self.unpatched():
                return patched, self.document._render(notices)

    def make_notices(self):
        return self.env["account.dunning.notice"].union(*(self.make_notice(name) for name in ONE_PAGE))

    def assert_stamped(self, content, notice, pages=None):
        """Every page carries the notice's number and its own, of how many there are."""
        found = [page.strip().splitlines()[-1] for page in pdf_reading.read_pages(content)]
        self.assertEqual(len(found), pages or len(found))
        self.assertEqual(found, [f"{notice.name} {number}/{len(found)}" for number in range(1, len(found) + 1)])


@freeze_time(TODAY)
class TestLetterEngines(LetterEngines):
    def test_both_engines_make_the_same_letters(self):
        notices = self.make_notices()
        for documents in zip(*map(dict.items, self.render_by_both(notices)), strict=True):
            (notice, patched), (_notice, unpatched) = documents
            with self.subTest(notice.name):
                self.assertEqual(*(self.squeeze(one) for one in (patched, unpatched)))
                self.assert_stamped(patched, notice, pages=1)
                self.assert_stamped(unpatched, notice, pages=1)

    def squeeze(self, content):
        """Its text without blanks: where letters are kerned a reader sees a blank."""
        return "".join("".join(pdf_reading.read_pages(content)).split())

    def test_the_engine_waits_for_scripts_of_other_papers_only(self):
        reports, euro = self.env["ir.actions.report"], self.env.ref("base.paperformat_euro")
        paper = self.env.ref("account_dunning.action_report_notice").get_paperformat()
        self.env["ir.config_parameter"].set_param("report.print_delay", 1000)
        for paperformat, waits in ((paper, "0"), (euro, "1000"), (euro.browse(), "1000")):
            with self.subTest(paperformat.name):
                arguments = reports._build_wkhtmltopdf_args(paperformat, False)
                self.assertEqual(arguments[arguments.index("--javascript-delay") + 1], waits)

    def test_both_engines_put_words_at_the_same_places_in_the_same_size(self):
        """Else an address would lie outside the envelope's window, and small print would be too small."""
        patched = pdf_reading.read_words(self.document._print(PLACED, "PLACED"))[0]
        with self.unpatched():
            unpatched = pdf_reading.read_words(self.document._print(PLACED, "PLACED"))[0]
        self.assertEqual([word.text for word in patched], ["Address", "Left", "Right", "Small", "PLACED", "1/1"])
        for one, other in zip(patched, unpatched, strict=True):
            self.assertEqual(one.text, other.text)
            self.assertAlmostEqual(one.left, other.left, delta=0.8, msg=one)
            self.assertAlmostEqual(one.bottom, other.bottom, delta=0.8, msg=one)
            self.assertAlmostEqual(one.size, other.size, delta=0.5, msg=one)
        for word, left in zip(patched, (20 + 80, 20, 20 + 150, 20), strict=False):
            self.assertAlmostEqual(word.left, left, delta=0.8, msg=word)

    def test_what_else_is_on_a_page_neither_moves_its_words_nor_is_cut_off(self):
        word, amount = "X" * 200, '<td style="white-space: nowrap;">1,000.00</td>'
        for what in (f"<div>{word}</div>", f'<table style="width: 100%"><tr><td>{word}</td>{amount}</tr></table>'):
            page = PLACED.replace("</body>", what + "</body>")
            for engine_used in (contextlib.nullcontext, self.unpatched):
                with self.subTest(what[:7]), engine_used():
                    self.assert_fits(page)

    def assert_fits(self, page):
        before, after = (pdf_reading.read_words(self.document._print(one, "PLACED"))[0] for one in (PLACED, page))
        self.assertLess(max(word.right for word in after), 191)
        after = {word.text: word for word in after}
        for word in before:
            self.assertAlmostEqual(after[word.text].left, word.left, delta=0.3)
            self.assertAlmostEqual(after[word.text].bottom, word.bottom, delta=0.3)

    def test_letters_by_both_engines_are_readable(self):
        for documents in self.render_by_both(self.make_notices()):
            for content in documents.values():
                self.assertEqual(pdf_reading.find_smaller(content, 8), [])
                fonts = pdf_reading.read_fonts(content)
                self.assertEqual({name.split("+")[-1].strip("/") for name in fonts}, FONTS)
                self.assertTrue(all(fonts.values()), fonts)

    def test_300_items_are_complete_by_both_engines(self):
        notice = self.make_sample(Sample(1, "en_US", DUBLIN, tuple((100 + number / 100, 6) for number in range(300))))
        names = set(notice.line_ids.move_id.mapped("name"))
        self.assertEqual(len(names), 300)
        for documents in self.render_by_both(notice):
            content = documents[notice]
            self.assertGreater(pdf_reading.count_pages(content), 6)
            text = "\n".join(pdf_reading.read_pages(content))
            self.assertEqual(set(re.findall(r"INV/\d+/\d+", text)), names)
            self.assertIn("30,448.50", text)
            self.assert_stamped(content, notice)
            for page in pdf_reading.read_words(content):
                self.assert_in_the_margin(*page)

    def assert_in_the_margin(self, *words):
        """The number at the left and the page's at the right lie below the text, in the margin of 18 mm."""
        *text, number, count = words
        self.assertEqual((number.size, count.size), (8, 8))
        self.assertAlmostEqual(number.left, 20, delta=0.5)
        self.assertAlmostEqual(count.right, 190, delta=0.5)
        self.assertGreater(number.top, 297 - 18)
        self.assertLess(number.bottom, 297 - 5)
        self.assertLess(max(word.bottom for word in text), 297 - 17)


@freeze_time(TODAY)
class TestBatches(LetterEngines):
    def test_each_letter_of_a_batch_gets_exactly_its_pages(self):
        notices = self.env["account.dunning.notice"]
        for paragraphs in (70, 1, 40, 2, 140):
            notices |= self.make_wordy_notice(paragraphs)
        with self.assertNoLogs("odoo.addons.account_dunning", "WARNING"):
            documents = self.document._render(notices)
        self.assertEqual(list(documents), list(notices))
        for notice, content in documents.items():
            alone = self.document._render(notice)[notice]
            self.assertEqual(pdf_reading.read_pages(content), pdf_reading.read_pages(alone))
            self.assert_stamped(content, notice)
        self.assertEqual([pdf_reading.count_pages(content) for content in documents.values()], [3, 1, 2, 1, 5])

    def make_wordy_notice(self, paragraphs):
        level = self.policies["business"].level_ids[0]
        level.body = Markup("<p>Text.</p>") + Markup("").join(
            Markup("<p>Paragraph %s.</p>") % number for number in range(paragraphs)
        )
        return self.make_sample(Sample(1, "en_US", DUBLIN, ((100, 8),)), f"REL/2026/{paragraphs + 500}")

    def test_headings_in_a_text_do_not_break_a_batch(self):
        for policy in self.policies.values():
            level = policy.level_ids[0].with_context(lang="fr_FR")
            level.body += Markup(HEADINGS)
        notices = self.make_notices()
        with self.assertNoLogs("odoo.addons.account_dunning", "WARNING"):
            documents = self.document._render(notices)
            alone = self.document._render(notices[0])
        self.assertEqual(*(pdf_reading.read_pages(letters[notices[0]]) for letters in (documents, alone)))
        for notice, content in documents.items():
            self.assertIn("<h1>", notice.body)
            text = "\n".join(pdf_reading.read_pages(content))
            for expected in (notice.name, "Before", "One of mine", "And another", "Small"):
                self.assertIn(expected, text)

    def test_a_batch_that_comes_apart_otherwise_is_made_one_by_one(self):
        notices = self.make_notices()
        unmarked = patch.object(document_module, "fit_page", lambda page, patched: page.replace("h1>", "p>"))
        with unmarked, self.assertLogs("odoo.addons.account_dunning", "WARNING") as told:
            documents = self.document._render(notices)
        self.assertIn("made one by one", told.output[0])
        for notice, content in documents.items():
            self.assert_stamped(content, notice, pages=1)

    def test_a_letter_is_the_same_bytes_each_time(self):
        notices = self.make_notices()
        self.assertEqual(self.document._render(notices), self.document._render(notices))

    def test_previews_and_lists_have_page_numbers_too(self):
        self.night()
        invoice = self.make_invoice(days=9)
        self.night()
        notice = self.notices("draft")
        content = notice.new(origin=notice)._render_preview_pdf(TODAY)
        self.assertEqual(pdf_reading.read_pages(content)[0].strip().splitlines()[-1], "PREVIEW 1/1")
        statement = self.env["account.dunning.statement"].with_company(self.company)
        content = statement._render(self.company, invoice.partner_id, self.today())
        label = f"{invoice.partner_id.name}, {self.today()}"
        self.assertEqual(pdf_reading.read_pages(content)[0].strip().splitlines()[-1], f"{label} 1/1")

    def test_only_the_first_heading_is_a_mark(self):
        page = f"<body>{HEADINGS}<h1>Subject</h1><h2>Sum</h2></body>"
        self.assertEqual(
            re.findall(r"<h\d[^>]*>[^<]*", pdf_pages.keep_one_heading(page)),
            ["<h1>One of mine", "<h3>Small", "<h2>Sum"],
        )
        self.assertIn("And <b>another</b>", pdf_pages.keep_one_heading(page))
        for unchanged in ("<p>none</p>", "<h1>One</h1><h2>x</h2><p>a < b</p>"):
            self.assertEqual(pdf_pages.keep_one_heading(unchanged), unchanged)

    def test_a_number_in_another_script_is_still_printed(self):
        notice = self.make_notices()[0]
        page = self.document._print(self.env["account.dunning.letter.images"]._put_in(notice), "Ж/№ 12 é")
        self.assertIn("?/? 12 é 1/1", pdf_reading.read_pages(page)[0])
