"""Readers of received evidence: bytes in, what they say out, never an exception. No Odoo."""
