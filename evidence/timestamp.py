"""Time-stamps (RFC 3161, RFC 5816): the answer of a service, or the bare token."""

import hashlib

from asn1crypto import cms, tsp

from . import certificates, der, signed_data
from .base import MALFORMED, Evidence, ParseProblem, SealBroken, SealNotChecked
from .signed_data import SealCheck

GRANTED = {"granted", "granted_with_mods"}
OBJECT_IDENTIFIER, SEQUENCE = 0x06, 0x30
MIMETYPES = {"token": "application/vnd.etsi.timestamp-token", "answer": "application/timestamp-reply"}

NO_STAMP = ParseProblem("unknown_format", "application/pkcs7-mime", "This is signed, but it is not a time-stamp.")


def read_timestamp(content: bytes, anchors=()) -> Evidence | ParseProblem:
    """What a time-stamp says of itself; what it stamps is not compared, and a remark says so.

    `anchors` are what certificates.load_anchors gives.
    """
    token = find_token(content)
    if isinstance(token, ParseProblem):
        return token
    checked = check_token(token, None, anchors)
    return to_evidence(content, checked, ("imprint_not_compared",))


def check_stamp(token: bytes, data_sha256: bytes, roots=()) -> Evidence | ParseProblem:
    """Was the data with this SHA-256 digest (32 bytes) stamped? `token` is a TimeStampResp or a bare token, in DER.

    `seal_state` "trusted": `stamped_at` is proved under one of `roots` (PEM or DER); "intact": it is for this data,
    but its authority leads to no root; "broken": it is for other data, or changed; "not_checked": we cannot tell.
    """
    found = find_token(bytes(token))
    if isinstance(found, ParseProblem):
        return found
    anchors, unusable = certificates.load_anchors(roots)
    checked = check_token(found, {"sha256": data_sha256}.get, anchors)
    return to_evidence(token, checked, ("unusable_root",) if unusable else ())


def to_evidence(content, checked, remarks):
    return Evidence(
        format="timestamp",
        mimetype=MIMETYPES["token" if is_token(content) else "answer"],
        seal_state=checked.state,
        signer=checked.signer,
        issuer=checked.issuer,
        serial=checked.serial,
        stamped_at=checked.stamped_at,
        remarks=(*checked.remarks, *remarks),
    )


def is_token(content):
    """A ContentInfo starts with an object identifier, a TimeStampResp with its status."""
    start = der.read_header(content, 0, len(content))[1]
    return content[start] == OBJECT_IDENTIFIER


def find_token(content: bytes) -> bytes | ParseProblem:
    """The bare token in a TimeStampResp or a ContentInfo."""
    try:
        der.check_limits(content)
        token = content if is_token(content) else open_answer(content)
        return token if isinstance(token, ParseProblem) or is_stamp(token) else NO_STAMP
    except SealNotChecked as error:
        return ParseProblem(error.code, MIMETYPES["answer"])
    except MALFORMED:
        return ParseProblem("malformed", detail="This is not a time-stamp.")


def is_stamp(token):
    info = cms.ContentInfo.load(token, strict=True)
    kind = info["content_type"].native
    return kind == "signed_data" and info["content"]["encap_content_info"]["content_type"].native == "tst_info"


def open_answer(content):
    """The token of an answer; a refused one has none."""
    start = der.read_header(content, 0, len(content))[1]
    end = der.read_header(content, start, len(content))[2]
    status = tsp.PKIStatusInfo.load(content[start:end], strict=True)["status"].native
    if status not in GRANTED:
        return ParseProblem("not_granted", MIMETYPES["answer"], f"The time-stamp service answered {status}."[:200])
    return content[end:]


def check_token(token: bytes, get_digest, anchors) -> SealCheck:
    """One token against the digest that `get_digest` gives for a hash name (None: not compared)."""
    return signed_data.judged(lambda: judge_token(token, get_digest, anchors))


def judge_token(token, get_digest, anchors):
    stamp, info = open_token(token)
    signed = signed_data.check(stamp, "tst_info", get_content_digest(stamp), anchors)
    check_imprint(info, get_digest)
    return judge(signed, info["gen_time"].native, anchors)


def open_token(token):
    stamp = signed_data.load(token)
    content = stamp["encap_content_info"]["content"]
    info = der.load(tsp.TSTInfo, content.contents)
    check_extensions(info)
    return stamp, info


def check_extensions(info):
    """A critical extension that is not understood makes the token unusable (RFC 3161, 2.4.2)."""
    if any(extension["critical"].native for extension in info["extensions"] or ()):
        raise SealNotChecked("unknown_critical_extension")


def get_content_digest(stamp):
    content = stamp["encap_content_info"]["content"].contents

    def digest(hash_name):
        return hashlib.new(hash_name, content).digest()

    return digest


def check_imprint(info, get_digest):
    imprint = info["message_imprint"]
    hash_name = imprint["hash_algorithm"]["algorithm"].native
    if hash_name not in certificates.HASHES:
        raise SealNotChecked("unsupported_algorithm")
    if get_digest is None:
        return
    digest = get_digest(hash_name)
    if digest is None:
        raise SealNotChecked("unsupported_algorithm")
    if imprint["hashed_message"].native != digest:
        raise SealBroken("imprint_mismatch")


def judge(signed, moment, anchors):
    """Trusted or only intact: the authority's certificate is judged at the moment that it stamped."""
    faults = get_faults(signed, moment, anchors)
    state = "intact" if faults else "trusted"
    remarks = faults or ["revocation_not_checked"]
    return signed_data.describe(signed, state, stamped_at=moment, remarks=remarks)


def get_faults(signed, moment, anchors):
    faults = certificates.get_trust_faults(
        signed.certificate, signed.embedded, anchors, moment, certificates.get_stamping_fault
    )
    faults += ["weak_digest"] if signed.weak_digest else []
    return faults + ([] if signed.bound else ["signer_not_bound"])
