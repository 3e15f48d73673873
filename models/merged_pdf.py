"""Many PDF files as one, without holding all of them twice."""

import io
import tempfile

from odoo.tools.pdf import PdfFileReader, PdfFileWriter


def count_pages(content):
    """Of a PDF that can be read; anything else raises."""
    pages = len(PdfFileReader(io.BytesIO(content), strict=False).pages)
    if not pages:
        raise ValueError("a PDF without pages")
    return pages


def merge(contents, on_both_sides=False):
    """One PDF of all `contents`, which may be read one by one; a blank page follows an odd number of pages if asked."""
    with tempfile.TemporaryFile() as output:
        _write(contents, on_both_sides, output)
        output.seek(0)
        return output.read()


def _write(contents, on_both_sides, output):
    writer = PdfFileWriter()
    for content in contents:
        _append(writer, PdfFileReader(io.BytesIO(content), strict=False), on_both_sides)
    writer.write(output)


def _append(writer, reader, on_both_sides):
    for page in reader.pages:
        writer.add_page(page)
    if on_both_sides and len(reader.pages) % 2:
        writer.add_blank_page()
    if hasattr(writer, "reset_translation"):  # else the writer keeps each file that it has read
        writer.reset_translation()
