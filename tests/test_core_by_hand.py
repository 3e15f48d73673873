"""A letter asked for by hand: what goes, what is passed over, what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.by_hand import NOT_OVERDUE, NOTHING_TO_REPEAT, by_hand
from odoo.addons.account_dunning.core.claims import Hold
from odoo.addons.account_dunning.core.escalation import (
    COVERED,
    DUE,
    END_OF_LADDER,
    EXCLUDED,
    FORMAL_NOTICE,
    HELD,
    INTERVAL,
    MANUAL,
    NOT_SENT,
    NOT_YET,
    NOTICE_UNDER_WAY,
    REMINDER,
    SETTLED,
    Item,
    Level,
    Policy,
    Standing,
    decide,
)

TODAY = date(2026, 3, 20)
FIRST, SECOND = Level(1, 1, delay_days=5), Level(2, 2, delay_days=30)
FORMAL = Level(3, 3, FORMAL_NOTICE, delay_days=60, approval=MANUAL)
LADDER = Policy(1, (FIRST, SECOND, FORMAL), only_sent=True)


def item(number=1, late=10, residual=100, **facts):
    return Item(number, TODAY - timedelta(days=late), Decimal(residual), **facts)


def ask(*items, repeat=False, item_ids=None, last_left_on=None, policy=LADDER):
    standing = Standing(1, 1, 1, items, last_left_on=last_left_on)
    return by_hand(decide(standing, policy, TODAY), TODAY, item_ids, repeat)


def levels(asked):
    return [notice.level.id for notice in asked.notices]


@pytest.mark.parametrize(
    ("asked", "warning"),
    [
        pytest.param(item(late=10), [], id="due: nothing is passed over"),
        pytest.param(item(late=3), [NOT_YET], id="before its day"),
        pytest.param(item(late=10, needs_sending=True), [NOT_SENT], id="invoice never sent"),
    ],
)
def test_the_next_level_goes_and_what_is_passed_over_is_said(asked, warning):
    answer = ask(asked)
    assert levels(answer) == [1]
    assert [step.reason for step in answer.warned] == warning
    assert not answer.refused


def test_the_days_between_two_notices_are_passed_over():
    answer = ask(item(late=10), last_left_on=TODAY - timedelta(days=1))
    assert levels(answer) == [1]
    assert [step.reason for step in answer.warned] == [INTERVAL]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        pytest.param(item(late=0), NOT_OVERDUE, id="due today"),
        pytest.param(item(late=-5), NOT_OVERDUE, id="due in five days"),
        pytest.param(item(residual=0), SETTLED, id="paid"),
        pytest.param(item(holds=(Hold("dispute"),)), HELD, id="disputed"),
        pytest.param(item(excluded="no_followup"), EXCLUDED, id="excluded"),
        pytest.param(item(under_way=True), NOTICE_UNDER_WAY, id="a notice has not left yet"),
    ],
)
@pytest.mark.parametrize("repeat", [False, True])
def test_facts_are_not_passed_over(asked, refusal, repeat):
    answer = ask(replace(asked, stage=REMINDER, stage_count=1), repeat=repeat)
    assert not answer.notices
    assert [step.reason for step in answer.refused] == [refusal]


def test_repeating_sends_the_level_reached_again():
    reached = item(late=40, stage=REMINDER, stage_count=1, last_notice_on=TODAY - timedelta(days=1))
    assert levels(ask(reached)) == [2]
    assert levels(ask(reached, repeat=True)) == [1]


def test_nothing_can_be_repeated_before_the_first_level():
    assert [step.reason for step in ask(item(), repeat=True).refused] == [NOTHING_TO_REPEAT]


def test_the_end_of_the_ladder_can_only_be_repeated():
    ended = item(late=90, stage=FORMAL_NOTICE, stage_count=1)
    assert [step.reason for step in ask(ended).refused] == [END_OF_LADDER]
    assert levels(ask(ended, repeat=True)) == [3]


def test_only_the_items_asked_for_go():
    answer = ask(item(1), item(2), item(3, late=-1), item_ids={2})
    assert [step.item_id for notice in answer.notices for step in notice.steps] == [2]
    assert not answer.refused


def test_a_formal_notice_is_never_mixed_with_reminders():
    formal = item(2, late=61, stage=REMINDER, stage_count=2)
    answer = ask(item(1), formal)
    assert [(notice.level.id, [step.item_id for step in notice.steps]) for notice in answer.notices] == [
        (1, [1]),
        (3, [2]),
    ]


items = st.builds(
    item,
    number=st.integers(1, 50),
    late=st.integers(-30, 200),
    residual=st.integers(0, 300),
    stage=st.sampled_from([None, REMINDER, FORMAL_NOTICE]),
    stage_count=st.integers(0, 3),
    under_way=st.booleans(),
    needs_sending=st.booleans(),
    excluded=st.sampled_from([None, "never"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(items, max_size=8, unique_by=lambda one: one.id), st.booleans())
def test_each_item_asked_for_goes_once_or_is_refused_with_a_reason(found, repeat):
    answer = ask(*found, repeat=repeat)
    going = [step for notice in answer.notices for step in notice.steps]
    assert sorted([step.item_id for step in (*going, *answer.refused)]) == sorted(one.id for one in found)
    due_dates = {one.id: one.due_date for one in found}
    assert all(due_dates[step.item_id] < TODAY and step.claim.claimed > 0 and step.level for step in going)
    assert all(step.reason and step.reason != DUE for step in answer.refused)
    assert COVERED not in {step.reason for step in going}
