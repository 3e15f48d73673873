"""The answer of the ECB's data service, read into the rates of half-years."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from odoo.addons.account_dunning.core.ecb import (
    UnreadableAnswer,
    get_half_year_end,
    get_half_years,
    parse_changes,
)

ROOT = Path(__file__).resolve().parent.parent
ANSWER = (ROOT / "tests" / "samples" / "ecb_rate.csv").read_text(encoding="utf-8")
SHIPPED = ROOT / "data" / "account_late_interest_rates.csv"


def half_years(today):
    return {period.start: period.percent for period in get_half_years(parse_changes(ANSWER), today)}


def test_half_years_are_those_that_are_shipped():
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        shipped = {
            date.fromisoformat(row["date_start"]): Decimal(row["percent"])
            for row in csv.DictReader(file)
            if row["reference"] == "ecb_mro" and row["date_start"] >= "2009"
        }
    assert half_years(date(2026, 11, 22)) == shipped


def test_the_rate_in_force_on_the_first_day_counts():
    """Changed on 17 June and on 16 September 2026: the second half-year has the first change only."""
    assert half_years(date(2026, 9, 20))[date(2026, 7, 1)] == Decimal("2.4")
    assert half_years(date(2027, 1, 1))[date(2027, 1, 1)] == Decimal("2.65")


def test_a_half_year_to_come_is_not_foretold():
    assert max(half_years(date(2026, 12, 31))) == date(2026, 7, 1)


def test_a_change_on_the_first_day_counts():
    found = get_half_years({date(2026, 1, 1): Decimal(3), date(2026, 7, 1): Decimal(4)}, date(2026, 7, 1))
    assert [(one.start, one.end, one.percent) for one in found] == [
        (date(2026, 1, 1), date(2026, 6, 30), 3),
        (date(2026, 7, 1), date(2026, 12, 31), 4),
    ]


def test_the_series_is_not_read_where_it_has_a_gap():
    """Until October 2008 auctions had a variable rate, which this series leaves out."""
    assert min(half_years(date(2026, 1, 1))) == date(2009, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("<html>Moved</html>", id="another page"),
        pytest.param("TIME_PERIOD,OBS_VALUE\n", id="no figure"),
        pytest.param("TIME_PERIOD,OBS_VALUE\n2026-06,2.4\n", id="a month instead of a day"),
        pytest.param("TIME_PERIOD,OBS_VALUE\n2026-06-17,two\n", id="a word instead of a figure"),
        pytest.param("TIME_PERIOD,OBS_VALUE\n2026-06-17,NaN\n", id="not a number"),
        pytest.param("TIME_PERIOD,OBS_VALUE\n2026-06-17\n", id="a broken line"),
    ],
)
def test_another_answer_is_refused(text):
    with pytest.raises(UnreadableAnswer):
        parse_changes(text)


def test_half_year_end():
    for day in (date(2024, 1, 1), date(2024, 2, 29), date(2024, 6, 30), date(2024, 7, 1), date(2024, 12, 31)):
        end = get_half_year_end(day)
        assert day <= end
        assert (end + timedelta(days=1)).month in (1, 7)
        assert (end - day).days < 184
