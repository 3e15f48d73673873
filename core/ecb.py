"""The rate of the European Central Bank as its public data service gives it: the days of its changes, as SDMX-CSV."""

import csv
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from .rates import Period

FIXED_SINCE = date(2009, 1, 1)  # before, auctions had a variable rate at times, which this series leaves out


class UnreadableAnswer(ValueError):  # noqa: N818
    """The answer is not what the service is known to give."""


def parse_changes(text: str) -> dict[date, Decimal]:
    """{day: percent in force from that day on}; UnreadableAnswer for anything else than that table."""
    rows = csv.DictReader(text.splitlines())
    if not {"TIME_PERIOD", "OBS_VALUE"} <= set(rows.fieldnames or ()):
        raise UnreadableAnswer("The columns TIME_PERIOD and OBS_VALUE are missing.")
    try:
        changes = {date.fromisoformat(row["TIME_PERIOD"]): Decimal(row["OBS_VALUE"]) for row in rows}
    except (InvalidOperation, TypeError, ValueError) as error:
        raise UnreadableAnswer(f"A day or a figure cannot be read: {error}") from error
    if not changes or not all(percent.is_finite() for percent in changes.values()):
        raise UnreadableAnswer("There is no figure in it.")
    return changes


def get_half_years(changes: dict[date, Decimal], today: date, source: str = "") -> list[Period]:
    """The half-years that have begun by `today`, each at the rate in force on its first day; none is foretold."""
    days = sorted(changes)
    start, found = FIXED_SINCE, []
    while start <= today:
        before = [day for day in days if day <= start]
        if before:
            found.append(Period(start, get_half_year_end(start), changes[before[-1]], source))
        start = get_half_year_end(start) + timedelta(days=1)
    return found


def get_half_year_end(day: date) -> date:
    return date(day.year, 6, 30) if day.month < 7 else date(day.year, 12, 31)
