"""Readers of received evidence: bytes in, what they say out, never an exception. No Odoo."""

from .base import Evidence


def read(content, roots=()):
    return Evidence("pdf", "application/pdf", "none")
