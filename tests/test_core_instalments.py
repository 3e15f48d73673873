"""Instalments of a plan: tables for the calendar, properties for the sums."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.instalments import EVERY, MONTH, WEEK, due_date, plan, plus_months

examples = settings(max_examples=300, deadline=None)
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
counts = st.integers(1, 120)
units = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.001")])


@pytest.mark.parametrize(
    ("first", "months", "expected"),
    [
        pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="a shorter month ends earlier"),
        pytest.param(date(2028, 1, 31), 1, date(2028, 2, 29), id="a leap year"),
        pytest.param(date(2026, 1, 31), 2, date(2026, 3, 31), id="and the month after is not shortened"),
        pytest.param(date(2026, 11, 30), 3, date(2027, 2, 28), id="over the end of the year"),
        pytest.param(date(2026, 12, 15), 12, date(2027, 12, 15), id="a year"),
        pytest.param(date(2026, 3, 31), 0, date(2026, 3, 31), id="none"),
    ],
)
def test_the_same_day_of_a_later_month(first, months, expected):
    assert plus_months(first, months) == expected


def test_weeks():
    assert due_date(date(2026, 2, 26), 1, WEEK) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        pytest.param("100", 3, ["33.33", "33.33", "33.34"], id="the last one takes the rounding"),
        pytest.param("90", 3, ["30.00", "30.00", "30.00"], id="nothing to round"),
        pytest.param("0.02", 3, ["0.01", "0.01"], id="never more instalments than cents"),
        pytest.param("0.05", 3, ["0.01", "0.01", "0.03"], id="cents"),
        pytest.param("12.345", 2, ["6.17", "6.175"], id="a rest below the unit is not lost"),
        pytest.param("10", 0, ["10"], id="at least one"),
    ],
)
def test_amounts(total, count, expected):
    amounts = [one.amount for one in plan(Decimal(total), count, date(2026, 1, 1))]
    assert amounts == [Decimal(amount) for amount in expected]


@examples
@given(st.integers(1, 10**12), counts, days, st.sampled_from(EVERY), units)
def test_the_sum_is_exact_and_no_instalment_is_empty(whole, count, first, every, unit):
    total = whole * unit
    instalments = plan(total, count, first, every, unit)
    amounts = [one.amount for one in instalments]
    assert sum(amounts) == total
    assert len(instalments) == min(count, whole)
    assert min(amounts) >= unit
    assert all(amount % unit == 0 for amount in amounts)
    assert set(amounts[:-1]) <= {amounts[0]}
    assert amounts[-1] - amounts[0] < unit * len(amounts)


@examples
@given(st.integers(500, 10**6), st.integers(2, 60), days, st.sampled_from(EVERY))
def test_each_instalment_is_due_after_the_one_before(whole, count, first, every):
    dates = [one.due for one in plan(Decimal(whole), count, first, every)]
    assert dates[0] == first
    for number, (one, following) in enumerate(pairwise(dates), 1):
        assert 28 <= (following - one).days <= 31 if every == MONTH else (following - one).days == 7
        assert following == due_date(first, number, every)


@examples
@given(days, st.integers(0, 1200))
def test_a_month_later_is_the_same_day_or_the_last_of_its_month(first, months):
    later = plus_months(first, months)
    assert (later.year - first.year) * 12 + later.month - first.month == months
    assert later.day == first.day or (later.day < first.day and plus_months(later, 0).day >= 28)
    if later.day < first.day:
        assert (later.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).month != later.month
        assert (later + (date(2000, 1, 2) - date(2000, 1, 1))).month != later.month
