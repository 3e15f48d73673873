"""Letters compared with stored pictures of their pages.

A letter that is meant to look different: `DUNNING_WRITE_PICTURES=1 ./dev test tests/test_letter_pictures.py` writes the
pictures anew, and the commit shows the old and the new ones.
"""

import os
import re
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from odoo.tests import freeze_time

from . import pdf_reading
from .common import TODAY
from .letter_samples import LETTERS, LetterSamples

PICTURES = Path(__file__).parent / "samples" / "letters"
DOCUMENTATION = Path(__file__).parents[1] / "docs" / "letters.md"
FROM_DOCS = "../tests/samples/letters"
HEADING = """# Ten letters

Letters as they are printed from the shipped texts, for a company and customers that do not exist: each with its text
as it is read back from the PDF. Nobody promises that a letter is valid in court: have your texts read by your lawyer.

This page and its pictures are written by `DUNNING_WRITE_PICTURES=1 ./dev test tests/test_letter_pictures.py`.
"""
WRITING = bool(os.environ.get("DUNNING_WRITE_PICTURES"))
HINT = "look at the difference; if it is meant: DUNNING_WRITE_PICTURES=1 ./dev test tests/test_letter_pictures.py"


@freeze_time(TODAY)
class TestLetterPictures(LetterSamples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if WRITING:
            for path in PICTURES.glob("*.png"):
                path.unlink()

    def test_letters_look_like_their_pictures(self):
        expected = set()
        for name in LETTERS:
            with self.subTest(name):
                expected |= self.compare(name, pdf_reading.draw_pages(self.make_alone(name)))
        self.assertEqual({path.name for path in PICTURES.glob("*.png")}, expected, "pictures of letters that are gone")

    def test_the_documentation_shows_these_letters(self):
        text = "\n".join((HEADING, *(self.describe(name) for name in LETTERS)))
        if WRITING:
            DOCUMENTATION.write_text(text)
        self.assertEqual(DOCUMENTATION.read_text(), text, HINT)

    def describe(self, name):
        """A letter's section: its pages as pictures, and its text."""
        pages = pdf_reading.read_pages(self.make_alone(name))
        pictures = " ".join(f"![page {n}]({FROM_DOCS}/{name}-{n}.png)" for n in range(1, len(pages) + 1))
        lines = [line.rstrip() for page in pages for line in page.replace("\ufffe", "-").splitlines()]
        text = "\n".join(f"    {line}".rstrip() for line in lines)
        return f"## {LETTERS[name].about}\n\n{pictures}\n\n{text}\n"

    def compare(self, name, pages):
        """The names of the files that these pages look like."""
        paths = [PICTURES / f"{name}-{number}.png" for number in range(1, len(pages) + 1)]
        for path, page in zip(paths, pages, strict=True):
            if WRITING:
                PICTURES.mkdir(exist_ok=True)
                page.save(path, optimize=True)
            self.assertTrue(path.exists(), f"{path.name} is missing: {HINT}")
            share = pdf_reading.compare_pictures(page, Image.open(path).convert("L"))
            self.assertLessEqual(share, pdf_reading.LIMIT, f"{path.name}: {HINT}")
        return {path.name for path in paths}

    def test_every_letter_is_readable(self):
        for name in LETTERS:
            with self.subTest(name):
                content = self.make_alone(name)
                self.assertEqual(pdf_reading.find_smaller(content, 8), [])
                fonts = pdf_reading.read_fonts(content)
                self.assertTrue(fonts)
                self.assertTrue(all(fonts.values()), fonts)


@freeze_time(TODAY)
class TestComparing(LetterSamples):
    """What the comparison sees, and what it does not mind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = cls.env["account.dunning.document"]

    def setUp(self):
        super().setUp()
        self.notice = self.make_notice("01_reminder_business")
        self.page = self.env["account.dunning.letter.images"]._put_in(self.notice)

    def draw(self, page):
        (picture,) = pdf_reading.draw_pages(self.document._print(page, self.notice.name))
        return picture

    def share(self, page):
        return pdf_reading.compare_pictures(self.draw(self.page), self.draw(page))

    def move(self, tag, millimetres):
        """The letter with one of its lines, the first that matches `tag`, moved down."""
        moved = f'<div style="position: relative; top: {millimetres}mm">'
        page, count = re.subn(rf"(<{tag}[^>]*>)(.*?)(</)", rf"\1{moved}\2</div>\3", self.page, count=1, flags=re.DOTALL)
        self.assertEqual(count, 1)
        return page

    def test_the_same_letter_looks_the_same(self):
        self.assertEqual(self.share(self.page), 0)

    def test_a_line_moved_by_2_mm_is_seen(self):
        for tag in ("h1", "td", 'th class="n"', 'div class="foot"', 'div class="window"'):
            with self.subTest(tag):
                self.assertGreater(self.share(self.move(tag, 2)), 4 * pdf_reading.LIMIT)

    def test_a_figure_that_changed_is_seen(self):
        self.assertIn("250,40", self.page)
        self.assertGreater(self.share(self.page.replace("250,40", "210,40")), pdf_reading.LIMIT)

    def test_a_shift_below_what_one_sees_is_not_minded(self):
        self.assertLessEqual(self.share(self.move("h1", 0.1)), pdf_reading.LIMIT)

    def test_a_missing_page_or_another_size_is_seen(self):
        picture = self.draw(self.page)
        self.assertEqual(pdf_reading.compare_pictures(picture, picture.crop((0, 0, 800, 1000))), 1)

    def test_small_letters_and_fonts_left_out_are_seen(self):
        small = self.document._print(self.page.replace("font-size: 8.5pt", "font-size: 6.5pt"), "")
        self.assertTrue(pdf_reading.find_smaller(small, 8))
        with patch("odoo.addons.account_dunning.models.pdf_pages._Letters.embed", lambda _self, _writer: self.plain()):
            self.assertIn(False, pdf_reading.read_fonts(self.document._print(self.page, "")).values())

    def plain(self):
        from pypdf.generic import DictionaryObject, NameObject

        names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        return DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
