"""Scans: PNG (ISO/IEC 15948), JPEG (ITU-T T.81) and TIFF 6.0. Headers are checked, pixels are never decoded."""

import struct
import zlib

from .base import Evidence, ParseProblem

MAX_SIDE = 60_000
MAX_PIXELS = 400_000_000
MAX_SEGMENTS = 2000
PNG, JPEG, TIFF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"II*\0", b"MM\0*")
STANDALONE = {0x01, *range(0xD0, 0xD8)}
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
WIDTH, HEIGHT = 256, 257
TIFF_TYPES = {3: "H", 4: "I"}


def read_image(content: bytes) -> Evidence | ParseProblem:
    """A picture that can be opened, or why not; a picture has no seal."""
    mimetype, measure = get_kind(content)
    try:
        width, height = measure(content)
    except (ValueError, struct.error):
        return ParseProblem("malformed", mimetype, "This picture is damaged or not whole.")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        return ParseProblem("too_large", mimetype, f"This picture claims to have {width} by {height} points.")
    return Evidence("image", mimetype, "none")


def is_image(content: bytes) -> bool:
    return content.startswith((PNG, JPEG, *TIFF))


def get_kind(content):
    if content.startswith(PNG):
        return "image/png", measure_png
    if content.startswith(JPEG):
        return "image/jpeg", measure_jpeg
    return "image/tiff", measure_tiff


def measure_png(content):
    length, name, width, height = struct.unpack_from(">I4sII", content, 8)
    checksum = struct.unpack_from(">I", content, 29)[0]
    if length != 13 or name != b"IHDR" or zlib.crc32(content[12:29]) != checksum:
        raise ValueError("The header is not that of a PNG.")
    if b"IDAT" not in content or content.rfind(b"IEND\xaeB`\x82") < 0:
        raise ValueError("The picture is cut.")
    return width, height


def measure_jpeg(content):
    at, size = 2, None
    for _ in range(MAX_SEGMENTS):
        mark, code = struct.unpack_from(">BB", content, at)
        if mark != 0xFF:
            raise ValueError("A segment has no marker.")
        if code == 0xDA:
            break
        at, size = skip_segment(content, at, code, size)
    if size is None or content.rfind(b"\xff\xd9", at) < 0:
        raise ValueError("The picture is cut.")
    return size


def skip_segment(content, at, code, size):
    if code == 0xFF:
        return at + 1, size
    if code in STANDALONE:
        return at + 2, size
    length = struct.unpack_from(">H", content, at + 2)[0]
    if length < 2:
        raise ValueError("A segment is shorter than its length.")
    if code in FRAMES:
        height, width = struct.unpack_from(">HH", content, at + 5)
        size = (width, height)
    return at + 2 + length, size


def measure_tiff(content):
    order = "<" if content.startswith(b"II") else ">"
    offset = struct.unpack_from(f"{order}I", content, 4)[0]
    count = struct.unpack_from(f"{order}H", content, offset)[0]
    tags = {}
    for index in range(min(count, 512)):
        tag, kind, values = struct.unpack_from(f"{order}HHI", content, offset + 2 + 12 * index)
        if tag in (WIDTH, HEIGHT) and kind in TIFF_TYPES and values == 1:
            tags[tag] = struct.unpack_from(f"{order}{TIFF_TYPES[kind]}", content, offset + 10 + 12 * index)[0]
    if len(tags) < 2:
        raise ValueError("The picture does not tell its size.")
    return tags[WIDTH], tags[HEIGHT]
