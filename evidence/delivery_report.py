"""Reports of mail systems: delivery status (RFC 3464) and disposition (RFC 8098), in multipart/report (RFC 6522).

Anybody can write one: it is an indication, never a proof. Only the report's own parts are read, within limits;
the returned message is read for its Message-ID alone.
"""

import binascii
import quopri
import re
from base64 import b64decode
from email.parser import BytesHeaderParser

from .base import MALFORMED, Evidence, ParseProblem

MAX_HEAD = 256 * 1024
MAX_HEADERS = 2000
MAX_PART = 128 * 1024
MAX_PARTS = 50
MAX_DEPTH = 6
MAX_VALUE = 2000
MAX_GROUPS = 500
MAX_REFERENCES = 100
MIMETYPE = "multipart/report"
FIRST_LINE = re.compile(rb"(?:From [^\r\n]{1,500}\r?\n)?[A-Za-z0-9_-]{1,76}:[ \t]?[^\r\n]{0,998}\r?(?:\n|\Z)")
BLANK_LINE = re.compile(rb"\r?\n[ \t]{0,80}\r?\n")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
BARE_ID = re.compile(r"[^<>\s]{1,250}@[^<>\s]{1,250}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
DISPOSITION_PARTS = {"message/disposition-notification", "message/global-disposition-notification"}
RETURNED_PARTS = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
WHOLE_MESSAGES = {"message/rfc822", "message/global"}
ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
DISPOSITIONS = {"displayed", "deleted", "dispatched", "processed"}


def is_message(content: bytes) -> bool:
    """Does it start like an Internet message (RFC 5322)?"""
    return FIRST_LINE.match(content) is not None


def read_report(content: bytes) -> Evidence | ParseProblem:
    """The first report found in an Internet message; any other message is of an unknown format."""
    try:
        return read_message(content)
    except MALFORMED:
        return ParseProblem("malformed", "message/rfc822", "This message is damaged.")


def read_message(content):
    for kind, parts in walk(content):
        if kind == MIMETYPE:
            return read_parts(parts)
    return ParseProblem("unknown_format", "message/rfc822", "This message is not a report of a mail system.")


def walk(content):
    """(content type, parts) of each multipart in a message, outermost first; nesting and parts are limited.

    A part is its parsed headers and its body.
    """
    waiting, seen = [(*split_head(content), 0)], 0
    while waiting:
        head, body, depth = waiting.pop(0)
        kind = head.get_content_type()
        parts = [split_head(part) for part in get_inner(head, body, kind, depth)]
        if kind.startswith("multipart/"):
            yield kind, parts
        seen += len(parts)
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise ValueError("The message is nested too deep.")
        waiting += [(*part, depth + 1) for part in parts]


def get_inner(head, body, kind, depth):
    """The messages or parts that lie directly in a part."""
    if kind.startswith("multipart/"):
        return split_parts(body, head.get_boundary())
    return [body] if kind in WHOLE_MESSAGES and depth else []


def split_head(message):
    """The parsed headers of a message or part, and its body."""
    blank = BLANK_LINE.search(message, 0, MAX_HEAD)
    head, body = (message[: blank.start()], message[blank.end() :]) if blank else (message[:MAX_HEAD], b"")
    if message[:1] == b"\n" or message[:2] == b"\r\n":
        head, body = b"", message
    if head.count(b"\n") > MAX_HEADERS:
        raise ValueError("There are too many headers.")
    parsed = BytesHeaderParser().parsebytes(head)
    if any(len(parsed.get(name, "")) > MAX_VALUE for name in ("Content-Type", "Content-Transfer-Encoding")):
        raise ValueError("A header is too long.")
    return parsed, body


def split_parts(body, boundary):
    """The parts between the boundaries of a multipart (RFC 2046, 5.1.1)."""
    if not boundary or len(boundary) > 70:
        return []
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode("ascii")) + rb"(--)?[ \t]{0,80}(?=\r?\n|\Z)")
    parts, start = [], None
    for match in line.finditer(body):
        if start is not None:
            parts.append(body[start : match.start()].removeprefix(b"\r").removeprefix(b"\n"))
        start = match.end()
        if match.group(1) or len(parts) > MAX_PARTS:
            break
    else:
        parts += [body[start:].removeprefix(b"\r").removeprefix(b"\n")] if start is not None else []
    return parts


def read_parts(parts):
    by_kind = {}
    for head, body in parts:
        by_kind.setdefault(head.get_content_type(), (head, body))
    references = find_returned(by_kind)
    for kinds, read in ((STATUS_PARTS, read_status), (DISPOSITION_PARTS, read_disposition)):
        for kind in kinds & by_kind.keys():
            return read(get_groups(*by_kind[kind]), references)
    return ParseProblem("malformed", MIMETYPE, "This report lacks the part that machines read.")


def find_returned(by_kind):
    """The Message-ID of the message that the report is about."""
    found = []
    for kind in sorted(RETURNED_PARTS & by_kind.keys()):
        returned, _body = split_head(decode(*by_kind[kind], MAX_HEAD))
        found += get_message_ids(returned.get("Message-ID"))
    return found


def decode(head, body, limit=MAX_PART):
    """The body of a part without its transfer encoding, cut at `limit` bytes."""
    encoding = str(head.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        try:
            return b64decode(body[: limit * 4 // 3])
        except binascii.Error:
            return b""
    return quopri.decodestring(body[:limit]) if encoding == "quoted-printable" else body[:limit]


def get_groups(head, body):
    """The blocks of fields of a machine part: one for the message, one for each recipient."""
    blocks = BLANK_LINE.split(decode(head, body).strip(), maxsplit=MAX_GROUPS)
    return [BytesHeaderParser().parsebytes(block.strip()) for block in blocks[:MAX_GROUPS]]


def get_text(fields, name):
    return " ".join(str(fields.get(name, ""))[:MAX_VALUE].split())


def get_message_ids(value):
    """Message-IDs in angle brackets; one written without them gets them."""
    text = str(value or "")[:MAX_VALUE].strip()
    bare = BARE_ID.fullmatch(text)
    return [f"<{text}>"] if bare else MESSAGE_ID.findall(text)


def read_status(groups, references):
    """A bounce only where every recipient that the report names has failed."""
    recipients = [group for group in groups if "Action" in group]
    actions = {get_text(group, "Action").partition(" ")[0].lower() for group in recipients}
    if not actions or not actions <= ACTIONS:
        return ParseProblem("malformed", MIMETYPE, "This report does not say what happened.")
    statuses = {match.group() for group in recipients if (match := STATUS.match(get_text(group, "Status")))}
    envelope = [found.lower() for group in groups for found in UUID.findall(get_text(group, "Original-Envelope-Id"))]
    codes = [f"action_{action}" for action in sorted(actions)] + [f"status_{status}" for status in sorted(statuses)[:5]]
    return describe("delivery_report", "bounce" if actions == {"failed"} else "", references + envelope, codes)


def read_disposition(groups, references):
    """A disposition says what a mail program did, not that anybody read."""
    fields = groups[0]
    disposition = get_text(fields, "Disposition").partition(";")[2].strip().partition("/")[0].strip().lower()
    if disposition not in DISPOSITIONS:
        return ParseProblem("malformed", MIMETYPE, "This report does not say what happened.")
    original = get_message_ids(fields.get("Original-Message-ID"))
    return describe("disposition", "", original + references, [f"disposition_{disposition}"])


def describe(report_format, kind, references, codes):
    unique = tuple(dict.fromkeys(references))[:MAX_REFERENCES]
    return Evidence(report_format, MIMETYPE, "none", kind=kind, references=unique, remarks=("indication_only", *codes))
