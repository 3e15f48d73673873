"""Files made to exhaust a reader: each in a process of its own, under two seconds and under 256 MB."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from evidence_samples import NOW, PAGE_UUID, get_seal, make_pdf, make_receipt, sign, update

from odoo.addons.account_dunning.evidence import MAX_BYTES

SECONDS, MEGABYTES = 2.0, 256
END = b"\nstartxref\n9\n%%EOF\n"
MB = 1024 * 1024


def make_stream(data, filters=b"/FlateDecode", count=1):
    one = b"4 0 obj << /Filter [%s] /Length %d >>\nstream\n%s\nendstream endobj\n" % (filters, len(data), data)
    return b"%PDF-1.7\n" + one * count + END


def deflate(data, times=1):
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


def nest(tag, depth):
    """DER nested in itself, with lengths that hold."""
    content = b""
    for _ in range(depth):
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3, "big")
        content = tag + (length if size < 128 or size > 65535 else b"\x82" + size.to_bytes(2, "big")) + content
    return content


def seal_with(signature):
    """A PDF whose range is right and whose signature is these bytes."""
    head = b"%%PDF-1.7\n1 0 obj << /SubFilter /adbe.pkcs7.detached /ByteRange [0 %10d %10d %10d] /Contents "
    first = len(head % (0, 0, 0))
    gap, tail = b"<" + signature.hex().encode() + b">", b" >> endobj" + END
    return head % (first, first + len(gap), len(tail)) + gap + tail


def nest_parts(depth):
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"Subject: x\n" + head + b"\nend\n"


def make_mail(body, boundary=b"b"):
    return b"Subject: x\nContent-Type: multipart/report; boundary=" + boundary + b"\n\n" + body


def wrap(tag, content):
    return tag + b"\x83" + len(content).to_bytes(3, "big") + content


def big_signatures():
    content = b"%PDF-1.7\n" + b"x" * (20 * MB)
    for number in range(10):
        content += b"\n/SubFilter /adbe.pkcs7.detached /ByteRange [0 %d %d %d] /Contents <00>" % (
            20 * MB + number,
            20 * MB + 99,
            9,
        )
    return content + END


BOMBS = {
    "deflate": lambda: make_stream(deflate(bytes(200 * MB))),
    "deflate twice": lambda: make_stream(deflate(bytes(500 * MB), 2), b"/FlateDecode /FlateDecode"),
    "deflate many": lambda: make_stream(deflate(bytes(10 * MB)), count=1500),
    "ascii85 zeros": lambda: make_stream(b"z" * (4 * MB), b"/ASCII85Decode /FlateDecode"),
    "ascii85 zeros many": lambda: make_stream(b"z" * MB, b"/ASCII85Decode", count=20),
    "hexadecimal strings": lambda: make_stream(b"<41" * (8 * MB), b""),
    "hexadecimal many": lambda: make_stream(b"<4142>" * (300 * 1024), b"", count=12),
    "kerning": lambda: make_stream(b")1.1(" * (400 * 1024), b"", count=10),
    "deep asn1": lambda: nest(b"\x30", 60_000),
    "deep asn1 in a seal": lambda: seal_with(nest(b"\x30", 60_000)),
    "deep tags": lambda: nest(b"\xa0", 200_000),
    "many elements": lambda: b"\x30\x83" + (900_000).to_bytes(3, "big") + b"\x05\x00" * 450_000,
    "long object identifier": lambda: wrap(b"\x30", wrap(b"\x06", b"\xff" * 900_000)),
    "long integer": lambda: wrap(b"\x30", wrap(b"\x02", b"\x7f" * 900_000)),
    "indefinite lengths": lambda: b"\x30\x80" * 5_000_000,
    "huge stamp": lambda: b"0\x84" + (24 * MB).to_bytes(4, "big") + bytes(24 * MB),
    "deep parts": lambda: nest_parts(100_000),
    "deep messages": lambda: make_mail(b"--b\n" + b"Content-Type: message/rfc822\n\n" * 300_000),
    "million headers": lambda: b"Subject: x\n" * 1_000_000,
    "million headers in a part": lambda: make_mail(b"--b\n" + b"Subject: x\n" * 1_000_000 + b"\n--b--"),
    "million parts": lambda: make_mail(b"--b\n\nx\n" * 1_000_000),
    "million recipients": lambda: make_mail(
        b"--b\nContent-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 1_000_000
    ),
    "long header": lambda: b"Subject: " + b"x" * (20 * MB),
    "folded header": lambda: b"Subject: x\n" + b" y\n" * 5_000_000,
    "parameters": lambda: b'Content-Type: multipart/report; a="' + b';"' * 100_000 + b"\n\nx",
    "blank lines": lambda: make_mail(b"\n" * (20 * MB)),
    "spaces": lambda: make_mail((b" " * 79 + b"\n") * 200_000),
    "boundary like lines": lambda: make_mail(b"--b" * (8 * MB)),
    "encoded words": lambda: b"Subject: x\nMessage-ID: " + b"=?utf-8?q?" * 20_000 + b"\n\nx",
    "message-ids": lambda: make_mail(
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: " + b"<" * 200_000 + b"\n\nx\n--b--"
    ),
    "million objects": lambda: b"%PDF-1.7\n" + b"1 0 obj<<>>endobj\n" * 1_000_000 + END,
    "previous loop": lambda: make_pdf().replace(b"/Size", b"/Prev 9 /Size") + b"trailer << /Prev 9 >>" + END,
    "streams without end": lambda: b"%PDF-1.7\n" + b"stream\n" * (3 * MB) + END,
    "streams": lambda: b"%PDF-1.7\n" + b"stream\nendstream" * MB + END,
    "ranges": lambda: b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]" * MB + END,
    "ranges without end": lambda: b"%PDF-1.7\n" + b"/ByteRange [" * MB + END,
    "ranges of spaces": lambda: b"%PDF-1.7\n" + (b"/ByteRange" + b" " * 2000) * 10_000 + END,
    "encryption": lambda: b"%PDF-1.7\n" + b"/Encrypt " * (2 * MB) + END,
    "identifiers": lambda: b"%PDF-1.7\n" + PAGE_UUID.encode() * 600_000 + END,
    "almost identifiers": lambda: b"%PDF-1.7\n" + b"4f0f2bb1-31d7-4d1c-" * MB + END,
    "digits": lambda: b"%PDF-1.7\n" + b"a" * (24 * MB) + END,
    "parentheses": lambda: b"%PDF-1.7\n" + b"(" * (24 * MB) + END,
    "many large seals": big_signatures,
    "jpeg markers": lambda: b"\xff\xd8\xff" + b"\xff" * (24 * MB),
    "jpeg segments": lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * (6 * MB),
    "tiff entries": lambda: b"II*\0\x08\0\0\0\xff\xff" + bytes(20 * MB),
    "png without end": lambda: b"\x89PNG\r\n\x1a\n" + bytes(24 * MB),
}


def read_in_child(folder, content):
    (folder / "file").write_bytes(content)
    (folder / "root").write_bytes(get_seal().root_pem)
    child = Path(__file__).parent / "evidence_child.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, str(child), str(folder / "file"), str(folder / "root")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_more_than_its_share(name, tmp_path):
    content = BOMBS[name]()
    found = read_in_child(tmp_path, content[:MAX_BYTES])
    assert found["seconds"] < SECONDS, found
    assert found["megabytes"] < MEGABYTES, found
    assert found["result"] not in ("intact", "trusted")


def test_the_largest_sealed_file_takes_no_more_either(tmp_path):
    """An honest receipt of the largest size, with all the seals that are looked at."""
    pdf = make_pdf(0).replace(b"%%EOF", b"% " + b"x" * (24 * MB) + b"\n%%EOF")
    content = get_seal().sign_pdf(pdf, NOW)
    for _ in range(7):
        content = sign(get_seal().signer, pdf=content, hash_name="sha512")
    found = read_in_child(tmp_path, content)
    assert found["result"] == "trusted"
    assert found["seconds"] < SECONDS, found
    assert found["megabytes"] < MEGABYTES, found


def test_the_child_says_what_the_reader_says(tmp_path):
    assert read_in_child(tmp_path, make_receipt())["result"] == "trusted"
    assert read_in_child(tmp_path, update(make_receipt()))["result"] == "broken"
