"""The last day of a claim: tables for the law, properties for the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.limitation import (
    ACKNOWLEDGEMENT,
    ALWAYS,
    COURT,
    DEMAND,
    ENFORCEMENT,
    Term,
    last_day,
)

examples = settings(max_examples=300, deadline=None)
BUSINESS, CONSUMER, PUBLIC = Term(5), Term(2), Term(4, by_calendar_year=True)
DUE = date(2021, 3, 1)
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
terms = st.sampled_from([BUSINESS, CONSUMER, PUBLIC])
kinds = st.sampled_from([*ALWAYS, DEMAND])
interruptions = st.lists(st.tuples(days, kinds), max_size=8)


@pytest.mark.parametrize(
    ("since", "term", "events", "expected"),
    [
        pytest.param(DUE, BUSINESS, [], date(2026, 3, 1), id="a business: five years"),
        pytest.param(DUE, CONSUMER, [], date(2023, 3, 1), id="a consumer: two years"),
        pytest.param(DUE, PUBLIC, [], date(2025, 12, 31), id="a public body: four years after the year"),
        pytest.param(date(2021, 1, 1), PUBLIC, [], date(2025, 12, 31), id="from its first day"),
        pytest.param(date(2021, 12, 31), PUBLIC, [], date(2025, 12, 31), id="to its last"),
        pytest.param(date(2024, 2, 29), CONSUMER, [], date(2026, 2, 28), id="29 February, into a common year"),
        pytest.param(date(2024, 2, 29), Term(4), [], date(2028, 2, 29), id="29 February, into a leap year"),
        pytest.param(date(2023, 2, 28), BUSINESS, [], date(2028, 2, 28), id="28 February stays the 28th"),
        pytest.param(DUE, BUSINESS, [(date(2025, 6, 1), DEMAND)], date(2026, 3, 1), id="a reminder counts for nothing"),
        pytest.param(DUE, PUBLIC, [(date(2025, 6, 1), DEMAND)], date(2029, 12, 31), id="but to a public body"),
        pytest.param(DUE, BUSINESS, [(date(2022, 6, 1), COURT)], date(2027, 6, 1), id="a claim in court"),
        pytest.param(DUE, BUSINESS, [(date(2022, 6, 1), ENFORCEMENT)], date(2027, 6, 1), id="an act of enforcement"),
        pytest.param(DUE, BUSINESS, [(date(2020, 6, 1), COURT)], date(2026, 3, 1), id="before the due date: nothing"),
        pytest.param(
            DUE, CONSUMER, [(date(2023, 3, 1), ACKNOWLEDGEMENT)], date(2025, 3, 1), id="on the last day it counts"
        ),
        pytest.param(
            DUE, CONSUMER, [(date(2023, 3, 2), ACKNOWLEDGEMENT)], date(2023, 3, 1), id="on the day after it does not"
        ),
        pytest.param(
            DUE,
            CONSUMER,
            [(date(2024, 12, 1), ACKNOWLEDGEMENT), (date(2022, 12, 1), ACKNOWLEDGEMENT)],
            date(2024, 12, 1) + timedelta(days=730),
            id="one after the other, in whatever order they were entered",
        ),
        pytest.param(DUE, BUSINESS, [(date(2022, 6, 1), "call")], date(2026, 3, 1), id="a call"),
    ],
)
def test_last_day(since, term, events, expected):
    assert last_day(since, term, events) == expected


@examples
@given(days, terms, interruptions)
def test_interruptions_only_lengthen(since, term, events):
    assert last_day(since, term, events) >= last_day(since, term)


@examples
@given(days, terms, interruptions)
def test_the_years_run_from_the_last_thing_that_counted(since, term, events):
    counted = [day for day, kind in events if term.counts(kind)]
    assert last_day(since, term, events) in {term.last_day_from(day) for day in [since, *counted]}


@examples
@given(days, terms, interruptions, st.randoms(use_true_random=False))
def test_the_order_of_entry_does_not_matter(since, term, events, random):
    shuffled = random.sample(events, len(events))
    assert last_day(since, term, shuffled) == last_day(since, term, events)


@examples
@given(days, terms, interruptions, days, kinds)
def test_nothing_is_counted_after_the_last_day(since, term, events, day, kind):
    last = last_day(since, term, events)
    if day > last:
        assert last_day(since, term, [*events, (day, kind)]) == last


@examples
@given(days, st.sampled_from([BUSINESS, CONSUMER]), interruptions, days)
def test_a_demand_never_counts_between_private_parties(since, term, events, day):
    assert last_day(since, term, [*events, (day, DEMAND)]) == last_day(since, term, events)


@examples
@given(days, st.integers(1, 30))
def test_a_term_is_that_many_years(since, years):
    last = Term(years).last_day_from(since)
    assert last.year == since.year + years
    assert (last.month, last.day) == (since.month, since.day) or (since.month, since.day, last.day) == (2, 29, 28)
    yearly = Term(years, by_calendar_year=True).last_day_from(since)
    assert (yearly.month, yearly.day) == (12, 31)
    assert 0 <= (yearly - last).days <= 366
