"""Late-payment interest, slice by slice: simple interest of each balance at the rate of its own days.

Interest runs from the day after the due date to the last day asked for, both included, and on a balance up to the
day of its payment included. Amounts are Decimal in the currency's unit; each slice is rounded once, half up; the daily
amount never is. Sources: French code de commerce L441-10 II; the divisor is 365 also in leap years, as in published
examples.
"""

from bisect import bisect_left
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

DAY = timedelta(days=1)
ACT_365, THIRTY_360 = "ACT/365", "30/360"
DAYS_A_YEAR = {ACT_365: 365, THIRTY_360: 360}
CENT = Decimal("0.01")


class Payment(NamedTuple):
    """`amount` received on `day`; a credit note lowers the principal whatever the order of imputation."""

    day: date
    amount: Decimal
    credit_note: bool = False


class Slice(NamedTuple):
    """`days` from `start` to `end`, both included, of `balance` at `rate` percent a year make `amount`."""

    start: date
    end: date
    days: int
    balance: Decimal
    rate: Decimal
    amount: Decimal
    source: str = ""


def accrue(
    principal: Decimal,
    due_date: date,
    until: date,
    rates,
    payments: Iterable[Payment] = (),
    day_count: str = ACT_365,
    *,
    start: date | None = None,
    interest_first: bool = False,
    compound: bool = False,
    unit: Decimal = CENT,
) -> tuple[Slice, ...]:
    """The slices of the interest on `principal`, due on `due_date`, up to `until` included; none when nothing is owed.

    `rates` has `get_pieces(start, end)`, see core.rates: MissingRate where a day with a balance has no rate. `start`
    puts off the first day: a consumer owes interest only from the day after a formal notice (French civil code 1231-6).
    `interest_first`: payments settle the interest accrued before the principal (French civil code 1343-1). `compound`:
    interest owed for a whole year bears interest itself, where the contract says so (1343-2). `unit` is what amounts
    are rounded to. ValueError for an unknown day count.
    """
    if day_count not in DAYS_A_YEAR:
        raise ValueError(f"Unknown day count {day_count}: choose among {', '.join(DAYS_A_YEAR)}")
    first = max(due_date + DAY, start or due_date + DAY)
    received = _group_by_day(payments)
    account = _Account(principal, day_count, interest_first, unit)
    for day in sorted(received):
        if day < first:
            account.receive(received[day])
    anniversaries = set(_get_anniversaries(first, until)) if compound else set()
    borders = sorted({*received, *anniversaries})
    pieces = _cut(rates.get_pieces(first, until), borders) if account.balance > 0 and until >= first else ()
    for piece in pieces:
        account.run(*piece)
        account.receive(received.get(piece[1], ()))
        if piece[1] in anniversaries:
            account.capitalise()
        if account.balance <= 0:
            break
    return tuple(account.slices)


def get_total(slices: Iterable[Slice]) -> Decimal:
    return sum((one.amount for one in slices), Decimal(0))


class _Account:
    """What is owed while the days go by: the balance that bears interest, and the interest owed."""

    def __init__(self, principal, day_count, interest_first, unit):
        self.balance, self.owed = principal, Decimal(0)
        self.day_count, self.interest_first, self.unit = day_count, interest_first, unit
        self.slices = []

    def run(self, start, end, rate, source):
        days = count_days(start, end, self.day_count)
        raw = self.balance * rate * days / (100 * DAYS_A_YEAR[self.day_count])
        amount = raw.quantize(self.unit, ROUND_HALF_UP)
        self.owed += amount
        self.slices.append(Slice(start, end, days, self.balance, rate, amount, source))

    def receive(self, payments):
        for payment in payments:
            to_interest = Decimal(0)
            if self.interest_first and not payment.credit_note:
                to_interest = min(self.owed, payment.amount)
            self.owed -= to_interest
            self.balance -= payment.amount - to_interest

    def capitalise(self):
        self.balance, self.owed = self.balance + self.owed, Decimal(0)


def count_days(start: date, end: date, day_count: str = ACT_365) -> int:
    """The days from `start` to `end`, both included; with 30/360 each month has thirty, its last day is the 30th."""
    if day_count == ACT_365:
        return (end - start).days + 1
    return _count_thirty(end) - _count_thirty(start - DAY)


def _count_thirty(day):
    is_last = day.day == monthrange(day.year, day.month)[1]
    return 360 * day.year + 30 * (day.month - 1) + (30 if is_last else min(day.day, 30))


def _group_by_day(payments):
    received = defaultdict(list)
    for payment in payments:
        received[payment.day].append(payment)
    return received


def _get_anniversaries(first, until):
    """The last day of each whole year that begins on `first` or on an anniversary of it, before `until`."""
    for year in range(first.year + 1, until.year + 1):
        is_leap_day = (first.month, first.day) == (2, 29)
        begins = date(year, 3, 1) if is_leap_day else first.replace(year=year)
        if begins - DAY < until:
            yield begins - DAY


def _cut(pieces, borders):
    """The pieces (start, end, rate, source), each ended at the borders within it as well."""
    for start, end, rate, source in pieces:
        position = bisect_left(borders, start)
        while start <= end:
            within = position < len(borders) and borders[position] < end
            last = borders[position] if within else end
            yield start, last, rate, source
            start, position = last + DAY, position + within
