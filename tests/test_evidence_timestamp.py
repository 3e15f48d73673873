"""Time-stamps: for this data, by this authority, at this moment, or not."""

import hashlib

import pytest
from asn1crypto import cms, tsp
from cryptography.x509 import ExtendedKeyUsage
from cryptography.x509.oid import ExtendedKeyUsageOID
from evidence_samples import DAY, NOW, certify, flip, get_rsa_key, get_seal, make_key

from odoo.addons.account_dunning.evidence import check_stamp, read
from odoo.addons.account_dunning.sandbox import seal as sandbox

DIGEST = hashlib.sha256(b"head of the chain").digest()


@pytest.fixture(scope="module")
def root():
    return certify("Root", is_authority=True)


def make_token(authority, digest=DIGEST, when=NOW):
    return sandbox.make_token(authority, digest, when)


def test_an_answer_and_its_bare_token_say_the_same():
    answer = get_seal().stamp(DIGEST, NOW)
    token = tsp.TimeStampResp.load(answer)["time_stamp_token"].dump()
    for content, mimetype in (
        (answer, "application/timestamp-reply"),
        (token, "application/vnd.etsi.timestamp-token"),
    ):
        found = check_stamp(content, DIGEST, [get_seal().root_pem])
        assert (found.format, found.mimetype, found.seal_state) == ("timestamp", mimetype, "trusted")
        assert (found.signer, found.stamped_at) == ("Sandbox Time-Stamp Authority", NOW)
        assert found.remarks == ("revocation_not_checked",)


def test_other_data_breaks_it_and_no_root_leaves_it_intact():
    answer = get_seal().stamp(DIGEST, NOW)
    other = check_stamp(answer, hashlib.sha256(b"other").digest(), [get_seal().root_pem])
    assert (other.seal_state, other.remarks) == ("broken", ("imprint_mismatch",))
    found = check_stamp(answer, DIGEST)
    assert (found.seal_state, found.remarks) == ("intact", ("unknown_root",))
    assert "unusable_root" in check_stamp(answer, DIGEST, [b"nothing"]).remarks


def test_read_says_that_the_data_was_not_compared():
    found = read(get_seal().stamp(DIGEST, NOW), [get_seal().root_pem])
    assert (found.seal_state, found.stamped_at) == ("trusted", NOW)
    assert "imprint_not_compared" in found.remarks


def test_the_authority_may_do_nothing_else(root):
    """RFC 3161, 2.3: time stamping is critical and alone."""
    stamping, mail = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION
    several = certify("Several", root, extensions=[(ExtendedKeyUsage([stamping, mail]), True)])
    not_critical = certify("Mild", root, extensions=[(ExtendedKeyUsage([stamping]), False)])
    for authority in (certify("Person", root), several, not_critical):
        found = check_stamp(make_token(authority), DIGEST, [root.pem])
        assert (found.seal_state, found.remarks) == ("intact", ("not_time_stamping",))
    good = certify("Stamps", root, for_time_stamps=True)
    assert check_stamp(make_token(good), DIGEST, [root.pem]).seal_state == "trusted"


def test_the_authority_is_judged_at_the_stamped_moment(root):
    authority = certify("Stamps", root, for_time_stamps=True, end=NOW - DAY, key=get_rsa_key())
    assert "expired_signer" in check_stamp(make_token(authority), DIGEST, [root.pem]).remarks
    assert check_stamp(make_token(authority, when=NOW - 2 * DAY), DIGEST, [root.pem]).seal_state == "trusted"


def test_a_refused_stamp_is_a_problem():
    refused = bytes.fromhex("3005 3003 020102")  # PKIStatusInfo: rejection, and no token
    assert read(refused).code == check_stamp(refused, DIGEST).code == "not_granted"


def test_a_token_without_its_certificate_needs_it_among_the_roots(root):
    authority = certify("Stamps", root, for_time_stamps=True)
    info = cms.ContentInfo.load(make_token(authority))
    info["content"]["certificates"] = None
    bare = info.dump(force=True)
    assert check_stamp(bare, DIGEST, [root.pem]).remarks == ("signer_certificate_missing",)
    assert check_stamp(bare, DIGEST, [root.pem, authority.pem]).seal_state == "trusted"


def test_an_imprint_of_another_hash_is_not_compared(root):
    authority = certify("Stamps", root, for_time_stamps=True)
    info = cms.ContentInfo.load(make_token(authority))["content"]["encap_content_info"]["content"].parsed
    info = tsp.TSTInfo(info.native | {"message_imprint": imprint_of("sha512")})
    token = sandbox.sign_content(authority, "tst_info", info.dump(), embed=True)
    assert check_stamp(token, DIGEST, [root.pem]).seal_state == "not_checked"


def imprint_of(name):
    return {"hash_algorithm": {"algorithm": name}, "hashed_message": hashlib.new(name, b"head of the chain").digest()}


def test_a_signature_that_names_no_certificate_is_not_trusted(root, monkeypatch):
    authority = certify("Stamps", root, for_time_stamps=True)
    monkeypatch.setattr(sandbox, "get_signing_certificate", lambda signatory: other_certificate(root))
    assert check_stamp(make_token(authority), DIGEST, [root.pem]).remarks == ("signer_certificate_mismatch",)


def other_certificate(root):
    digest = hashlib.sha256(certify("Other", root).asn1.dump()).digest()
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": digest}]})


def test_a_token_without_signed_attributes_is_broken(root):
    authority = certify("Stamps", root, for_time_stamps=True)
    token = cms.ContentInfo.load(make_token(authority))
    signer = token["content"]["signer_infos"][0]
    signer["signed_attrs"] = None
    found = check_stamp(token.dump(force=True), DIGEST, [root.pem])
    assert (found.seal_state, found.remarks) == ("broken", ("signed_attributes_missing",))


def test_a_token_that_binds_no_certificate_is_not_trusted(root, monkeypatch):
    """RFC 3161, 2.4.1: the authority's certificate is among what it signed."""
    attribute = sandbox.attribute

    def leave_out(name, value):
        return (
            attribute("signing_time", cms.Time({"utc_time": NOW}))
            if name == "signing_certificate_v2"
            else attribute(name, value)
        )

    monkeypatch.setattr(sandbox, "get_signing_certificate", lambda signatory: None)
    monkeypatch.setattr(sandbox, "attribute", leave_out)
    authority = certify("Stamps", root, for_time_stamps=True)
    found = check_stamp(make_token(authority), DIGEST, [root.pem])
    assert (found.seal_state, found.remarks) == ("intact", ("signer_not_bound",))


@pytest.mark.parametrize(("critical", "state"), [(True, "not_checked"), (False, "trusted")])
def test_a_critical_extension_of_the_stamp_is_obeyed(root, monkeypatch, critical, state):
    """RFC 3161, 2.4.2"""
    whole = tsp.TSTInfo
    extension = {"extn_id": "1.3.6.1.4.1.99999.7", "critical": critical, "extn_value": b"\x05\x00"}
    monkeypatch.setattr(sandbox.tsp, "TSTInfo", lambda info: whole({**info, "extensions": [extension]}))
    token = make_token(certify("Stamps", root, for_time_stamps=True))
    monkeypatch.undo()
    assert check_stamp(token, DIGEST, [root.pem]).seal_state == state


@pytest.mark.parametrize("bit", [1, 4, 32, 128])
def test_one_changed_bit_anywhere_is_noticed(bit):
    """But in the status in front of the token, which nobody signed."""
    token = tsp.TimeStampResp.load(get_seal().stamp(DIGEST, NOW))["time_stamp_token"].dump()
    held = []
    for at in range(len(token)):
        found = check_stamp(flip(token, at, bit), DIGEST, [get_seal().root_pem])
        if getattr(found, "seal_state", None) in ("intact", "trusted"):
            held.append(at)
    assert not held


def test_a_cut_or_lengthened_stamp_is_malformed():
    answer = get_seal().stamp(DIGEST, NOW)
    for length in range(1, len(answer), 7):
        assert read(answer[:length]).code in ("malformed", "unknown_format")
    assert read(answer + b"\0").code == "malformed"


def test_another_signed_message_is_no_stamp():
    signer = certify("Signer", key=make_key())
    content = sandbox.sign_content(signer, "data", b"hello", embed=False)
    assert (read(content).code, read(content).mimetype) == ("unknown_format", "application/pkcs7-mime")
    assert read(signer.asn1.dump()).code in ("malformed", "unknown_format")
