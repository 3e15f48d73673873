"""Scans: opened by their headers alone, bounded before anybody decodes them."""

import io
import struct
import zlib

import pytest
from evidence_samples import flip
from PIL import Image

from odoo.addons.account_dunning.evidence import image, read


def make_image(form, size=(40, 30), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("form", "options"), [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("TIFF", {})]
)
def test_a_scan_is_a_picture_without_a_seal(form, options):
    found = read(make_image(form, **options))
    assert (found.format, found.mimetype, found.seal_state) == ("image", f"image/{form.lower()}", "none")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_its_size_is_read_from_its_header(form):
    _mimetype, measure = image.get_kind(make_image(form))
    assert measure(make_image(form, (123, 45))) == (123, 45)


def test_a_tiff_of_the_other_byte_order():
    entries = struct.pack(">HHHIHHHHIHH", 2, 256, 3, 1, 9, 0, 257, 3, 1, 8, 0)
    assert read(b"MM\0*" + struct.pack(">I", 8) + entries).mimetype == "image/tiff"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_a_cut_scan_is_malformed(form):
    content = make_image(form, (300, 300))
    for length in (len(content) // 2 if form != "TIFF" else 6, 9):
        assert read(content[:length]).code == "malformed"


def test_huge_dimensions_are_refused():
    content = make_image("PNG")
    for width, height in ((2**31, 1), (60_001, 1), (1, 60_001), (50_000, 50_000), (0, 10)):
        header = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
        changed = content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]
        assert read(changed).code == "too_large"


def test_a_false_header_is_malformed():
    assert read(flip(make_image("PNG"), 19)).code == "malformed"
    assert read(b"\xff\xd8\xff\xe0" + b"\0" * 100).code == "malformed"
    assert read(b"II*\0" + b"\xff" * 100).code == "malformed"
    assert read(b"II*\0\x08\0\0\0\0\0").code == "malformed"
