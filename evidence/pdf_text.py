"""References in a PDF, as far as they can be read without laying out its pages: best effort, within limits.

The objects and the streams are searched as they lie in the file: nothing is followed, so nothing can loop.
"""

import re
import zlib
from base64 import a85decode

UUID = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
STREAM = re.compile(rb"stream\r?\n")
KERNING = re.compile(rb"\)\s{0,3}-?\d{0,6}(?:\.\d{0,6})?\s{0,3}\(")
HEXADECIMAL = re.compile(rb"<([0-9A-Fa-f]{2,4096})>")
NO_TEXT = re.compile(rb"/Subtype\s{0,9}/(?:Image|XML)|/Type\s{0,9}/(?:XRef|Metadata|EmbeddedFile)|/Length[123]\b")
FILTER = re.compile(
    rb"/(FlateDecode|ASCII85Decode|ASCIIHexDecode|LZWDecode|RunLengthDecode|DCTDecode|JPXDecode|Crypt)\b"
)
DICTIONARY = 2048
TAIL = 2048
MAX_STREAMS = 2000
MAX_STREAM = 2 * 1024 * 1024  # inflated
MAX_TEXT = 8 * 1024 * 1024  # inflated, all streams together
MAX_PLAIN = 8 * 1024 * 1024
MAX_REFERENCES = 100


def is_complete(content: bytes) -> bool:
    return b"%%EOF" in content[-TAIL:] and b"startxref" in content[-TAIL:]


def is_encrypted(content: bytes) -> bool:
    """Does a trailer or a cross-reference stream name an encryption dictionary?"""
    at, count = content.find(b"/Encrypt"), 0
    while at >= 0 and count < 100:
        before = content[max(at - DICTIONARY, 0) : at]
        if max(before.rfind(b"trailer"), before.rfind(b"/XRef")) > before.rfind(b"endobj"):
            return True
        if b"/XRef" in content[at : at + 512].split(b"stream")[0]:
            return True
        at, count = content.find(b"/Encrypt", at + 8), count + 1
    return False


def find_references(content: bytes) -> tuple[str, ...]:
    """UUIDs, in lower case and in the order in which they were found."""
    found, inflated = {}, 0
    for dictionary, start, end in split(content):
        collect(dictionary, found)
        if start < end and inflated < MAX_TEXT and not NO_TEXT.search(dictionary):
            text = decode(content[start : min(end, start + MAX_STREAM)], FILTER.findall(dictionary))
            inflated += len(text)
            collect(text, found)
        if len(found) >= MAX_REFERENCES:
            break
    return tuple(found)[:MAX_REFERENCES]


def split(content):
    """The plain parts of a file, each with start and end of the stream that follows it."""
    at, plain = 0, 0
    for _ in range(MAX_STREAMS):
        match = STREAM.search(content, at)
        end = content.find(b"endstream", match.end()) if match else -1
        if end < 0 or plain > MAX_PLAIN:
            break
        yield content[at : match.start()][-MAX_PLAIN:], match.end(), end
        plain, at = plain + match.start() - at, end + len(b"endstream")
    yield content[at : at + MAX_PLAIN], 0, 0


def decode(data: bytes, filters) -> bytes:
    """A stream without its filters, b"" where one is unknown or fails."""
    try:
        for name in filters[:4]:
            data = DECODERS[name](data)
    except (KeyError, ValueError, zlib.error):
        return b""
    return data


def inflate(data):
    return zlib.decompressobj().decompress(data, MAX_STREAM)


def decode_ascii85(data):
    return a85decode(b"".join(data.split()).partition(b"~>")[0])[:MAX_STREAM]


def decode_hexadecimal(data):
    return bytes.fromhex(data.partition(b">")[0].decode("ascii"))


DECODERS = {b"FlateDecode": inflate, b"ASCII85Decode": decode_ascii85, b"ASCIIHexDecode": decode_hexadecimal}


def collect(text, found):
    """Strings that kerning cut are joined; two-byte characters lose their zeros; hexadecimal strings are read."""
    joined = KERNING.sub(b"", text)
    hidden = b" ".join(bytes.fromhex(digits[: len(digits) // 2 * 2].decode()) for digits in HEXADECIMAL.findall(text))
    for form in (joined, joined.replace(b"\0", b""), hidden.replace(b"\0", b"")):
        for match in UUID.finditer(form):
            found.setdefault(match.group().decode().lower())
