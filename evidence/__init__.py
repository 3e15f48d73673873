"""Readers of received evidence: bytes in, what they say out, never an exception. No Odoo."""

from dataclasses import replace

from . import certificates, delivery_report, image, pdf, timestamp
from .base import MALFORMED, MAX_BYTES, Evidence, ParseProblem
from .certificates import Root, read_roots
from .timestamp import check_stamp

OTHERS = {
    b"PK\x03\x04": "application/zip",
    b"<!DOCTYPE html": "text/html",
    b"<!doctype html": "text/html",
    b"<html": "text/html",
    b"<?xml": "application/xml",
    b"{": "application/json",
    b"GIF8": "image/gif",
    b"%!PS": "application/postscript",
}


def read(content: bytes, roots=()) -> Evidence | ParseProblem:
    """What an artefact is and says, by its bytes alone; `roots` are the trusted certificates, in PEM or DER."""
    if not content:
        return ParseProblem("empty", detail="This file is empty.")
    if len(content) > MAX_BYTES:
        return ParseProblem("too_large", detail=f"This file is larger than {MAX_BYTES // 1024**2} MB.")
    try:
        return dispatch(bytes(content), roots)
    except MALFORMED:
        return ParseProblem("malformed", detail="This file is damaged.")


def dispatch(content, roots):
    if content.startswith(b"%PDF-"):
        return with_anchors(pdf.read_pdf, content, roots)
    if image.is_image(content):
        return image.read_image(content)
    if content[0] == timestamp.SEQUENCE:
        return with_anchors(timestamp.read_timestamp, content, roots)
    if delivery_report.is_message(content):
        return delivery_report.read_report(content)
    return ParseProblem("unknown_format", sniff(content), "This is not a kind of proof that can be read.")


def with_anchors(reader, content, roots):
    anchors, unusable = certificates.load_anchors(roots)
    found = reader(content, anchors)
    if unusable and isinstance(found, Evidence) and found.seal_state != "none":
        return replace(found, remarks=(*found.remarks, "unusable_root"))
    return found


def sniff(content):
    start = content[:64].lstrip()
    return next((mimetype for mark, mimetype in OTHERS.items() if start.startswith(mark)), "application/octet-stream")
