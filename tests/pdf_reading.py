"""PDF files read back as a reader sees them: text, places and sizes of words, fonts, pictures of pages.

Two pictures are compared in tiles of 20 x 10 mm, and the worst tile counts: a line that moved is a fiftieth of a page
but a large part of its tiles. A pixel differs when the other picture has nothing like it within a pixel around, so
that the smoothing of edges does not count. Pictures have 100 dots per inch: 2 mm are 8 of them.
"""

import io
from dataclasses import dataclass

import pypdfium2
from PIL import ImageChops, ImageFilter
from pypdf import PdfReader
from pypdfium2 import raw

MM = 25.4 / 72
DOTS = 100  # per inch
TILE = (round(20 / 25.4 * DOTS), round(10 / 25.4 * DOTS))
SHADES = 16  # of grey, in a picture: it is a quarter of the file of 256
SIMILAR = 24  # of 255: what smoothing and shades may make of the same thing
LIMIT = 0.005  # of a tile's pixels


@dataclass(frozen=True)
class Word:
    """Its box in mm from the top left corner of the page, its largest letter in points."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float


def count_pages(content):
    return len(pypdfium2.PdfDocument(content))


def read_pages(content):
    """The text of each page, line by line."""
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in pypdfium2.PdfDocument(content)]


def read_words(content):
    """The words of each page, as lists of `Word`."""
    return [_read_words(page) for page in pypdfium2.PdfDocument(content)]


def _read_words(page):
    text, height = page.get_textpage(), page.get_height()
    words, letters = [], []
    for index in range(text.count_chars()):
        character = chr(raw.FPDFText_GetUnicode(text, index))
        if not character.isspace() and raw.FPDFText_IsGenerated(text, index) != 1:
            letters.append((character, text.get_charbox(index), _get_size(text, index)))
        elif letters:
            words.append(_join(letters, height))
            letters = []
    return [*words, _join(letters, height)] if letters else words


def _join(letters, height):
    texts, boxes, sizes = zip(*letters, strict=True)
    left, bottom, right, top = (
        pick(edges) for pick, edges in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    places = [left, height - top, right, height - bottom]
    return Word("".join(texts), *(round(place * MM, 2) for place in places), max(sizes))


def _get_size(text, index):
    """In points on paper: the font's size times the scale that it is drawn in."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, index, matrix)
    return round(raw.FPDFText_GetFontSize(text, index) * (matrix.c**2 + matrix.d**2) ** 0.5, 2)


def find_smaller(content, points):
    """The words of any page in letters smaller than `points`."""
    return [word for page in read_words(content) for word in page if word.size < points]


def read_fonts(content):
    """{name of the font: whether it is embedded} over all pages."""
    fonts = {}
    for page in PdfReader(io.BytesIO(content)).pages:
        _collect_fonts(page.get("/Resources"), fonts)
    return fonts


def _collect_fonts(resources, fonts):
    for font in ((resources or {}).get("/Font") or {}).values():
        font = font.get_object()
        for part in font.get("/DescendantFonts", [font]):
            part = part.get_object()
            descriptor = part.get("/FontDescriptor") or {}
            embedded = any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3"))
            fonts[part["/BaseFont"]] = fonts.get(part["/BaseFont"], True) and embedded
    for drawing in ((resources or {}).get("/XObject") or {}).values():
        _collect_fonts(drawing.get_object().get("/Resources"), fonts)


def draw_pages(content):
    """A grey picture of each page."""
    return [
        page.render(scale=DOTS / 72, grayscale=True).to_pil().convert("L").point(_get_shade)
        for page in pypdfium2.PdfDocument(content)
    ]


def _get_shade(value):
    step = 255 / (SHADES - 1)
    return round(round(value / step) * step)


def compare_pictures(one, other):
    """The share of pixels that differ, in the tile where it is largest; 1 for pages of different size."""
    if one.size != other.size:
        return 1.0
    apart = ImageChops.lighter(_find_unlike(one, other), _find_unlike(other, one))
    tiles = apart.point(lambda value: 255 if value > SIMILAR else 0).convert("F").reduce(TILE)
    return tiles.getextrema()[1] / 255


def _find_unlike(one, other):
    """By how much each pixel of `one` is lighter or darker than all of `other` around its place."""
    lighter = ImageChops.subtract(one, other.filter(ImageFilter.MaxFilter(3)))
    darker = ImageChops.subtract(other.filter(ImageFilter.MinFilter(3)), one)
    return ImageChops.lighter(lighter, darker)
