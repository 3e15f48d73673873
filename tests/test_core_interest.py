"""Late-payment interest: published examples to the cent, the calendar's corners, payments, then properties."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.interest import THIRTY_360, Payment, accrue, count_days, get_total
from odoo.addons.account_dunning.core.rates import ContractRate, MissingRate, Period, ReferenceRate, StatutoryRate

examples = settings(max_examples=200, deadline=None)
DAY = timedelta(days=1)
CENT = Decimal("0.01")
SAMPLE = Path(__file__).resolve().parent / "samples" / "interest_examples.csv"
EXAMPLES = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))
FLAT = ContractRate(Decimal("36.5"))  # a tenth of a percent a day: 1,000 bear 1 a day
DUE = date(2026, 3, 1)


def make_reference(*percents, name="Rate", year=2026):
    """A rate a half-year, from January of `year` on."""
    periods = []
    for number, percent in enumerate(percents):
        year_of, second = year + number // 2, number % 2
        days = (date(year_of, 7, 1), date(year_of, 12, 31)) if second else (date(year_of, 1, 1), date(year_of, 6, 30))
        periods.append(Period(*days, Decimal(percent)))
    return ReferenceRate(name, tuple(periods))


def after(days):
    return DUE + days * DAY


def paid(days, amount, credit_note=False):
    return Payment(after(days), Decimal(amount), credit_note)


def total(principal=1000, days=10, payments=(), rate=FLAT, **options):
    return get_total(accrue(Decimal(principal), DUE, after(days), rate, payments, **options))


# --- Published examples ---


@pytest.mark.parametrize("row", EXAMPLES, ids=[row["id"] for row in EXAMPLES])
def test_published_examples(row):
    """Those that agree are right to the cent; the wrong ones are not reproduced."""
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    slices = accrue(
        Decimal(row["principal"]), first - DAY, last, ContractRate(Decimal(row["percent"])), (), row["day_count"]
    )
    assert (get_total(slices) == Decimal(row["published"])) == (row["agrees"] == "yes")


def test_each_day_has_the_rate_of_its_own_half_year():
    rate = StatutoryRate(make_reference("2.15", "2.40"), Decimal(10))
    found = accrue(Decimal(10000), date(2026, 5, 1), date(2026, 9, 1), rate)
    assert [(one.start, one.end, one.days, one.rate, one.amount) for one in found] == [
        (date(2026, 5, 2), date(2026, 6, 30), 60, Decimal("12.15"), Decimal("199.73")),
        (date(2026, 7, 1), date(2026, 9, 1), 63, Decimal("12.40"), Decimal("214.03")),
    ]
    assert get_total(found) == Decimal("413.76")


def test_a_public_debtor_owes_the_rate_of_the_beginning_all_along():
    rate = StatutoryRate(make_reference("2.15", "2.40"), Decimal(8), pinned=True)
    (only,) = accrue(Decimal(10000), date(2026, 5, 1), date(2026, 9, 1), rate)
    assert (only.days, only.rate, only.amount) == (123, Decimal("10.15"), Decimal("342.04"))


# --- From when, until when ---


@pytest.mark.parametrize(
    ("due", "until", "days"),
    [
        pytest.param(date(2026, 3, 1), date(2026, 3, 1), 0, id="on the due date nothing has run"),
        pytest.param(date(2026, 3, 1), date(2026, 2, 1), 0, id="before it neither"),
        pytest.param(date(2026, 3, 1), date(2026, 3, 2), 1, id="the day after is the first, the last counts"),
        pytest.param(date(2024, 2, 29), date(2024, 3, 1), 1, id="due on 29 February"),
        pytest.param(date(2024, 2, 29), date(2025, 2, 28), 365, id="a year after 29 February"),
        pytest.param(date(2023, 12, 31), date(2024, 12, 31), 366, id="a leap year has a day more, the divisor stays"),
    ],
)
def test_days(due, until, days):
    found = accrue(Decimal(36500), due, until, ContractRate(Decimal(10)))
    assert sum(one.days for one in found) == days
    assert get_total(found) == 10 * days


def test_a_consumer_owes_from_the_day_after_the_formal_notice():
    assert total(days=10, start=after(8)) == 3
    assert total(days=10, start=after(-8)) == 10, "never from before the due date"
    assert total(days=10, start=after(11)) == 0


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        pytest.param(date(2016, 1, 1), date(2016, 7, 30), 210, id="both days included"),
        pytest.param(date(2026, 1, 1), date(2026, 12, 31), 360, id="a year has 360"),
        pytest.param(date(2026, 2, 1), date(2026, 2, 28), 30, id="so has February thirty"),
        pytest.param(date(2024, 2, 1), date(2024, 2, 29), 30, id="in a leap year too"),
        pytest.param(date(2024, 2, 1), date(2024, 2, 28), 28, id="not before its last day"),
        pytest.param(date(2026, 1, 31), date(2026, 1, 31), 0, id="the 31st counts nothing"),
    ],
)
def test_thirty_360(start, end, days):
    assert count_days(start, end, THIRTY_360) == days


def test_an_unknown_day_count_is_refused():
    with pytest.raises(ValueError, match="Unknown day count 30E/365: choose among ACT/365, 30/360"):
        accrue(Decimal(1), DUE, after(1), FLAT, (), "30E/365")


def test_an_unknown_period_is_an_error_never_zero():
    rate = StatutoryRate(make_reference("2.15", "2.40", name="ECB"), Decimal(10))
    with pytest.raises(MissingRate, match="ECB: no rate is known for 2027-01-01"):
        accrue(Decimal(1), date(2026, 12, 30), date(2027, 1, 1), rate)


def test_a_rate_that_nothing_needs_may_be_unknown():
    rate = StatutoryRate(make_reference("2.15", "2.40"), Decimal(10))
    settled = [Payment(date(2026, 12, 31), Decimal(1000))]
    assert len(accrue(Decimal(1000), date(2026, 12, 1), date(2027, 5, 1), rate, settled)) == 1
    assert accrue(Decimal(0), date(2026, 12, 1), date(2027, 5, 1), rate) == ()


# --- Payments ---


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        pytest.param([], 10, id="nothing paid"),
        pytest.param([paid(-3, 1000)], 0, id="paid before the due date"),
        pytest.param([paid(0, 1000)], 0, id="paid on the due date"),
        pytest.param([paid(1, 1000)], 1, id="the day of the payment still counts"),
        pytest.param([paid(5, 500)], "7.5", id="half of it half-way"),
        pytest.param([paid(5, 200), paid(5, 300)], "7.5", id="two payments on a day"),
        pytest.param([paid(2, 500), paid(5, 500)], "3.5", id="paid in two parts"),
        pytest.param([paid(10, 500)], 10, id="a payment on the last day changes nothing"),
        pytest.param([paid(11, 500)], 10, id="nor does one to come"),
        pytest.param([paid(5, 5000)], 5, id="more than owed stops it and gives nothing back"),
        pytest.param([paid(5, 500, credit_note=True)], "7.5", id="a credit note half-way"),
        pytest.param([paid(-5, 1000, credit_note=True)], 0, id="a credit note for all before the due date"),
    ],
)
def test_payments(payments, expected):
    assert total(payments=payments) == Decimal(expected)


def test_the_working_shows_each_balance():
    found = accrue(Decimal(1000), DUE, after(10), FLAT, [paid(4, 400)])
    assert [(one.start, one.end, one.days, one.balance, one.amount) for one in found] == [
        (after(1), after(4), 4, 1000, 4),
        (after(5), after(10), 6, 600, Decimal("3.60")),
    ]


def test_interest_first_leaves_more_principal():
    """1,000 bear 5 in five days; of 505 paid then, 5 are interest: 500 are left rather than 495."""
    payments = [paid(5, 505)]
    assert total(payments=payments) == Decimal("7.48")
    assert total(payments=payments, interest_first=True) == Decimal("7.50")


def test_interest_first_takes_only_what_is_owed_and_nothing_of_a_credit_note():
    assert total(payments=[paid(5, 3)], interest_first=True) == 10
    assert total(payments=[paid(5, 505, credit_note=True)], interest_first=True) == Decimal("7.48")


# --- Compound, units, roundings ---


def test_interest_bears_interest_only_after_a_full_year_and_only_where_agreed():
    year = ContractRate(Decimal(10))
    assert total(1000, 365, rate=year, compound=True) == 100
    assert total(1000, 730, rate=year) == 200
    assert total(1000, 730, rate=year, compound=True) == 210
    last = accrue(Decimal(1000), DUE, after(366), year, compound=True)[-1]
    assert (last.start, last.days, last.balance) == (after(366), 1, 1100)


def test_interest_that_was_paid_is_not_compounded():
    year = ContractRate(Decimal(10))
    assert total(1000, 730, [paid(365, 100)], year, compound=True, interest_first=True) == 200


def test_compound_from_29_february():
    found = accrue(Decimal(1000), date(2024, 2, 28), date(2025, 3, 1), ContractRate(Decimal(10)), compound=True)
    assert [(one.start, one.balance) for one in found] == [
        (date(2024, 2, 29), 1000),
        (date(2025, 3, 1), Decimal("1100.27")),
    ]


def test_another_unit():
    """Yen have no decimals, dinars three."""
    assert total(1234, 10, unit=Decimal(1)) == 12
    assert total("1234.567", 10, unit=Decimal("0.001")) == Decimal("12.346")


def test_a_slice_is_rounded_once_half_up():
    assert total("5", 1, rate=FLAT) == Decimal("0.01"), "half a cent counts as one"
    assert total("4.99", 1, rate=FLAT) == 0
    assert total("4.99", 10, rate=FLAT) == Decimal("0.05"), "the daily amount is not rounded"


# --- Properties ---

money = st.integers(0, 10**8).map(lambda cents: Decimal(cents) / 100)
percent = st.integers(0, 2500).map(lambda points: Decimal(points) / 100)
span = st.integers(0, 1000)
payment = st.builds(paid, st.integers(-20, 400), money, st.booleans())
reference = st.lists(percent, min_size=12, max_size=12).map(lambda found: make_reference(*found))
law = st.builds(StatutoryRate, reference, percent, st.just(None) | st.just(Decimal("0.5")))
options = st.fixed_dictionaries({"interest_first": st.booleans(), "compound": st.booleans()})


@examples
@given(money, law, span, span)
def test_splitting_a_delay_changes_at_most_one_rounding_a_slice(principal, rate, first, second):
    whole = accrue(principal, DUE, after(first + second), rate)
    parts = [*accrue(principal, DUE, after(first), rate), *accrue(principal, after(first), after(first + second), rate)]
    assert abs(get_total(whole) - get_total(parts)) <= CENT * len(parts)


@examples
@given(money, law, span, st.lists(payment, max_size=4), options)
def test_interest_never_falls_with_time(principal, rate, days, payments, options):
    assert total(principal, days, payments, rate, **options) <= total(principal, days + 1, payments, rate, **options)


@examples
@given(money, money, law, span, st.lists(payment, max_size=4), st.booleans())
def test_interest_never_falls_with_the_balance(principal, more, rate, days, payments, interest_first):
    less = total(principal, days, payments, rate, interest_first=interest_first)
    slices = accrue(principal + more, DUE, after(days), rate, payments, interest_first=interest_first)
    rounding = CENT * len(slices) if interest_first else 0  # a cent less of interest is a cent less of principal
    assert less <= get_total(slices) + rounding


shuffled = st.lists(payment, max_size=5).flatmap(lambda made: st.tuples(st.just(made), st.permutations(made)))


@examples
@given(money, law, span, shuffled, options)
def test_the_order_of_payments_does_not_matter(principal, rate, days, shuffled, options):
    one, another = (accrue(principal, DUE, after(days), rate, payments, **options) for payments in shuffled)
    assert one == another


@examples
@given(law, span, st.lists(payment, max_size=4), options)
def test_nothing_owed_bears_nothing(rate, days, payments, options):
    assert accrue(Decimal(0), DUE, after(days), rate, payments, **options) == ()


@examples
@given(money, span, st.lists(payment, max_size=4), options)
def test_a_rate_of_zero_gives_zero(principal, days, payments, options):
    assert total(principal, days, payments, ContractRate(Decimal(0)), **options) == 0


@examples
@given(money, law, span, st.lists(payment, max_size=4))
def test_interest_first_is_never_less(principal, rate, days, payments):
    """What settles interest leaves principal that bears more."""
    last = accrue(principal, DUE, after(days), rate, payments, interest_first=True)
    assert total(principal, days, payments, rate) <= get_total(last) + CENT * len(last)


@examples
@given(money, law, span, st.lists(payment, max_size=4), options)
def test_slices_follow_each_other_from_the_first_day(principal, rate, days, payments, options):
    slices = accrue(principal, DUE, after(days), rate, payments, **options)
    assert all(before.end + DAY == following.start for before, following in pairwise(slices))
    assert all(one.balance > 0 and one.days == count_days(one.start, one.end) for one in slices)
    if slices:
        assert slices[0].start == after(1)
        assert slices[-1].end <= after(days)
