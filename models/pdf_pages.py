"""The PDF of many letters taken apart, and each page stamped with its number: bytes in, bytes out.

The engine's own footers are of no use: unpatched Qt has none, and in a batch its page counts run over all letters.
"""

import io
import re
from functools import lru_cache
from pathlib import Path
from zlib import compress

import reportlab
from reportlab.pdfbase.ttfonts import TTFontFile

from odoo.tools.pdf import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfFileReader,
    PdfFileWriter,
)

MM = 72 / 25.4
SIZE = 8  # points
SIDE, BOTTOM = 20 * MM, 9 * MM  # in the margins of the letters' paper format
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
COUNT = "0123456789/"
WIDTH = 170  # mm between the margins
UNPATCHED_ZOOM = 1.2937  # measured
UNKNOWN = re.compile("[^ -~À-ÖØ-öø-ÿ]")  # other characters than the stamp's font is asked for
HEADING = re.compile(r"<h([1-6])\b([^>]*)>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)


# === The page before the engine === #


def fit_page(page, patched):
    """The HTML laid out so that a millimetre in CSS is one on paper, to half a percent, with either engine.

    Patched Qt enlarges by 2.4 % what does not fill the page's width, unpatched Qt shrinks every page by a quarter, and
    more where a word is wider than the page; neither takes a setting for it.
    """
    style = f"margin: 0; width: {WIDTH}mm; word-break: break-word;" + ("" if patched else f" zoom: {UNPATCHED_ZOOM};")
    return str(page).replace("</head>", f"<style>body {{ {style} }}</style></head>", 1)


def keep_one_heading(page):
    """The HTML of a letter with one heading of the first order, the first: it becomes the letter's mark in the outline.

    Texts are written by users and may hold headings of their own: those look the same and are none.

    >>> keep_one_heading('<h1>Reminder</h1><h1 class="x">Again</h1><h2>Sum</h2>')
    '<h1>Reminder</h1><div style="font-weight: bold; margin: 12px 0;"><div class="x">Again</div></div><h2>Sum</h2>'
    """
    page = str(page)  # Markup would escape what is put together
    first = re.search(r"<h1\b", page, re.IGNORECASE)
    if not first:
        return page
    before, own, after = page[: first.start()], *_split_after(page[first.start() :], "</h1>")
    return HEADING.sub(_as_block, before) + own + HEADING.sub(lambda found: _as_block(found, only="1"), after)


def _split_after(text, word):
    end = text.lower().find(word) + len(word)
    return text[:end], text[end:]


def _as_block(found, only=None):
    level, attributes, content = found.groups()
    if only and level != only:
        return found.group()
    return f'<div style="font-weight: bold; margin: 12px 0;"><div{attributes}>{content}</div></div>'


# === Letters of a batch === #


def split_letters(content, labels):
    """The PDF of many letters as one stamped PDF each, in the order of their labels."""
    reader = PdfFileReader(io.BytesIO(content))
    starts = _get_first_pages(reader)
    ends = [*starts[1:], len(reader.pages)]
    if len(starts) != len(labels) or starts[0] or any(start >= end for start, end in zip(starts, ends, strict=True)):
        raise ValueError(f"{len(labels)} letters, found on the pages {starts} of {len(reader.pages)}")
    return [
        _stamp([reader.pages[number] for number in range(start, end)], label)
        for label, start, end in zip(labels, starts, ends, strict=True)
    ]


def stamp_letter(content, label):
    """The PDF of one letter with `label` and "2/3" at the foot of each page."""
    return _stamp(list(PdfFileReader(io.BytesIO(content)).pages), label)


def _get_first_pages(reader):
    """Each letter has one heading of the first order, so one entry in the PDF's outline, in order."""
    root = reader.trailer["/Root"]
    entry = root["/Outlines"]["/First"]
    pages = []
    while entry:
        pages.append(int(root["/Dests"][entry["/Dest"]][0]))
        entry = entry.get("/Next")
    return pages


# === The stamp === #


def _stamp(pages, label):
    """One PDF of these pages; the same pages and label give the same bytes."""
    writer = PdfFileWriter()
    label = UNKNOWN.sub("?", label)
    letters = _get_letters("".join(sorted(set(label + COUNT))))
    font, opening = letters.embed(writer), _add_stream(writer, b"q\n")
    for number, page in enumerate(pages, 1):
        writer.add_page(page)
        copy = writer.pages[-1]
        operators = _draw(letters, label, f"{number}/{len(pages)}", float(copy["/MediaBox"][2]))
        _show(copy, opening, _add_stream(writer, operators), font)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _show(page, opening, closing, font):
    """Draw `closing` after what the page has, in the coordinates from before it."""
    content = page.raw_get("/Contents")
    own = content if isinstance(content, ArrayObject) else [content]
    page[NameObject("/Contents")] = ArrayObject([opening, *own, closing])
    resources = page["/Resources"]
    if "/Font" not in resources:
        resources[NameObject("/Font")] = DictionaryObject()
    resources["/Font"][NameObject("/Stamp")] = font


def _draw(letters, label, count, width):
    """The operators that leave the page's coordinates, then write `label` at the left and `count` at the right."""
    places = [(SIDE, label), (width - SIDE - letters.measure(count), count)]
    written = [f"1 0 0 1 {x:.2f} {BOTTOM:.2f} Tm <{letters.encode(text)}> Tj" for x, text in places]
    return f"Q\nq BT 0.3 g /Stamp {SIZE} Tf {' '.join(written)} ET Q\n".encode()


class _Letters:
    """Those characters of the font that a stamp needs, for embedding; a text is written by their ranks."""

    def __init__(self, characters):
        font = TTFontFile(str(FONT))
        codes = [ord(character) for character in characters]
        self.ranks = {character: rank for rank, character in enumerate(characters, 1)}
        self.widths = [round(font.charWidths[code]) for code in codes]
        self.box = [round(value) for value in font.bbox]
        metrics = {"Ascent": font.ascent, "Descent": font.descent, "CapHeight": font.capHeight, "StemV": font.stemV}
        self.metrics = {f"/{name}": NumberObject(round(value)) for name, value in metrics.items()}
        self.program = compress(font.makeSubset(codes))
        self.unicode = compress(_map_to_unicode(codes))

    def encode(self, text):
        return "".join(f"{self.ranks[character]:04X}" for character in text)

    def measure(self, text):
        return sum(self.widths[self.ranks[character] - 1] for character in text) * SIZE / 1000

    def embed(self, writer):
        """The font among the objects of `writer`: a reference to it."""
        name = NameObject("/DUNNIN+BitstreamVeraSans-Roman")
        descriptor = {
            "/Type": NameObject("/FontDescriptor"),
            "/FontName": name,
            "/Flags": NumberObject(4),
            "/ItalicAngle": NumberObject(0),
            "/FontBBox": ArrayObject(map(NumberObject, self.box)),
            "/FontFile2": _add_stream(writer, self.program, packed=True),
            **self.metrics,
        }
        system = {"/Registry": ByteStringObject(b"Adobe"), "/Ordering": ByteStringObject(b"Identity")}
        glyphs = {
            "/Type": NameObject("/Font"),
            "/Subtype": NameObject("/CIDFontType2"),
            "/BaseFont": name,
            "/CIDSystemInfo": _as_dictionary({**system, "/Supplement": NumberObject(0)}),
            "/CIDToGIDMap": NameObject("/Identity"),
            "/FontDescriptor": writer._add_object(_as_dictionary(descriptor)),
            "/W": ArrayObject([NumberObject(1), ArrayObject(map(NumberObject, self.widths))]),
        }
        font = {
            "/Type": NameObject("/Font"),
            "/Subtype": NameObject("/Type0"),
            "/BaseFont": name,
            "/Encoding": NameObject("/Identity-H"),
            "/DescendantFonts": ArrayObject([writer._add_object(_as_dictionary(glyphs))]),
            "/ToUnicode": _add_stream(writer, self.unicode, packed=True),
        }
        return writer._add_object(_as_dictionary(font))


@lru_cache(maxsize=64)
def _get_letters(characters):
    """Numbers of one series need the same characters: a batch builds them once."""
    return _Letters(characters)


def _map_to_unicode(codes):
    """The table by which a reader copies and searches the text."""
    pairs = "\n".join(f"<{rank:04X}> <{code:04X}>" for rank, code in enumerate(codes, 1))
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Stamp def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap end end\n"
    ).encode()


def _add_stream(writer, data, packed=False):
    stream = DecodedStreamObject()
    stream._data = data
    if packed:
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    return writer._add_object(stream)


def _as_dictionary(entries):
    return DictionaryObject({NameObject(key): value for key, value in entries.items()})
