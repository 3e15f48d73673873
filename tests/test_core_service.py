"""Table T6 and the fifteen days, and the state that follows from proofs in whatever order they come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.service import (
    BOUNCE,
    DISPATCH,
    FINAL,
    GIVEN_UP,
    NON_CLAIM,
    OUTCOMES,
    RECEIPT,
    REFUSAL,
    SUBMISSION,
    derive,
    effective_date,
    expect,
    last_day_to_claim,
    non_claim_due,
    served_by,
)

TOLD, TAKEN = date(2026, 3, 3), date(2026, 3, 9)
KINDS = [SUBMISSION, DISPATCH, *OUTCOMES, "content", "other"]


@pytest.mark.parametrize(
    ("method", "outcome", "day"),
    [
        ("registered_letter", "received", TOLD),
        ("registered_letter", "refused", TOLD),
        ("registered_letter", "unclaimed", TOLD),
        ("registered_letter", "bounced", None),
        ("qualified_registered_email", "received", TOLD),
        ("qualified_registered_email", "refused", TOLD),
        ("qualified_registered_email", "unclaimed", TOLD),
        ("qualified_registered_email", "bounced", None),
        ("registered_email", "received", TAKEN),
        ("registered_email", "refused", None),
        ("registered_email", "unclaimed", None),
        ("registered_email", "bounced", None),
        ("email", "received", None),
    ],
)
def test_the_table_of_service(method, outcome, day):
    assert effective_date(method, outcome, TOLD, TAKEN) == day
    assert (served_by(method, outcome) == "not_served") == (day is None)


def test_a_letter_whose_first_presentation_is_unknown_was_served_when_it_was_taken():
    assert effective_date("registered_letter", "received", None, TAKEN) == TAKEN
    assert effective_date("registered_letter", "unclaimed", None, TAKEN) is None


def test_fifteen_days_from_the_day_after_the_notice():
    assert last_day_to_claim(date(2026, 3, 3)) == date(2026, 3, 18)
    assert non_claim_due(date(2026, 3, 3)) == date(2026, 3, 19)
    assert non_claim_due(date(2024, 2, 20)) == date(2024, 3, 7)  # over a leap day


@given(st.lists(st.sampled_from(KINDS)), st.sampled_from(sorted({"sent", "uncertain", "queued", *FINAL, *GIVEN_UP})))
def test_a_final_state_that_is_proved_is_never_lowered(kinds, state):
    after = derive(state, kinds)
    outcomes = [OUTCOMES[kind] for kind in kinds if kind in OUTCOMES]
    if state in GIVEN_UP or state == "bounced" or (state in FINAL and (state in outcomes or not outcomes)):
        assert after.state == state
    else:
        assert after.state == (outcomes[0] if outcomes else after.state)
        assert after.state in FINAL or not outcomes


def test_what_was_declared_gives_way_to_a_proof():
    assert derive("unclaimed", [SUBMISSION, RECEIPT]) == derive("refused", [RECEIPT])
    assert derive("unclaimed", [RECEIPT]).state == "received"
    assert derive("unclaimed", [RECEIPT]).contradicts
    assert derive("bounced", [RECEIPT]).state == "bounced"


@given(st.lists(st.sampled_from(KINDS)))
def test_proofs_one_by_one_or_all_at_once_lead_to_the_same(kinds):
    state = "sent"
    for end in range(len(kinds) + 1):
        state = derive(state, kinds[:end]).state
    assert derive("sent", kinds).state == state


@given(st.lists(st.sampled_from(KINDS)))
def test_two_outcomes_are_a_contradiction(kinds):
    outcomes = {OUTCOMES[kind] for kind in kinds if kind in OUTCOMES}
    assert derive("sent", kinds).contradicts == (len(outcomes) > 1)


def days(expectations):
    return [(one.kinds[0], one.due, one.is_late) for one in expectations]


def test_what_is_expected_of_a_registered_delivery():
    day = TOLD
    assert days(expect(day, None, [], day)) == [
        (SUBMISSION, day + timedelta(1), False),
        (DISPATCH, day + timedelta(1), False),
        (RECEIPT, date(2026, 3, 19), False),
    ]
    assert days(expect(day, day, [SUBMISSION, DISPATCH], date(2026, 3, 19)))[0][2] is False
    assert days(expect(day, day, [SUBMISSION, DISPATCH], date(2026, 3, 20))) == [(RECEIPT, date(2026, 3, 19), True)]
    assert not expect(day, day, [SUBMISSION, DISPATCH, NON_CLAIM], date(2027, 1, 1))
    assert not expect(day, None, [SUBMISSION, BOUNCE], date(2027, 1, 1))
    assert days(expect(day, None, [REFUSAL], day)) == [
        (SUBMISSION, day + timedelta(1), False),
        (DISPATCH, day + timedelta(1), False),
    ]
