"""Until when a claim can be brought to court: years from its due date, begun anew by what the law counts.

Between private parties only an acknowledgement (C. civ. 2240), a claim in court (2241) or an act of enforcement
(2244) begins the years anew; a reminder or a formal notice never does. Against a French public body (loi 68-1250)
the years are calendar years, and a written demand counts, too. While a court has the case the years stand still:
that is not told here, the day is then too early rather than too late.
"""

from dataclasses import dataclass
from datetime import date

from .instalments import plus_months

ACKNOWLEDGEMENT, COURT, ENFORCEMENT, DEMAND = "acknowledgement", "court", "enforcement", "demand"
ALWAYS = (ACKNOWLEDGEMENT, COURT, ENFORCEMENT)


@dataclass(frozen=True, slots=True)
class Term:
    """`by_calendar_year`: the years run from 1 January of the year that follows, and demands begin them anew."""

    years: int
    by_calendar_year: bool = False

    def counts(self, kind):
        return kind in ALWAYS or (self.by_calendar_year and kind == DEMAND)

    def last_day_from(self, day):
        """The last day of the years that begin after `day`."""
        if self.by_calendar_year:
            return date(day.year + self.years, 12, 31)
        return plus_months(day, 12 * self.years)


def last_day(since, term, interruptions=()):
    """The last day on which the claim can be brought; on the day after it is too late.

    `since`: the due date, or of calendar years the day on which the claim arose. `interruptions`: (day, kind). What
    comes after the last day begins nothing anew.

    >>> last_day(date(2021, 3, 1), Term(5))
    datetime.date(2026, 3, 1)
    >>> last_day(date(2021, 3, 1), Term(5), [(date(2023, 4, 1), ACKNOWLEDGEMENT), (date(2025, 4, 1), DEMAND)])
    datetime.date(2028, 4, 1)
    >>> last_day(date(2021, 3, 1), Term(4, by_calendar_year=True), [(date(2025, 4, 1), DEMAND)])
    datetime.date(2029, 12, 31)
    """
    last = term.last_day_from(since)
    for day, kind in sorted(interruptions):
        if day > last:
            break
        if term.counts(kind):
            last = max(last, term.last_day_from(day))
    return last
