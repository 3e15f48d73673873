"""Dates of letters: as the customer's language writes them, and read the same everywhere.

02/12/2026 is in February for some readers of English and in December for others.
"""

from odoo.tools.misc import format_date

LONG = "d MMMM yyyy"
UNAMBIGUOUS = {"en": "d MMM yyyy"}


def format_day(env, day):
    """A date for a table; empty for none."""
    code = (env.lang or "").split("_")[0]
    return format_date(env, day, date_format=UNAMBIGUOUS.get(code)) if day else ""


def format_long(env, day):
    """A date for a sentence; empty for none. French has « 1er », which the formats of languages do not know."""
    if not day:
        return ""
    written = format_date(env, day, date_format=LONG)
    return f"1er{written[1:]}" if day.day == 1 and (env.lang or "").startswith("fr") else written
