"""Rates of late-payment interest: the periods of a reference rate, and what a law or a contract makes of them.

Percentages are percent a year, as Decimal; days are dates, first and last day of a period both belong to it.
A day that no period covers is an error that names the missing rate: nothing is extrapolated, nothing is zero.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

DAY = timedelta(days=1)


class MissingRate(LookupError):  # noqa: N818
    """No rate is known for `day`; `name` says of which table, as a bookkeeper knows it."""

    def __init__(self, name, day):
        super().__init__(f"{name}: no rate is known for {day.isoformat()}")
        self.name, self.day = name, day


@dataclass(frozen=True)
class Period:
    """`percent` a year from `start` to `end`, both included; `source` is who published it."""

    start: date
    end: date
    percent: Decimal
    source: str = ""


@dataclass(frozen=True)
class ReferenceRate:
    """A published rate, period by period; the periods may have gaps, never overlaps (ValueError)."""

    name: str
    periods: tuple[Period, ...]
    starts: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        ordered = tuple(sorted(self.periods, key=lambda period: period.start))
        for before, after in pairwise(ordered):
            if after.start <= before.end:
                raise ValueError(f"{self.name}: two rates for {after.start.isoformat()}")
        object.__setattr__(self, "periods", ordered)
        object.__setattr__(self, "starts", tuple(period.start for period in ordered))

    def get_period(self, day):
        """The period of `day`; MissingRate when none covers it."""
        index = bisect_right(self.starts, day) - 1
        if index < 0 or self.periods[index].end < day:
            raise MissingRate(self.name, day)
        return self.periods[index]

    def get_pieces(self, start, end):
        """[(first day, last day, period)] that cover `start` to `end`."""
        while start <= end:
            period = self.get_period(start)
            last = min(period.end, end)
            yield start, last, period
            start = last + DAY


@dataclass(frozen=True)
class StatutoryRate:
    """A reference rate plus `margin` points, rounded up to a multiple of `step` where the law says so.

    `pinned`: one rate for the whole delay, that of the period in which interest started to run (France, public
    debtors: code de la commande publique R2192-31; United Kingdom: SI 2002/1675). Else each day has the rate of its own
    period (France, business: code de commerce L441-10 II).
    """

    reference: ReferenceRate
    margin: Decimal = Decimal(0)
    step: Decimal | None = None
    pinned: bool = False

    def get_pieces(self, start, end):
        """[(first day, last day, percent, source)] that cover `start`, the first day of the delay, to `end`."""
        if start > end:
            return
        if self.pinned:
            period = self.reference.get_period(start)
            yield start, end, self._get_percent(period), period.source
            return
        for first, last, period in self.reference.get_pieces(start, end):
            yield first, last, self._get_percent(period), period.source

    def _get_percent(self, period):
        percent = period.percent + self.margin
        if not self.step:
            return percent
        return (percent / self.step).to_integral_value(ROUND_CEILING) * self.step


@dataclass(frozen=True)
class ContractRate:
    """The rate of the contract, not below `multiple` times the reference rate `floor` of each period.

    France: three times the legal rate of interest, code de commerce L441-10 II. The floor binds contract rates only.
    """

    percent: Decimal
    floor: ReferenceRate | None = None
    multiple: Decimal = Decimal(3)
    source: str = ""

    def get_pieces(self, start, end):
        if start > end:
            return
        if not self.floor:
            yield start, end, self.percent, self.source
            return
        for first, last, period in self.floor.get_pieces(start, end):
            least = period.percent * self.multiple
            raised = least > self.percent
            yield first, last, least if raised else self.percent, period.source if raised else self.source
