"""Sealed samples for the tests of evidence: real keys, made on the spot, and what can be done to a seal."""

import hashlib
import io
import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from asn1crypto import algos, cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from reportlab.pdfgen import canvas

from odoo.addons.account_dunning.sandbox import seal as sandbox

NOW = datetime(2026, 3, 3, 10, 30, tzinfo=timezone.utc)
DAY = timedelta(days=1)
PAGE_UUID = "4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d001"
TITLE_UUID = "4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d002"
GAP = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]")


@lru_cache
def get_seal():
    return sandbox.Seal.make(NOW)


@lru_cache
def get_rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


def make_key():
    return ec.generate_private_key(ec.SECP256R1())


def certify(name, issuer=None, key=None, start=NOW - 365 * DAY, end=NOW + 365 * DAY, **options):
    return sandbox.certify(name, key or make_key(), issuer, start, end, **options)


@lru_cache
def make_pdf(compress=1):
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pageCompression=compress, invariant=1)
    page.setTitle(f"Receipt {TITLE_UUID}")
    page.drawString(100, 700, f"Letter {PAGE_UUID} was taken over.")
    page.showPage()
    page.save()
    return buffer.getvalue()


@lru_cache
def make_receipt():
    return get_seal().sign_pdf(make_pdf(), NOW)


def sign(signatory, pdf=None, when=NOW, *, authority=None, claims_time=True, others=(), **options):
    """A sealed PDF by any Signatory; `authority` stamps it, `others` are certificates to carry along."""
    attributes = [sandbox.attribute("signing_time", cms.Time({"utc_time": when}))] if claims_time else []

    def stamp(signature):
        return cms.ContentInfo.load(sandbox.make_token(authority, hashlib.sha256(signature).digest(), when))

    def make_cms(data):
        content = sandbox.sign_content(
            signatory,
            "data",
            data,
            embed=False,
            attributes=attributes,
            stamp=stamp if authority else None,
            **options,
        )
        return carry(content, others) if others else content

    return sandbox.embed_signature(pdf or make_pdf(), when, make_cms)


def carry(content, others):
    info = cms.ContentInfo.load(content)
    for other in others:
        info["content"]["certificates"].append(cms.CertificateChoices({"certificate": other.asn1}))
    return info.dump()


def sign_without_attributes(signatory):
    """The signature of RFC 5652, 5.4 without signed attributes: over the content itself."""

    def make_cms(data):
        return sandbox.wrap_signer(signatory, get_signer(signatory, data), "data", None)

    return sandbox.embed_signature(make_pdf(), NOW, make_cms)


def sign_by_pss(signatory):
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
    )

    def make_cms(data):
        signer = get_signer(signatory, data)
        signer["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": parameters}
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        signer["signature"] = signatory.key.sign(data, pss, hashes.SHA256())
        return sandbox.wrap_signer(signatory, signer, "data", None)

    return sandbox.embed_signature(make_pdf(), NOW, make_cms)


def get_signer(signatory, data):
    return {
        "version": "v1",
        "sid": sandbox.get_signer_identifier(signatory),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": signatory.get_signature_algorithm(),
        "signature": signatory.sign(data),
    }


def sign_as_stamp(pdf, authority, when=NOW):
    """A document time-stamp (ETSI EN 319 142-1, 5.4.3): a token in the place of a signature."""

    def make_cms(data):
        return sandbox.make_token(authority, hashlib.sha256(data).digest(), when)

    return sandbox.embed_signature(pdf, when, make_cms, "ETSI.RFC3161")


def take_apart(pdf):
    """The last seal's DER signature and the bytes that it is about."""
    _zero, first, second, rest = (int(number) for number in RANGE.findall(pdf)[-1])
    padded = bytes.fromhex(pdf[first + 1 : second - 1].decode())
    length = 4 + int.from_bytes(padded[2:4], "big")
    return padded[:length], pdf[:first] + pdf[second : second + rest]


def seal_again(content, signatory):
    """A sealed file that was changed, signed anew over the ranges that it claims."""
    start, first, second, rest = (int(number) for number in RANGE.findall(content)[-1])
    data = content[start:first] + content[second : second + rest]
    signature = sandbox.sign_content(signatory, "data", data, embed=False).hex().encode()
    return content[: first + 1] + signature.ljust(second - first - 2, b"0") + content[second - 1 :]


def update(pdf):
    """An incremental update that replaces the page's text, as any editor would add it."""
    trailer = sandbox.read_trailer(pdf)
    at, number = len(pdf) + 1, int(re.search(rb"/Contents (\d+) 0 R", pdf).group(1))
    text = b"BT /F1 12 Tf 100 700 Td (Changed) Tj ET"
    added = b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (number, len(text), text)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    end = b"trailer\n<< /Size %d /Root %d 0 R %s/Prev %d >>\n" % tuple(
        trailer[key] for key in ("size", "root", "rest", "at")
    )
    end += b"startxref\n%d\n%%%%EOF\n" % (at + len(added))
    return pdf + b"\n" + added + table + end


def flip(content, at, bit=1):
    changed = bytearray(content)
    changed[at] ^= bit
    return bytes(changed)
