"""What every reader of evidence gives back: bytes in, one of these two out, never an exception."""

from dataclasses import dataclass
from datetime import datetime

MAX_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an artefact says and how far its own seal holds.

    `seal_state`: "none" there is no seal; "intact" the bytes are those that were sealed; "trusted" intact, and the
    signer's certificate leads to an installed root; "broken"; "not_checked" a seal that we cannot check.
    """

    format: str  # "pdf" "timestamp" "delivery_report" (RFC 3464) "disposition" (RFC 8098) "image"
    mimetype: str  # as sniffed from the bytes
    seal_state: str
    signer: str = ""  # common name of the certificate that sealed it
    issuer: str = ""
    serial: str = ""
    signed_at: datetime | None = None  # UTC, aware: the signer's own claim
    stamped_at: datetime | None = None  # UTC, aware: RFC 3161 time in the signature or the token
    kind: str = ""  # proof kind that the artefact itself tells: "bounce", "receipt"
    references: tuple[str, ...] = ()  # what may name one of our deliveries: Message-IDs, UUIDs found in it
    remarks: tuple[str, ...] = ()  # codes such as "not_entire_file", "unknown_root"


@dataclass(frozen=True, slots=True)
class ParseProblem:
    """Why nothing can be said: "empty", "too_large", "unknown_format", "malformed", "encrypted"."""

    code: str
    mimetype: str = "application/octet-stream"
    detail: str = ""


# What asn1crypto, cryptography, email and zlib raise on bytes that are not what they claim to be.
MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class SealBroken(Exception):
    """The seal does not hold; `code` becomes a remark."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class SealNotChecked(Exception):
    """We cannot tell whether the seal holds; `code` becomes a remark."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code
