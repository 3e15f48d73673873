"""What a time-stamp service is asked, and whether its answer answers that (RFC 3161, 2.4)."""

from asn1crypto import tsp

from . import timestamp
from .base import MALFORMED, Evidence, ParseProblem, SealNotChecked


def write_request(data_sha256: bytes, nonce: int) -> bytes:
    """A TimeStampReq in DER for data with this SHA-256 digest (32 bytes); the certificate is asked for, too."""
    request = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": data_sha256},
        "nonce": nonce,
        "cert_req": True,
    }
    return tsp.TimeStampReq(request).dump()


def read_answer(answer: bytes, data_sha256: bytes, nonce: int, roots=()) -> tuple[bytes, Evidence] | ParseProblem:
    """The token in DER and what was found in it, where it is granted, whole, of this data and of this request.

    ParseProblem: "not_granted", "malformed", "wrong_nonce", or the remark of a seal that does not hold, such as
    "imprint_mismatch". `seal_state` of the Evidence is "trusted" or, where it leads to none of `roots`, "intact".
    """
    token = timestamp.find_token(answer)
    if isinstance(token, ParseProblem):
        return token
    found = timestamp.check_stamp(token, data_sha256, roots)
    if isinstance(found, ParseProblem):
        return found
    if found.seal_state not in ("trusted", "intact"):
        return ParseProblem(found.remarks[0] if found.remarks else "malformed", found.mimetype)
    if get_nonce(token) != nonce:
        return ParseProblem("wrong_nonce", found.mimetype)
    return token, found


def get_nonce(token: bytes) -> int | None:
    """The number that the request carried, None where the token has none or cannot be read."""
    try:
        _stamp, info = timestamp.open_token(token)
        return info["nonce"].native
    except (SealNotChecked, *MALFORMED):
        return None
