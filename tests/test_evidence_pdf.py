"""Seals in PDF files: what holds is called so, and whatever is done to a sealed file, it no longer is."""

import os
import re
from datetime import timedelta

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from evidence_samples import (
    DAY,
    GAP,
    NOW,
    PAGE_UUID,
    RANGE,
    TITLE_UUID,
    certify,
    flip,
    get_rsa_key,
    get_seal,
    make_key,
    make_pdf,
    make_receipt,
    seal_again,
    sign,
    sign_as_stamp,
    sign_by_pss,
    sign_without_attributes,
    update,
)

from odoo.addons.account_dunning.evidence import Evidence, ParseProblem, pdf, pyhanko_check, read, read_roots
from odoo.addons.account_dunning.sandbox import seal as sandbox
from odoo.addons.account_dunning.sandbox.seal import Seal

HOLDS = {"intact", "trusted", "none"}


@pytest.fixture(autouse=True)
def without_second_check(monkeypatch):
    """These tests are about our own check; pyHanko's has its own."""
    monkeypatch.setattr(pyhanko_check, "PdfFileReader", None)


@pytest.fixture(scope="module")
def root():
    return certify("Root", is_authority=True)


def read_by(root, content):
    return read(content, [root.pem])


def state(evidence):
    return getattr(evidence, "seal_state", None)


def test_a_receipt_is_trusted_under_its_root_and_says_who_and_when():
    found = read(make_receipt(), [get_seal().root_pem])
    assert (found.format, found.mimetype, found.seal_state) == ("pdf", "application/pdf", "trusted")
    assert (found.signer, found.issuer) == ("Sandbox Registered Mail", "Sandbox Root")
    assert int(found.serial, 16) == get_seal().signer.certificate.serial_number
    assert found.signed_at == found.stamped_at == NOW
    assert found.remarks == ("revocation_not_checked",)


def test_references_are_found_in_page_and_document_information():
    assert set(read(make_receipt()).references) == {PAGE_UUID, TITLE_UUID}
    assert set(read(make_pdf(compress=0)).references) == {PAGE_UUID, TITLE_UUID}


def test_references_survive_kerning_two_byte_strings_and_hexadecimal():
    half = PAGE_UUID[:10].encode(), PAGE_UUID[10:].encode()
    kerned = b"[(%s) -12.5 (%s)] TJ" % half
    wide = b"(\xfe\xff" + TITLE_UUID.encode("utf-16-be") + b")"
    digits = b"<" + TITLE_UUID.encode().hex().encode() + b"> Tj"
    for body, expected in ((kerned, PAGE_UUID), (wide, TITLE_UUID), (digits, TITLE_UUID)):
        plain = make_pdf(0).replace(PAGE_UUID.encode(), b"").replace(TITLE_UUID.encode(), b"")
        content = plain.replace(b"1 0 obj", b"99 0 obj " + body + b" endobj 1 0 obj", 1)
        assert read(content).references == (expected,)


def test_a_pdf_without_a_seal_has_none():
    assert read(make_pdf(), [get_seal().root_pem]).seal_state == "none"


def test_without_its_root_a_receipt_is_only_intact():
    other = Seal.make(NOW)
    for roots in ((), [other.root_pem]):
        found = read(make_receipt(), roots)
        assert found.seal_state == "intact"
        assert {"unknown_root", "untrusted_stamp", "signing_time_not_proved"} <= set(found.remarks)


def test_a_root_is_taken_in_pem_der_and_bundle():
    root = get_seal().root.certificate
    der = root.public_bytes(serialization.Encoding.DER)
    bundle = b"# comment\n" + Seal.make(NOW).root_pem + get_seal().root_pem
    for form in (der, get_seal().root_pem, bundle, bytearray(der)):
        assert read(make_receipt(), [form]).seal_state == "trusted"


def test_a_root_of_the_same_name_with_another_key_is_not_trusted():
    assert "unknown_root" in read(make_receipt(), [Seal.make(NOW).root_pem]).remarks


def test_an_unusable_root_is_told_and_harms_no_other():
    for unusable in (b"", b"nothing", get_seal().root_pem[:200], b"0" * 10**6):
        found = read(make_receipt(), [unusable, get_seal().root_pem])
        assert found.seal_state == "trusted"
        assert "unusable_root" in found.remarks


def test_roots_are_described_for_a_screen_and_others_refused():
    (found,) = read_roots(get_seal().root_pem)
    assert (found.name, found.issuer) == ("Sandbox Root", "Sandbox Root")
    assert found.not_before < NOW < found.not_after
    assert read(make_receipt(), [found.der]).seal_state == "trusted"
    assert read_roots(get_seal().signer.pem).code == "not_an_authority"
    for content in (b"", b"x", get_seal().root_pem[:99]):
        assert read_roots(content).code == "malformed"


# --- kinds of seal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_rsa_and_elliptic_curves_with_any_current_hash(root, kind, hash_name):
    signer = certify("Signer", root, key=get_rsa_key() if kind == "rsa" else make_key())
    found = read_by(root, sign(signer, hash_name=hash_name))
    assert found.seal_state == "trusted"
    assert found.stamped_at is None
    assert "signing_time_not_proved" in found.remarks


def test_pss_and_a_signature_without_signed_attributes(root):
    by_rsa = certify("Signer", root, key=get_rsa_key())
    for content in (sign_by_pss(by_rsa), sign_without_attributes(by_rsa), sign_without_attributes(certify("E", root))):
        found = read_by(root, content)
        assert found.seal_state == "trusted"
        assert found.signed_at == NOW  # the dictionary's own claim
        assert state(read_by(root, flip(content, 40))) == "broken"


def test_sha1_and_short_keys_are_never_trusted(root):
    assert "weak_digest" in read_by(root, sign(certify("Signer", root), hash_name="sha1")).remarks
    short = certify("Signer", root, key=get_rsa_key(1024))
    found = read_by(root, sign(short))
    assert found.seal_state == "intact"
    assert "weak_key" in found.remarks


def test_a_signer_is_found_by_issuer_and_serial_number(root):
    """Two authorities both give the number 4097: by the number alone the wrong certificate would be taken."""
    other = certify("Other Root", is_authority=True, serial=4097)
    signer = certify("Signer", root, serial=4097)
    content = sign(signer, others=[other, certify("Decoy", other, serial=4097)])
    found = read_by(root, content)
    assert (found.seal_state, found.signer) == ("trusted", "Signer")
    decoy_first = sign(certify("Decoy", other, serial=4097), others=[signer])
    assert read(decoy_first, [other.pem]).signer == "Decoy"


# --- trust -----------------------------------------------------------------------------------------


def test_a_path_may_have_authorities_between_but_not_too_many(root):
    chain = [root]
    for number in range(6):
        chain.append(certify(f"Authority {number}", chain[-1], is_authority=True))
    short, long = (sign(certify("Signer", chain[at]), others=chain[1 : at + 1]) for at in (2, 6))
    assert read_by(root, short).seal_state == "trusted"
    assert read_by(root, sign(certify("Signer", chain[2]))).remarks[0] == "unknown_root"  # what lies between is missing
    found = read_by(root, long)
    assert found.seal_state == "intact"
    assert "path_too_long" in found.remarks


@pytest.mark.parametrize(("length", "state"), [(0, "intact"), (1, "trusted")])
def test_an_authority_vouches_for_as_many_below_it_as_its_certificate_allows(root, length, state):
    upper = certify("Upper", root, is_authority=True, path_length=length)
    lower = certify("Lower", upper, is_authority=True)
    found = read_by(root, sign(certify("Signer", lower), others=[upper, lower]))
    assert (found.seal_state, found.remarks[0] == "path_too_long") == (state, length == 0)


def test_what_no_signature_covers_is_what_the_standard_makes_of_it(root):
    """RFC 5652, 5.1 and 5.3: the version follows from the content, and nothing lies beside the named parts."""
    signer = certify("Signer", root)

    def seal(change):
        def make_cms(data):
            info = cms.ContentInfo.load(sandbox.sign_content(signer, "data", data, embed=False))
            return change(info)

        return read_by(root, sandbox.embed_signature(make_pdf(), NOW, make_cms))

    def claim_version(info):
        info["content"]["version"] = "v3"
        return info.dump(force=True)

    def put_in_pieces(info):
        """An OCTET STRING made of others, as BER allows and DER does not."""
        signer_info = info["content"]["signer_infos"][0]
        whole = signer_info["signature"].native
        pieces = core.OctetString(whole)
        pieces.method, pieces.contents = 1, b"\x04" + bytes([len(whole)]) + whole
        signer_info["signature"] = pieces
        return info.dump(force=True)

    assert "unsupported_version" in seal(claim_version).remarks
    assert "malformed_signature" in seal(put_in_pieces).remarks


def test_who_is_no_authority_cannot_vouch_for_others(root):
    person = certify("Person", root)
    found = read_by(root, sign(certify("Signer", person), others=[person]))
    assert found.seal_state == "intact"
    assert "issuer_not_authority" in found.remarks


def test_validity_counts_at_the_moment_of_the_signature(root):
    ended = certify("Signer", root, end=NOW - DAY)
    early = certify("Signer", root, start=NOW + DAY)
    assert "expired_signer" in read_by(root, sign(ended)).remarks
    assert "signer_not_yet_valid" in read_by(root, sign(early)).remarks
    assert read_by(root, sign(ended)).seal_state == read_by(root, sign(early)).seal_state == "intact"
    assert read_by(root, sign(ended, when=NOW - 2 * DAY)).seal_state == "trusted"


def test_a_trusted_stamp_counts_more_than_the_signers_claim(root, monkeypatch):
    """Who signs after the end of his certificate may claim an earlier day; the stamp tells the true one."""
    ended = certify("Signer", root, end=NOW - DAY)
    authority = certify("Stamps", root, for_time_stamps=True)
    make_token = sandbox.make_token
    monkeypatch.setattr(sandbox, "make_token", lambda key, digest, when: make_token(key, digest, NOW))
    late = sign(ended, when=NOW - 2 * DAY, authority=authority)
    found = read_by(root, late)
    assert (found.seal_state, found.signed_at, found.stamped_at) == ("intact", NOW - 2 * DAY, NOW)
    assert "expired_signer" in found.remarks


def test_an_expired_root_is_not_trusted():
    old = certify("Root", is_authority=True, end=NOW - DAY)
    assert "expired_issuer" in read(sign(certify("Signer", old)), [old.pem]).remarks


def test_an_installed_seal_certificate_is_trusted_itself(root):
    signer = certify("Signer", root)
    assert read(sign(signer), [signer.pem]).seal_state == "trusted"


def test_a_certificate_for_other_purposes_does_not_sign(root):
    assert "wrong_key_usage" in read_by(root, sign(certify("Stamps", root, for_time_stamps=True))).remarks
    assert "wrong_key_usage" in read_by(root, sign(certify("Authority", root, is_authority=True))).remarks


def test_a_stamp_by_somebody_who_may_not_is_not_trusted(root):
    found = read_by(root, sign(certify("Signer", root), authority=certify("Person", root)))
    assert "untrusted_stamp" in found.remarks


def test_without_any_time_nothing_can_be_trusted(root, monkeypatch):
    signer = certify("Signer", root)
    assert read_by(root, sign(signer, claims_time=False)).signed_at == NOW  # the dictionary tells it
    monkeypatch.setattr(pdf, "CLAIMED", re.compile(rb"(never)(seen)(in)(it)"))
    found = read_by(root, sign(signer, claims_time=False))
    assert (found.seal_state, found.signed_at) == ("intact", None)
    assert "signing_time_missing" in found.remarks


def test_a_stamp_of_something_else_breaks_the_seal(root, monkeypatch):
    make_token = sandbox.make_token
    monkeypatch.setattr(sandbox, "make_token", lambda key, digest, when: make_token(key, bytes(32), when))
    authority = certify("Stamps", root, for_time_stamps=True)
    found = read_by(root, sign(certify("Signer", root), authority=authority))
    assert (found.seal_state, found.remarks) == ("broken", ("stamp_imprint_mismatch",))


def test_critical_extensions_are_obeyed(root):
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    strange = certify("Signer", root, extensions=[(unknown, True)])
    assert "unknown_critical_extension" in read_by(root, sign(strange)).remarks
    assert read_by(root, sign(certify("Signer", root, extensions=[(unknown, False)]))).seal_state == "trusted"
    middle = certify("Middle", root, is_authority=True, extensions=[(unknown, True)])
    found = read_by(root, sign(certify("Signer", middle), others=[middle]))
    assert (found.seal_state, found.remarks[0]) == ("intact", "unknown_critical_extension")


def test_times_far_apart_are_told(root, monkeypatch):
    signer, authority = certify("Signer", root), certify("Stamps", root, for_time_stamps=True)
    content = sign(signer, authority=authority)
    assert "times_differ" not in read_by(root, content).remarks
    make_token = sandbox.make_token
    monkeypatch.setattr(sandbox, "make_token", lambda key, digest, when: make_token(key, digest, when + 3 * DAY))
    assert "times_differ" in read_by(root, sign(signer, authority=authority)).remarks


# --- what is done to a sealed file -----------------------------------------------------------------


def get_places(content):
    """Bytes of the signature, all of its ends and of the ranges, some of the rest; DUNNING_LONG takes them all."""
    step = 1 if os.environ.get("DUNNING_LONG") else 7
    gap, ranges = GAP.search(content), RANGE.search(content)
    used = len(gap.group(1).rstrip(b"0"))
    dense = {
        *range(gap.start(), gap.start(1) + 120),
        *range(gap.start(1), gap.start(1) + used + 40, step),
        *range(gap.end() - 4, gap.end() + 4),
    }
    return sorted(dense | {*range(ranges.start(), ranges.end())} | {*range(0, len(content), 5 * step)})


def make_samples():
    rooted = certify("Root", key=get_rsa_key(), is_authority=True)
    by_rsa = certify("Signer", rooted, key=get_rsa_key())
    return {
        "stamped": (make_receipt(), get_seal().root_pem),
        "rsa": (sign(by_rsa), rooted.pem),
    }


@pytest.mark.parametrize("name", ["stamped", "rsa"])
@pytest.mark.parametrize("bit", [1, 32])
def test_one_changed_bit_anywhere_is_noticed(name, bit):
    content, root = make_samples()[name]
    assert read(content, [root]).seal_state == "trusted"
    held = [at for at in get_places(content) if state(read(flip(content, at, bit), [root])) in HOLDS]
    assert not held


def test_a_cut_file_is_noticed_wherever_it_is_cut():
    content = make_receipt()
    signed_from = RANGE.search(content).start()
    for length in [*range(0, len(content), 211), *range(len(content) - 40, len(content))]:
        found = read(content[:length], [get_seal().root_pem])
        allowed = {"broken", None} if length > signed_from + 80 else {"broken", None, "none"}
        assert state(found) in allowed, length


@pytest.mark.parametrize("added", [b"\n", b" ", b"\0", b"%%EOF\n", b"x" * 1000, b"\n%%EOF\n" * 3])
def test_bytes_added_after_the_end_are_noticed(added):
    found = read(make_receipt() + added, [get_seal().root_pem])
    assert found.seal_state == "broken"
    assert "not_entire_file" in found.remarks


def test_an_incremental_update_is_noticed():
    found = read(update(make_receipt()), [get_seal().root_pem])
    assert found.seal_state == "broken"
    assert "not_entire_file" in found.remarks


def test_a_second_range_that_claims_the_added_bytes_is_noticed():
    """The signature is copied under a new range that covers what was added."""
    content = update(make_receipt())
    gap = GAP.search(content)
    copied = b"\n98 0 obj << /SubFilter /adbe.pkcs7.detached /Contents " + gap.group()[10:]
    first = len(content) + copied.index(b"<", 10)
    end = first + len(gap.group()) - 10
    tail = b" /ByteRange [0 %d %d %s] >> endobj\n%%%%EOF\n"
    rest = len(tail % (first, end, b"99"))
    found = read(content + copied + tail % (first, end, b"%d" % rest), [get_seal().root_pem])
    assert found.seal_state == "broken"


def set_range(content, ranges):
    match = RANGE.search(content)
    return (
        content[: match.start()]
        + (b"/ByteRange [%d %d %d %d]" % ranges).ljust(len(match.group()))
        + content[match.end() :]
    )


@pytest.mark.parametrize("change", ["none", "start", "gap", "overlap", "negative", "shorter", "huge"])
def test_a_false_range_is_noticed(change):
    content = make_receipt()
    zero, first, second, rest = (int(number) for number in RANGE.search(content).groups())
    ranges = {
        "none": (0, 0, 0, 0),
        "start": (1, first - 1, second, rest),
        "gap": (zero, first - 200, second, rest),
        "overlap": (zero, second, first, rest),
        "negative": (0, first, second + 10, rest),
        "shorter": (0, first, second, rest - 10),
        "huge": (0, first, second, 10**9),
    }[change]
    found = read(set_range(content, ranges), [get_seal().root_pem])
    assert found.seal_state == "broken"
    assert found.remarks


def test_a_right_signature_over_a_false_range_is_noticed(root):
    """Whoever seals may leave out the start of the file, or put his signature where no signature is read."""
    signer = certify("Signer", root)
    content = sign(signer)
    assert read_by(root, seal_again(content, signer)).seal_state == "trusted"
    first, second, rest = (int(number) for number in RANGE.search(content).groups()[1:])
    for changed in (set_range(content, (5, first, second, rest)), content.replace(b"/Contents <", b"/Contentz <")):
        found = read_by(root, seal_again(changed, signer))
        assert (found.seal_state, found.remarks) == ("broken", ("false_byte_range",))


@pytest.mark.parametrize("filling", [b"00>  ", b"(x)  ", b"  00 ", b"0g00 "])
def test_a_gap_that_holds_more_than_the_signature_is_noticed(filling):
    content = make_receipt()
    end = GAP.search(content).end()
    found = read(content[: end - 20] + filling + content[end - 20 + len(filling) :], [get_seal().root_pem])
    assert (found.seal_state, found.remarks) == ("broken", ("contents_gap",))


def test_bytes_hidden_behind_the_signature_are_noticed():
    content = make_receipt()
    at = GAP.search(content).end() - 10
    assert read(flip(content, at, 1), [get_seal().root_pem]).remarks == ("contents_gap",)


def test_a_seal_whose_range_is_hidden_is_not_taken_for_none():
    content = make_receipt().replace(b"/ByteRange", b"/ByteRangf")
    assert read(content).seal_state == "broken"


def test_an_unknown_format_of_signature_is_not_checked():
    content = make_receipt().replace(b"/adbe.pkcs7.detached", b"/adbe.x509.rsa_sha1 ")
    found = read(content, [get_seal().root_pem])
    assert (found.seal_state, found.remarks) == ("not_checked", ("unsupported_signature_format",))


# --- several seals ---------------------------------------------------------------------------------


def test_two_seals_the_last_covers_all_and_changes_between_are_not_checked(root):
    first, second = certify("First", root), certify("Second", root)
    found = read_by(root, sign(second, pdf=sign(first)))
    assert (found.seal_state, found.signer) == ("trusted", "Second")
    assert {"several_signatures", "revision_not_checked"} <= set(found.remarks)


def test_the_worst_of_two_seals_decides(root):
    stranger = certify("Stranger", certify("Elsewhere", is_authority=True))
    known = certify("Known", root)
    assert read_by(root, sign(stranger, pdf=sign(known))).seal_state == "intact"
    assert read_by(root, sign(known, pdf=sign(stranger))).seal_state == "intact"
    broken = flip(sign(known), 40)
    assert read_by(root, sign(known, pdf=broken)).seal_state == "broken"


def test_a_document_time_stamp_alone_proves_the_time(root):
    authority = certify("Stamps", root, for_time_stamps=True)
    content = sign_as_stamp(make_pdf(), authority)
    found = read_by(root, content)
    assert (found.seal_state, found.stamped_at) == ("trusted", NOW)
    assert state(read_by(root, flip(content, 40))) == "broken"


def test_a_seal_under_a_document_time_stamp_is_not_checked_as_its_revision_ends_before(root):
    authority = certify("Stamps", root, for_time_stamps=True)
    found = read_by(root, sign_as_stamp(sign(certify("Signer", root)), authority, NOW + timedelta(hours=1)))
    assert (found.seal_state, found.signer) == ("not_checked", "Signer")
    assert "revision_not_checked" in found.remarks


def test_too_many_seals_are_not_checked(root):
    content, signer = make_pdf(), certify("Signer", root)
    for _ in range(pdf.MAX_SIGNATURES + 1):
        content = sign(signer, pdf=content)
    found = read_by(root, content)
    assert "too_many_signatures" in found.remarks
    assert found.seal_state in ("not_checked", "broken")


# --- others ----------------------------------------------------------------------------------------


def test_an_encrypted_pdf_is_a_problem():
    content = make_pdf().replace(b"/Size", b"/Encrypt 9 0 R /Size")
    assert read(content) == ParseProblem("encrypted", "application/pdf", read(content).detail)


def test_a_cut_pdf_without_a_seal_is_malformed():
    assert read(make_pdf()[:-200]).code == "malformed"


@pytest.mark.parametrize(
    ("content", "code", "mimetype"),
    [
        (b"", "empty", "application/octet-stream"),
        (b"\x01\x02", "unknown_format", "application/octet-stream"),
        (b"PK\x03\x04abc", "unknown_format", "application/zip"),
        (b"\n<html><body>Maintenance", "unknown_format", "text/html"),
        (b'{"status": "maintenance"}', "unknown_format", "application/json"),
        (b"\n%PDF-1.4", "unknown_format", "application/octet-stream"),
        (b"%PDF-" + bytes(25 * 1024 * 1024), "too_large", "application/octet-stream"),
    ],
)
def test_what_is_no_evidence_is_named(content, code, mimetype):
    found = read(content)
    assert (found.code, found.mimetype) == (code, mimetype)


def test_a_saved_seal_is_the_same(tmp_path):
    get_seal().save(tmp_path)
    loaded = Seal.load(tmp_path)
    assert loaded.root_pem == get_seal().root_pem
    assert read(loaded.sign_pdf(make_pdf(), NOW), [get_seal().root_pem]).seal_state == "trusted"
    assert (tmp_path / "seal.key").stat().st_mode & 0o077 == 0


def test_the_sandbox_refuses_what_it_cannot_sign():
    for content in (b"", b"%PDF-1.4", b"%PDF-1.4\ntrailer << /Size 3 /Root 9 0 R >> startxref 9 %%EOF"):
        with pytest.raises(ValueError, match="sandbox"):
            get_seal().sign_pdf(content, NOW)


def test_evidence_is_what_readers_return():
    assert isinstance(read(make_receipt()), Evidence)
