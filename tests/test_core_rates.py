"""Which rate a day has: published tables, roundings, floors, one rate for the whole delay, and what is unknown."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from odoo.addons.account_dunning.core.rates import ContractRate, MissingRate, Period, ReferenceRate, StatutoryRate

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parent.parent


def read(*path):
    return list(csv.DictReader(ROOT.joinpath(*path).read_text(encoding="utf-8").splitlines()))


SHIPPED = read("data", "account_late_interest_rates.csv")
EXAMPLES = read("tests", "samples", "rate_examples.csv")


def read_reference(code):
    days = [(date.fromisoformat(row["date_start"]), date.fromisoformat(row["date_end"])) for row in SHIPPED]
    periods = [
        Period(*of, Decimal(row["percent"])) for of, row in zip(days, SHIPPED, strict=True) if row["reference"] == code
    ]
    return ReferenceRate(code, tuple(periods))


def make_reference(*percents, name="Rate", year=2026):
    """A rate a half-year, from January of `year` on."""
    periods = []
    for number, percent in enumerate(percents):
        year_of, second = year + number // 2, number % 2
        days = (date(year_of, 7, 1), date(year_of, 12, 31)) if second else (date(year_of, 1, 1), date(year_of, 6, 30))
        periods.append(Period(*days, Decimal(percent)))
    return ReferenceRate(name, tuple(periods))


def percents(rate, start, end):
    return [(first, last, percent) for first, last, percent, _source in rate.get_pieces(start, end)]


def percent_on(rate, day):
    return percents(rate, day, day)[0][2]


@pytest.mark.parametrize("row", EXAMPLES, ids=[row["id"] for row in EXAMPLES])
def test_published_rates(row):
    """Those that agree are right to the digit; the wrong ones are not reproduced."""
    reference, day = read_reference(row["reference"]), date.fromisoformat(row["half_year"])
    if row["multiple"] == "1":
        rate = StatutoryRate(reference, Decimal(row["margin"]), Decimal(row["step"] or 0) or None)
    else:
        rate = ContractRate(Decimal("0.01"), reference, Decimal(row["multiple"]))
    assert (percent_on(rate, day) == Decimal(row["published"])) == (row["agrees"] == "yes")


@pytest.mark.parametrize("code", sorted({row["reference"] for row in SHIPPED}))
def test_each_shipped_table_has_no_gap_and_ends_with_2026(code):
    periods = read_reference(code).periods
    assert all(before.end + DAY == after.start for before, after in pairwise(periods))
    assert periods[-1].end == date(2026, 12, 31)
    assert all((period.start.day, period.start.month) in ((1, 1), (1, 7)) for period in periods)


def test_each_shipped_figure_has_a_source_and_doubtful_ones_are_off():
    for row in SHIPPED:
        assert row["source"]
        assert "github" not in row["source"].lower()
        assert row["confidence"] in ("verified", "derived", "memory", "low")
        assert (row["active"] == "1") == (row["confidence"] != "low")
        assert row["note"] or row["confidence"] not in ("derived", "low")


def test_a_delay_is_cut_at_the_half_year():
    rate = StatutoryRate(make_reference("2.15", "2.40"), Decimal(10))
    assert percents(rate, date(2026, 5, 2), date(2026, 9, 1)) == [
        (date(2026, 5, 2), date(2026, 6, 30), Decimal("12.15")),
        (date(2026, 7, 1), date(2026, 9, 1), Decimal("12.40")),
    ]


def test_a_pinned_rate_is_that_of_the_day_when_interest_began():
    rate = StatutoryRate(make_reference("2.15", "2.40"), Decimal(8), pinned=True)
    assert percents(rate, date(2026, 5, 2), date(2027, 9, 1)) == [
        (date(2026, 5, 2), date(2027, 9, 1), Decimal("10.15"))
    ]
    assert percent_on(rate, date(2026, 7, 1)) == Decimal("10.40")


def test_the_step_rounds_the_sum_up_and_keeps_a_multiple():
    reference = make_reference("2.00", "2.01")
    rate = StatutoryRate(reference, Decimal(8), Decimal("0.5"))
    assert percent_on(rate, date(2026, 1, 1)) == 10
    assert percent_on(rate, date(2026, 7, 1)) == Decimal("10.5")


def test_the_floor_raises_a_contract_rate_in_the_half_years_where_it_is_lower():
    """2024: three times the legal rate was above the rate of the law, which it does not bind."""
    floor = read_reference("fr_legal_other")
    contract = ContractRate(Decimal(10), floor, source="Contract")
    assert [piece[2:] for piece in contract.get_pieces(date(2025, 1, 1), date(2025, 12, 31))] == [
        (Decimal("11.13"), ""),
        (Decimal(10), "Contract"),
    ]
    assert percent_on(StatutoryRate(read_reference("ecb_mro"), Decimal(10)), date(2024, 1, 1)) == Decimal("14.50")


def test_an_unknown_half_year_names_the_rate_and_the_day():
    reference = make_reference("2.15", "2.40", name="ECB")
    for rate in (StatutoryRate(reference, Decimal(10)), ContractRate(Decimal(5), reference)):
        with pytest.raises(MissingRate, match="ECB: no rate is known for 2027-01-01") as caught:
            percents(rate, date(2026, 12, 1), date(2027, 1, 5))
        assert (caught.value.name, caught.value.day) == ("ECB", date(2027, 1, 1))
    with pytest.raises(MissingRate, match="2025-12-31"):
        percents(StatutoryRate(reference, Decimal(10), pinned=True), date(2025, 12, 31), date(2026, 2, 1))


def test_a_gap_in_the_table_is_no_rate_either():
    reference = ReferenceRate("Gap", (make_reference("2").periods[0], make_reference("3", year=2027).periods[0]))
    with pytest.raises(MissingRate, match="Gap: no rate is known for 2026-07-01"):
        percents(StatutoryRate(reference), date(2026, 6, 1), date(2027, 2, 1))


def test_two_rates_for_one_day_are_refused():
    first = Period(date(2026, 1, 1), date(2026, 7, 1), Decimal(2))
    with pytest.raises(ValueError, match="two rates for 2026-07-01"):
        ReferenceRate("ECB", (Period(date(2026, 7, 1), date(2026, 12, 31), Decimal(3)), first))


@pytest.mark.parametrize("pinned", [False, True])
def test_no_day_has_no_piece(pinned):
    rate = StatutoryRate(make_reference("2"), pinned=pinned)
    assert percents(rate, date(2030, 1, 2), date(2030, 1, 1)) == []
