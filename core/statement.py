"""A statement of account: what was open on a day, how late it was by then, and what it adds up to.

Amounts are of one currency, debts positive, credits negative. An amount that was matched counts from the later of the
two days of what it matches: before that day both sides were open.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

NOT_DUE, TO_30, TO_60, TO_90, OVER_90 = "not_due", "1_30", "31_60", "61_90", "over_90"
AGES = (NOT_DUE, TO_30, TO_60, TO_90, OVER_90)
LAST_DAYS = ((0, NOT_DUE), (30, TO_30), (60, TO_60), (90, TO_90))
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal item; `matches`: (day, what it took off `original`, with the sign of it)."""

    id: int
    booked: date
    due: date
    original: Decimal
    matches: tuple = ()


@dataclass(frozen=True, slots=True)
class Open:
    """What was left of an entry on the day of the statement."""

    entry: Entry
    balance: Decimal
    days_late: int

    @property
    def settled(self):
        return self.entry.original - self.balance

    @property
    def age(self):
        return get_age(self.days_late)


@dataclass(frozen=True, slots=True)
class Statement:
    """`items`: what the customer owes; `credits`: what nothing has used yet, negative."""

    items: tuple
    credits: tuple

    @property
    def owed(self):
        return sum((one.balance for one in self.items), ZERO)

    @property
    def credited(self):
        return sum((one.balance for one in self.credits), ZERO)

    @property
    def balance(self):
        return self.owed + self.credited

    @property
    def ages(self):
        """{age: what of `items` is so old}, each age, also without any."""
        return {age: sum((one.balance for one in self.items if one.age == age), ZERO) for age in AGES}


def get_balance(entry, day):
    """What is open of `entry` on `day`; nothing before it was booked.

    >>> invoice = Entry(1, date(2026, 3, 1), date(2026, 3, 31), Decimal(100), ((date(2026, 3, 20), Decimal(40)),))
    >>> [str(get_balance(invoice, date(2026, 3, day))) for day in (19, 20)]
    ['100', '60']
    >>> str(get_balance(invoice, date(2026, 2, 28)))
    '0'
    """
    if entry.booked > day:
        return ZERO
    return entry.original - sum((amount for on, amount in entry.matches if on <= day), ZERO)


def get_days_late(due, day):
    """
    >>> [get_days_late(date(2026, 3, 1), date(2026, 3, day)) for day in (1, 2, 31)]
    [0, 1, 30]
    """
    return max((day - due).days, 0)


def get_age(days_late):
    """
    >>> [get_age(days) for days in (0, 1, 30, 31, 60, 61, 90, 91)]
    ['not_due', '1_30', '1_30', '31_60', '31_60', '61_90', '61_90', 'over_90']
    """
    return next((age for last, age in LAST_DAYS if days_late <= last), OVER_90)


def draw_up(entries, day, least=Decimal("0.01")):
    """The statement on `day`, by due date; what is smaller than `least`, the smallest amount there is, is settled."""
    found = [
        Open(entry, balance, get_days_late(entry.due, day))
        for entry in entries
        for balance in [get_balance(entry, day)]
        if abs(balance) >= least
    ]
    found.sort(key=lambda one: (one.entry.due, one.entry.booked, one.entry.id))
    return Statement(
        items=tuple(one for one in found if one.balance > 0), credits=tuple(one for one in found if one.balance < 0)
    )
