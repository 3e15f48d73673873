"""A debt paid in instalments: their dates and amounts. Amounts are `Decimal`, dates `datetime.date`."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

MONTH, WEEK = "month", "week"
EVERY = (MONTH, WEEK)


@dataclass(frozen=True, slots=True)
class Instalment:
    due: date
    amount: Decimal


def plan(total, count, first, every=MONTH, unit=Decimal("0.01")):
    """`count` equal instalments of `total`, the first on the day `first`; the last one takes the rounding.

    `unit`: the smallest amount of the currency. There are never more instalments than units in `total`.

    >>> [str(one.amount) for one in plan(Decimal(100), 3, date(2026, 1, 31))]
    ['33.33', '33.33', '33.34']
    >>> [str(one.due) for one in plan(Decimal(100), 3, date(2026, 1, 31))]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    units = int(total / unit)
    count = max(1, min(count, units))
    each = units // count * unit
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    return tuple(Instalment(due_date(first, number, every), amount) for number, amount in enumerate(amounts))


def due_date(first, number, every=MONTH):
    """The day `number` periods after `first`: the same day of the month, or the last one of a shorter month.

    >>> due_date(date(2026, 1, 31), 1), due_date(date(2026, 1, 31), 1, WEEK)
    (datetime.date(2026, 2, 28), datetime.date(2026, 2, 7))
    """
    return first + timedelta(weeks=number) if every == WEEK else plus_months(first, number)


def plus_months(day, months):
    """The same day so many months later, or the last day of a month that is too short.

    >>> plus_months(date(2026, 12, 31), 2)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
