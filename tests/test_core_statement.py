"""Statements of account: tables for the borders, properties for the ledger behind them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.statement import (
    AGES,
    NOT_DUE,
    OVER_90,
    TO_30,
    TO_60,
    TO_90,
    Entry,
    draw_up,
    get_age,
    get_balance,
    get_days_late,
)

examples = settings(max_examples=300, deadline=None)
START = date(2026, 1, 1)
LAST = START + timedelta(days=400)
amounts = st.decimals(Decimal("-5000"), Decimal("5000"), places=2).filter(bool)
days = st.integers(0, 300).map(lambda number: START + timedelta(days=number))


def entry(original, *matches, booked=START, due=START, number=1):
    taken = tuple((START + timedelta(days=after), Decimal(amount)) for after, amount in matches)
    return Entry(number, booked, due, Decimal(original), taken)


def get_rests(statement):
    return {one.entry.id: one.balance for one in statement.items + statement.credits}


@st.composite
def ledgers(draw):
    """Entries of which pairs are matched for a part: what one loses, the other loses with the other sign."""
    booked = draw(st.lists(days, min_size=1, max_size=12))
    originals = [draw(amounts) for _day in booked]
    left, matches = list(originals), [[] for _day in booked]
    places = st.integers(0, len(booked) - 1)
    for debit, credit in draw(st.lists(st.tuples(places, places), max_size=12)):
        most = min(left[debit], -left[credit])
        if most <= 0:
            continue
        amount = draw(st.decimals(Decimal("0.01"), most, places=2))
        on = max(booked[debit], booked[credit])
        matches[debit].append((on, amount))
        matches[credit].append((on, -amount))
        left[debit] -= amount
        left[credit] += amount
    dues = [day + timedelta(days=draw(st.integers(0, 60))) for day in booked]
    rows = zip(booked, dues, originals, matches, strict=True)
    return [Entry(number, on, due, original, tuple(taken)) for number, (on, due, original, taken) in enumerate(rows)]


@pytest.mark.parametrize(
    ("late", "age"),
    [(0, NOT_DUE), (1, TO_30), (30, TO_30), (31, TO_60), (60, TO_60), (61, TO_90), (90, TO_90), (91, OVER_90)],
)
def test_the_borders_of_the_ages(late, age):
    assert get_age(late) == age


def test_days_late_count_from_the_day_after_the_due_date():
    assert [get_days_late(START, START + timedelta(days=late)) for late in (-5, 0, 1, 31)] == [0, 0, 1, 31]


def test_a_payment_counts_from_its_own_day():
    invoice = entry(100, (10, 30), (20, 70))
    found = [get_balance(invoice, START + timedelta(days=after)) for after in (-1, 0, 9, 10, 19, 20)]
    assert found == [0, 100, 100, 70, 70, 0]


def test_a_credit_shrinks_towards_nothing():
    payment = entry(-50, (5, -20))
    (found,) = draw_up([payment], START + timedelta(days=5)).credits
    assert (found.balance, found.settled, found.entry) == (-30, -20, payment)


def test_debts_and_credits_stand_apart_by_due_date():
    late, early = entry(10, due=START + timedelta(days=9), number=1), entry(20, number=2)
    statement = draw_up([late, entry(-5, number=3), early], START)
    assert [one.entry.id for one in statement.items] == [2, 1]
    assert [one.entry.id for one in statement.credits] == [3]
    assert (statement.owed, statement.credited, statement.balance) == (30, -5, 25)


def test_ages_are_of_the_debts_only():
    day = START + timedelta(days=31)
    statement = draw_up([entry(10), entry(7, due=day, number=2), entry(-5, number=3)], day)
    assert statement.ages == {**dict.fromkeys(AGES, 0), TO_60: 10, NOT_DUE: 7}


def test_what_is_less_than_the_smallest_amount_is_settled():
    assert not draw_up([entry("0.004")], START).items
    assert draw_up([entry("0.01")], START).items
    assert not draw_up([entry("0.04")], START, least=Decimal("0.05")).items


def test_nothing_open():
    statement = draw_up([], START)
    assert (statement.items, statement.credits, statement.balance) == ((), (), 0)


@examples
@given(ledgers(), days)
def test_the_balance_is_what_was_booked_until_the_day(ledger, day):
    """Matching moves nothing: on every day, the sum of what is open is the sum of what was booked by then."""
    assert draw_up(ledger, day).balance == sum(one.original for one in ledger if one.booked <= day)


@examples
@given(ledgers(), days)
def test_the_totals_are_those_of_the_lines(ledger, day):
    statement = draw_up(ledger, day)
    assert sum(statement.ages.values()) == statement.owed
    assert sum(one.entry.original - one.settled for one in statement.items) == statement.owed
    assert all(one.balance > 0 for one in statement.items)
    assert all(one.balance < 0 for one in statement.credits)
    assert sum(one.balance for one in statement.items + statement.credits) == statement.balance


@examples
@given(ledgers(), days)
def test_nothing_booked_or_matched_later_changes_a_past_day(ledger, day):
    cut = [
        Entry(one.id, one.booked, one.due, one.original, tuple(match for match in one.matches if match[0] <= day))
        for one in ledger
        if one.booked <= day
    ]
    told, known = draw_up(ledger, day), draw_up(cut, day)
    assert get_rests(told) == get_rests(known)


@examples
@given(ledgers())
def test_in_the_end_all_matches_count(ledger):
    statement = draw_up(ledger, LAST)
    rests = get_rests(statement)
    for one in ledger:
        assert rests.get(one.id, 0) == one.original - sum(amount for _on, amount in one.matches)
