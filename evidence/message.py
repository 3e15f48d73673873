"""What a forwarded mail brings: its attachments, or itself, each as the exact bytes that came (RFC 5322, RFC 2046).

Reports of mail systems and signed messages are kept whole, as a piece of them proves nothing. What cannot be taken
apart is kept whole, too: nothing is lost.
"""

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses

from .base import MALFORMED
from .delivery_report import (
    MAX_DEPTH,
    MAX_PART,
    MAX_PARTS,
    MESSAGE_ID,
    UUID,
    WHOLE_MESSAGES,
    decode,
    get_message_ids,
    split_head,
    split_parts,
)

SMALLEST_PICTURE = 5 * 1024  # bytes; a smaller one shown in the text is a logo
MAX_BYTES = 50 * 1024 * 1024
MAX_TEXT = 64 * 1024
MAX_NAME = 120
MAX_REFERENCES = 100
BODIES = {"text/plain", "text/html", "text/calendar", "text/rfc822-headers", "text/enriched"}
SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
SIGNED = {"multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime"}
ENCODINGS = {"7bit", "8bit", "binary", "base64", "quoted-printable"}
RECIPIENTS = ("Delivered-To", "To", "Cc", "Resent-To", "Resent-Cc")
REPORT = "multipart/report"
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


@dataclass(frozen=True, slots=True)
class Piece:
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Forwarded:
    """`references`: Message-IDs without brackets and UUIDs that the mail itself names, as people quote them."""

    pieces: tuple[Piece, ...]
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    references: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()  # Message-IDs of what a report is about


def take_apart(content: bytes) -> Forwarded:
    """The pieces of a mail; itself as the only one where it has none that can be read. Never raises."""
    try:
        return open_message(content)
    except MALFORMED:
        return Forwarded((Piece("message.eml", content),))


def get_recipients(content: bytes) -> frozenset[str]:
    """The addresses, in lower case, that the headers of a mail name as those it went to."""
    try:
        head, _body = split_head(content)
        values = [str(value) for name in RECIPIENTS for value in head.get_all(name, [])]
    except MALFORMED:
        return frozenset()
    return frozenset(address.lower() for _name, address in getaddresses(values) if "@" in address)


def open_message(content):
    if len(content) > MAX_BYTES:
        raise ValueError("The message is too long.")
    head, body = split_head(content)
    facts = {name: get_words(head.get(name)) for name in ("Subject", "From")}
    names = find_names(head, get_texts(head, body))
    try:
        pieces = tuple(find_pieces(head, body, content))
    except MALFORMED:
        pieces = ()
    return Forwarded(
        pieces or (Piece(name_message(facts["Subject"]), content),),
        next(iter(get_message_ids(head.get("Message-ID"))), ""),
        facts["From"],
        facts["Subject"],
        names,
        find_returned(head, body),
    )


def find_pieces(head, body, content):
    """Of one message; its own bytes are `content`."""
    whole = Piece(name_message(get_words(head.get("Subject"))), content)
    parts = get_parts(head, body)
    kinds = {part.get_content_type() for part, _body in parts}
    if REPORT in kinds:
        return [whole]
    pieces = [piece for part in get_leaves(parts) for piece in open_part(*part)]
    return [whole, *pieces] if SIGNED & kinds else pieces


def get_parts(head, body, depth=0):
    """A message, the parts in it and those in them, in their order; a message in it counts as one."""
    if not is_multipart(head):
        return [(head, body)]
    inner = split_parts(body, head.get_boundary())
    if depth > MAX_DEPTH or len(inner) > MAX_PARTS or not inner:
        raise ValueError("The message is nested too deep, or cut.")
    parts = [(head, body)]
    for part in inner:
        parts += get_parts(*split_head(part), depth + 1)
        if len(parts) > MAX_PARTS:
            raise ValueError("The message has too many parts.")
    return parts


def is_multipart(head):
    return head.get_content_type().startswith("multipart/")


def get_leaves(parts):
    return [(head, body) for head, body in parts if not is_multipart(head)]


def open_part(head, body):
    kind = head.get_content_type()
    if str(head.get("Content-Transfer-Encoding", "7bit")).strip().lower() not in ENCODINGS:
        raise ValueError("An attachment is encoded in an unknown way.")
    content = decode(head, body, MAX_BYTES)
    if kind in WHOLE_MESSAGES:
        return open_inner(content)
    if not is_attached(head, kind, content):
        return []
    if not content:
        raise ValueError("An attachment is empty or cannot be decoded.")
    return [Piece(name_file(head, kind), content)]


def open_inner(content):
    """A mail forwarded as a file: what it brings itself, else the mail."""
    head, body = split_head(content)
    inner = find_pieces(head, body, content)
    return inner or [Piece(name_message(get_words(head.get("Subject"))), content)]


def is_attached(head, kind, content):
    disposition = head.get_content_disposition()
    if kind in SIGNATURES | SIGNED:
        return False
    if disposition == "attachment":
        return True
    if kind in BODIES:
        return bool(head.get_filename())
    shown = disposition == "inline" or "Content-ID" in head
    return not (kind.startswith("image/") and shown and len(content) < SMALLEST_PICTURE)


# === Names === #


def name_file(head, kind):
    extension = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}.get(kind, "")
    return clean(get_words(head.get_filename())) or f"attachment{extension}"


def name_message(subject):
    return f"{clean(subject) or 'message'}.eml"


def clean(name):
    """Nothing of a path, of control characters or of a changed reading direction."""
    return FORBIDDEN.sub(" ", name).strip(" .")[-MAX_NAME:]


def get_words(value):
    """A header or file name as text: encoded words (RFC 2047) decoded."""
    text = str(value or "")[: MAX_NAME * 20]
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (HeaderParseError, LookupError, ValueError, UnicodeError):
        return " ".join(text.encode("ascii", "replace").decode().split())


# === References === #


def get_texts(head, body):
    """The readable texts of a mail, where people quote what they forward."""
    try:
        leaves = get_leaves(get_parts(head, body))
    except MALFORMED:
        return []
    bodies = [leaf for leaf in leaves if leaf[0].get_content_type() in ("text/plain", "text/html")]
    return [decode(part, text, MAX_PART)[:MAX_TEXT].decode("utf-8", "replace") for part, text in bodies[:4]]


def find_names(head, texts):
    """Message-IDs and UUIDs in its headers and texts, in HTML with the brackets written out."""
    headers = " ".join(str(head.get(name, ""))[:MAX_TEXT] for name in ("Subject", "In-Reply-To", "References"))
    found = []
    for text in (get_words(headers), *texts):
        text = text.replace("&lt;", "<").replace("&gt;", ">")
        found += [name.strip("<>") for name in MESSAGE_ID.findall(text) if "@" in name]
        found += [name.lower() for name in UUID.findall(text)]
    return tuple(dict.fromkeys(found))[:MAX_REFERENCES]


def find_returned(head, body):
    """The Message-ID of the mail that a report came back for."""
    if head.get_content_type() != REPORT:
        return ()
    found = []
    for part, text in map(split_head, split_parts(body, head.get_boundary())):
        if part.get_content_type() in ("message/rfc822", "message/global", "text/rfc822-headers"):
            found += get_message_ids(split_head(decode(part, text, MAX_PART))[0].get("Message-ID"))
        if part.get_content_type().startswith("message/disposition"):
            found += get_message_ids(split_head(decode(part, text).lstrip())[0].get("Original-Message-ID"))
    return tuple(dict.fromkeys(found))[:MAX_REFERENCES]
