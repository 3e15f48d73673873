"""Forwarded mails taken apart: each attachment to the byte, logos left out, and nothing lost."""

import time

import pytest
from evidence_mails import LOGO, PDF, SCAN, UUID, attach, make_mail, report
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.evidence.message import get_recipients, take_apart


def take(mail):
    """{file name: bytes}"""
    content = mail if isinstance(mail, bytes) else mail.as_bytes()
    pieces = take_apart(content).pieces
    assert len({piece.file_name for piece in pieces}) == len(pieces)
    return {piece.file_name: piece.content for piece in pieces}


def test_each_attachment_is_a_piece_to_the_byte():
    mail = attach(attach(make_mail()), SCAN, "image/jpeg", "scan.jpg")
    assert take(mail) == {"receipt.pdf": PDF, "scan.jpg": SCAN}


@pytest.mark.parametrize("encoding", ["base64", "8bit", "quoted-printable"])
def test_whatever_its_encoding(encoding):
    raw = b"Text without ends of lines that change \xe9"
    body = {"base64": b"VGV4dCB3aXRob3V0IGVuZHMgb2YgbGluZXMgdGhhdCBjaGFuZ2Ug6Q==", "8bit": raw}.get(
        encoding, raw.replace(b"\xe9", b"=E9")
    )
    head = b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    part = b"Content-Type: application/pdf; name=r.pdf\r\nContent-Disposition: attachment; filename=r.pdf\r\n"
    mail = head + part + b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body + b"\r\n--x--\r\n"
    assert take(mail) == {"r.pdf": raw}


def test_a_mail_that_is_a_file_itself():
    mail = (
        b"From: scanner@creditor.example\r\nContent-Type: application/pdf; name=scan.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n"
    )
    assert take(mail) == {"scan.pdf": b"%PDF-1.4"}


def test_logos_of_a_signature_are_left_out_and_scans_shown_in_the_text_are_not():
    mail = make_mail()
    mail.add_alternative('<p>Hello <img src="cid:logo@x"><img src="cid:scan@x"></p>', subtype="html")
    html = mail.get_payload()[1]
    html.add_related(LOGO, "image", "png", cid="<logo@x>", filename="logo.png", disposition="inline")
    html.add_related(SCAN, "image", "jpeg", cid="<scan@x>", filename="scan.jpg", disposition="inline")
    assert take(mail) == {"scan.jpg": SCAN}
    assert "logo.png" in take(attach(make_mail(), LOGO, "image/png", "logo.png")), "attached, so meant"


def test_a_mail_without_files_is_kept_itself():
    mail = make_mail("Votre lettre a été reçue").as_bytes()
    assert take(mail) == {"Votre lettre a été reçue.eml": mail}


def test_a_small_picture_that_nothing_shows_is_kept():
    part = b"Content-Type: image/png; name=stamp.png\r\n\r\n" + LOGO
    mail = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + part + b"\r\n--x--\r\n"
    assert take(mail) == {"stamp.png": LOGO}


@pytest.mark.parametrize("kind", ["delivery-status", "disposition-notification"])
def test_reports_are_kept_whole(kind):
    mail = report(kind)
    assert take(mail) == {"Undelivered.eml": mail}


def test_a_report_wrapped_by_a_gateway_is_kept_whole():
    inner = report().partition(b"MIME-Version: 1.0\r\n")[2]
    mail = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + inner + b"\r\n--x--\r\n"
    assert take(mail) == {"message.eml": mail}


def test_a_report_forwarded_as_a_file_is_that_file():
    outer = b"From: a@b.example\r\nSubject: Fwd\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    mail = outer + b"Content-Type: message/rfc822\r\n\r\n" + report() + b"\r\n--x--\r\n"
    assert take(mail) == {"Undelivered.eml": report()}


def test_of_a_mail_forwarded_as_a_file_its_attachments_count():
    inner = attach(make_mail("Proof of deposit"))
    outer = make_mail("Fwd")
    outer.add_attachment(inner)
    assert take(outer) == {"receipt.pdf": PDF}
    outer = make_mail("Fwd")
    outer.add_attachment(make_mail("Only words"))
    assert list(take(outer)) == ["Only words.eml"]


def test_a_signed_mail_is_kept_whole_and_its_files_too():
    inner = attach(make_mail()).as_bytes()
    mail = (
        b"From: post@service.example\r\nSubject: Signed\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n\r\n'
        b"--s\r\n" + inner[inner.index(b"Content-Type: multipart/mixed") :] + b"\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=smime.p7s\r\n\r\nMIIB\r\n--s--\r\n"
    )
    assert take(mail) == {"Signed.eml": mail, "receipt.pdf": PDF}


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (b"Content-Transfer-Encoding: base64\r\n\r\n", "empty"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nA\r\n", "not base64"),
        (b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n", "an old encoding"),
    ],
)
def test_what_cannot_be_read_keeps_the_whole_mail(part, why):
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    mail = head + b"Content-Type: application/pdf; name=r.pdf\r\n" + part + b"\r\n--x--\r\n"
    assert take(mail) == {"message.eml": mail}, why


def test_names_hold_no_paths_and_no_tricks():
    for given_name, name in (
        ("../../etc/passwd", "etc passwd"),
        ("a\\b:c.pdf", "a b c.pdf"),
        ("receipt\u202efdp.exe", "receipt fdp.exe"),
        ("x" * 500 + ".pdf", "x" * 116 + ".pdf"),
    ):
        assert list(take(attach(make_mail(), name=given_name))) == [name]
    encoded = attach(make_mail()).as_bytes().replace(b'"receipt.pdf"', b'"=?utf-8?Q?re=C3=A7u.pdf?="')
    assert list(take(encoded)) == ["reçu.pdf"]


def test_what_people_quote_is_found():
    mail = attach(make_mail(f"Fwd: {UUID.upper()}", text="> Message-ID: <abc@creditor.example>"))
    mail["In-Reply-To"] = "<reply@creditor.example>"
    found = take_apart(mail.as_bytes())
    assert set(found.references) == {UUID, "abc@creditor.example", "reply@creditor.example"}
    assert (found.message_id, found.sender) == ("<1@service.example>", "Post <post@service.example>")
    assert take_apart(report()).returned == ("<2@creditor.example>",)


def test_to_whom_it_went():
    mail = make_mail(to='"Receipts, all" <Receipts@Creditor.example>, x@y.example', Cc="c@y.example")
    assert get_recipients(mail.as_bytes()) == {"receipts@creditor.example", "x@y.example", "c@y.example"}
    assert get_recipients(b"\x00\xff") == frozenset()


@given(st.binary(max_size=3000))
def test_whatever_comes_nothing_is_lost(content):
    pieces = take_apart(content).pieces
    assert pieces
    assert all(piece.file_name for piece in pieces)
    get_recipients(content)


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.binary(max_size=40), st.integers(0, 60))
def test_a_damaged_mail_gives_its_files_or_itself(place, noise, cut):
    mail = attach(attach(make_mail()), SCAN[:400], "image/jpeg", "scan.jpg").as_bytes()
    at = place % len(mail)
    damaged = mail[:at] + noise + mail[at + cut :]
    assert take_apart(damaged).pieces


def nest(width, depth):
    """Multiparts in multiparts, with a file in each of the last."""
    if not depth:
        return b"Content-Type: application/pdf\r\n\r\n%PDF-1.4"
    name = b"b%d" % depth
    inner = b"".join(b"--" + name + b"\r\n" + nest(width, depth - 1) + b"\r\n" for _part in range(width))
    return b"Content-Type: multipart/mixed; boundary=" + name + b"\r\n\r\n" + inner + b"--" + name + b"--\r\n"


@pytest.mark.parametrize(
    "content",
    [
        nest(40, 3),
        nest(1, 12),
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 100_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(2000)
        ),
        b"Subject: " + b"=?utf-8?B?4pyT?= " * 100_000 + b"\r\n\r\n",
        b"A: b\r\n" * 300_000,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + b"\r\n\r\n" * 500_000,
        b"To: " + b"a@b.example, " * 50_000 + b"\r\n\r\n" + UUID.encode() * 30_000,
    ],
)
def test_bombs_are_given_up_at_once(content):
    begun = time.monotonic()
    assert take_apart(content).pieces[0].content == content
    get_recipients(content)
    assert time.monotonic() - begun < 2
