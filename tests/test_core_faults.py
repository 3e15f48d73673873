"""Faults that a second reader found in the core, each with the input that showed it."""

from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.account_dunning.core.claims import Credit, Hold, allocate
from odoo.addons.account_dunning.core.escalation import (
    DUE,
    HELD,
    INTERVAL,
    NOT_YET,
    SETTLED,
    Item,
    Level,
    Policy,
    Standing,
    decide,
)

FIRST = Policy(1, (Level(1, 1, delay_days=5),))
FOR_EVER = date(9999, 12, 31)


def march(day):
    return date(2026, 3, day)


def steps(*items, on, **facts):
    return decide(Standing(1, 1, 1, items, **facts), FIRST, on).steps


def item(number=1, due=None, **facts):
    return Item(number, due or march(1), Decimal(100), **facts)


@pytest.mark.parametrize(
    "own",
    [item(holds=(Hold("pause", until=FOR_EVER),)), item(due=FOR_EVER)],
    ids=["paused until 9999-12-31", "due 9999-12-31"],
)
def test_the_last_day_of_the_calendar_raises_nothing(own):
    steps(own, on=march(6))


def test_a_long_delay_raises_nothing():
    decide(Standing(1, 1, 1, (item(),)), Policy(1, (Level(1, 1, delay_days=9_999_999),)), march(6))


def test_the_next_date_of_an_item_held_by_two_amounts_is_the_day_after_the_first_of_them_ends():
    own = item(
        holds=(
            Hold("promise", until=march(10), amount=Decimal(60)),
            Hold("dispute", until=march(20), amount=Decimal(40)),
        )
    )
    assert steps(own, on=march(11))[0].reason == DUE
    assert steps(own, on=march(6))[0].next_date == march(11)


def test_a_hold_without_end_has_no_next_date():
    (step,) = steps(item(holds=(Hold("dispute"),)), on=date(2026, 6, 20))
    assert (step.reason, step.next_date) == (HELD, None)


def test_the_next_date_of_what_is_not_yet_due_knows_the_interval():
    own = item(due=march(5))
    assert steps(own, on=march(10), last_left_on=march(8))[0].reason == INTERVAL
    (step,) = steps(own, on=march(8), last_left_on=march(8))
    assert (step.reason, step.next_date) == (NOT_YET, march(15))


def test_a_case_hold_for_an_amount_holds_what_the_items_own_holds_leave():
    disputed, other = item(1, holds=(Hold("dispute"),)), item(2, due=march(2))
    items = allocate((disputed, other), (), [Hold("payment_in_process", amount=Decimal(100))], march(20))
    assert [step.reason for step in steps(*items, on=march(20))] == [HELD, HELD]


def test_an_excluded_item_leaves_the_credits_to_the_others():
    kept, due = item(1, excluded="no_followup"), item(2, due=march(2))
    items = allocate((kept, due), (Credit(Decimal(100)),), (), march(20))
    assert [own.claim.credit for own in items] == [0, 100]


def test_nothing_goes_before_the_last_day_granted_is_over():
    ladder = Policy(1, (Level(1, 1, delay_days=5), Level(2, 2, delay_days=6)))
    own = item(stage="reminder", stage_count=1, last_notice_on=march(6), response_until=march(20))
    on_the_day, day_after = (decide(Standing(1, 1, 1, (own,)), ladder, march(day)).steps[0] for day in (20, 21))
    assert (on_the_day.reason, day_after.reason) == (NOT_YET, DUE)


def test_a_negative_residual_claims_nothing():
    (step,) = steps(Item(1, march(1), Decimal(-100)), on=march(6))
    assert step.reason == SETTLED
