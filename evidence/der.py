"""Distinguished Encoding Rules (ITU-T X.690), walked once within limits before any of it is interpreted."""

from .base import SealNotChecked

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 40
MAX_ELEMENTS = 30_000
INTEGER, OBJECT_IDENTIFIER = 0x02, 0x06
STRINGS = {0x0C, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x1E}
# Arithmetic on numbers and names grows with the square of their length.
LONGEST = {INTEGER: 4096, OBJECT_IDENTIFIER: 64, **dict.fromkeys(STRINGS, 4096)}
CONSTRUCTED = 0x20


def read_header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag byte, start and end of the contents of the element at `at`; raises ValueError unless it ends by `end`."""
    if at + 2 > end:
        raise ValueError("An element is cut.")
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F or not tag or length == 0x80:
        raise ValueError("Long tags, ends of contents and indefinite lengths are not DER.")
    if length > 0x80:
        start += length - 0x80
        digits = data[at + 2 : start]
        length = int.from_bytes(digits, "big")
        if len(digits) > 4 or start > end or length < 0x80 or not digits[0]:
            raise ValueError("A length is not DER.")
    if start + length > end:
        raise ValueError("An element is longer than what holds it.")
    return tag, start, start + length


def check_limits(data: bytes) -> None:
    """Raises ValueError unless `data` is one DER element, SealNotChecked where it is beyond the limits."""
    if len(data) > MAX_BYTES:
        raise SealNotChecked("too_complex")
    ends, at, count = [len(data)], 0, 0
    while at < len(data):
        while at == ends[-1]:
            ends.pop()
        if count and len(ends) == 1:
            raise ValueError("Bytes follow the element.")
        tag, start, end = read_header(data, at, ends[-1])
        count += 1
        check_element(tag, end - start, len(ends), count)
        if tag & CONSTRUCTED and end > start:
            ends.append(end)
            at = start
        else:
            at = end
    if not count:
        raise ValueError("There is no element.")


def check_element(tag, length, depth, count):
    if depth > MAX_DEPTH or count > MAX_ELEMENTS or length > LONGEST.get(tag, length):
        raise SealNotChecked("too_complex")


def get_tags(contents: bytes) -> bytes:
    """The tag bytes of the elements that lie directly in `contents`."""
    tags, at = bytearray(), 0
    while at < len(contents):
        tag, _start, at = read_header(contents, at, len(contents))
        tags.append(tag)
    return bytes(tags)


def load(specification, data: bytes):
    """An asn1crypto object of `data`, after check_limits."""
    check_limits(data)
    return specification.load(data, strict=True)
