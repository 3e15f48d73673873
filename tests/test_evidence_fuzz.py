"""Whatever bytes come in: Evidence or ParseProblem, never an exception, never a seal that was not there."""

import functools

import pytest
from evidence_samples import (
    NOW,
    certify,
    get_rsa_key,
    get_seal,
    make_pdf,
    make_receipt,
    sign,
    sign_as_stamp,
    sign_by_pss,
    update,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from test_evidence_delivery_report import OURS, make_bounce, make_report
from test_evidence_image import make_image

from odoo.addons.account_dunning.evidence import (
    Evidence,
    ParseProblem,
    certificates,
    check_stamp,
    delivery_report,
    image,
    pdf,
    pdf_text,
    pyhanko_check,
    read,
    read_roots,
    timestamp,
)

STATES = {"none", "intact", "trusted", "broken", "not_checked"}
CODES = {"empty", "too_large", "unknown_format", "malformed", "encrypted", "too_complex", "not_granted"}
DIGEST = b"0" * 32


@pytest.fixture(autouse=True)
def without_second_check(monkeypatch):
    monkeypatch.setattr(pyhanko_check, "PdfFileReader", None)


@functools.cache
def get_samples():
    seal = get_seal()
    by_rsa = certify("Signer", seal.root, key=get_rsa_key())
    disposition = f"Original-Message-ID: {OURS}\nDisposition: manual-action/x; displayed\n"
    return [
        make_pdf(),
        make_receipt(),
        update(make_receipt()),
        sign(by_rsa),
        sign_by_pss(by_rsa),
        sign(by_rsa, pdf=make_receipt()),
        sign_as_stamp(make_pdf(), seal.authority),
        seal.stamp(DIGEST, NOW),
        seal.signer.asn1.dump(),
        make_bounce(),
        make_report("disposition-notification", disposition),
        make_image("PNG"),
        make_image("JPEG"),
        make_image("TIFF"),
    ]


@st.composite
def mutated(draw):
    """A sample with some bytes changed, removed, repeated or put in."""
    content = bytearray(draw(st.sampled_from(get_samples())))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["change", "remove", "repeat", "insert"]))
        part = content[at : at + length]
        content[at : at + (0 if kind == "insert" else length)] = {
            "change": lambda part=part: draw(st.binary(min_size=len(part), max_size=len(part))),
            "remove": lambda: b"",
            "repeat": lambda part=part: bytes(part) * draw(st.integers(2, 5)),
            "insert": lambda: draw(st.binary(min_size=1, max_size=40)),
        }[kind]()
    return bytes(content)


@st.composite
def spliced(draw):
    """The start of one sample and the end of another."""
    first, second = draw(st.sampled_from(get_samples())), draw(st.sampled_from(get_samples()))
    return first[: draw(st.integers(0, len(first)))] + second[draw(st.integers(0, len(second))) :]


def check(content):
    found = read(content, [get_seal().root_pem])
    if isinstance(found, ParseProblem):
        assert found.code in CODES
        return
    assert isinstance(found, Evidence)
    assert found.seal_state in STATES
    assert found.seal_state in ("none", "intact", "trusted") or found.remarks
    assert found.kind in ("", "bounce")
    assert all(moment is None or moment.tzinfo for moment in (found.signed_at, found.stamped_at))
    if found.seal_state in ("intact", "trusted"):
        assert content in get_samples()


@settings(deadline=None, max_examples=400)
@given(st.one_of(mutated(), spliced()))
def test_changed_and_spliced_samples(content):
    check(content)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(
        [b"", b"%PDF-1.7\n", b"%PDF-/ByteRange [0 9 20 9]", b"0\x82", b"0\x80", b"Subject: x\n", b"\x89PNG\r\n\x1a\n"]
    ),
    st.binary(max_size=600),
)
def test_random_bytes(start, content):
    found = read(start + content, [content])
    assert isinstance(found, Evidence | ParseProblem)


PARSERS = [
    functools.partial(pdf.read_pdf, anchors=()),
    functools.partial(timestamp.read_timestamp, anchors=()),
    functools.partial(check_stamp, data_sha256=DIGEST),
    delivery_report.read_report,
    delivery_report.is_message,
    image.read_image,
    pdf_text.find_references,
    read_roots,
    lambda content: certificates.load_anchors([content]),
]


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=300), mutated(), spliced()), st.sampled_from(PARSERS))
def test_each_parser_alone_needs_no_net_under_it(content, parser):
    parser(content or b"x")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_changed_signatures(data):
    """Changes within the DER of the signature, where the structures are: a changed seal never holds."""
    content = make_receipt()
    start = content.index(b"/Contents <") + 11
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = start + 2 * data.draw(st.integers(0, 1900))
        changed[at : at + 2] = b"%02x" % data.draw(st.integers(0, 255))
    if bytes(changed) != content:
        assert read(bytes(changed), [get_seal().root_pem]).seal_state in ("broken", "not_checked")


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.text(max_size=100))
def test_fields_of_reports(machine, returned):
    content = make_report("delivery-status", machine, returned)
    found = read(content.decode().encode("utf-8", "surrogatepass"))
    assert isinstance(found, ParseProblem) or found.seal_state == "none"
