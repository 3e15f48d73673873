"""Where a debt older than the switch to sending starts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from odoo.addons.account_dunning.core.baseline import is_old, reached
from odoo.addons.account_dunning.core.claims import Claim
from odoo.addons.account_dunning.core.escalation import FORMAL_NOTICE, PREVIOUS_NOTICE, Item, Level, Policy, Step

DUE = date(2026, 3, 1)
LADDER = (Level(1, 1, delay_days=5), Level(2, 2, delay_days=15), Level(3, 3, FORMAL_NOTICE, delay_days=35))


def reached_after(days, *levels):
    found = reached(Policy(1, levels), DUE, DUE + timedelta(days=days))
    return found and found.id


@pytest.mark.parametrize(("days", "level"), [(4, None), (5, 1), (14, 1), (15, 2), (35, 2), (4000, 2)])
def test_each_debt_as_far_as_its_reminders_would_have_come(days, level):
    assert reached_after(days, *LADDER) == level


def test_days_after_the_previous_notice_add_up():
    ladder = (Level(1, 1, delay_days=5), Level(2, 2, delay_days=10, delay_basis=PREVIOUS_NOTICE))
    assert (reached_after(14, *ladder), reached_after(15, *ladder)) == (1, 2)


def test_a_ladder_without_reminders_has_no_baseline():
    assert reached_after(400, Level(1, 1, FORMAL_NOTICE, delay_days=5)) is None
    assert reached_after(400) is None


@pytest.mark.parametrize(
    ("facts", "credit", "old"),
    [
        ({}, 0, True),
        ({}, 40, True),
        ({}, 100, False),
        ({"due_date": DUE + timedelta(days=1)}, 0, False),
        ({"stage": "reminder"}, 0, False),
        ({"excluded": "never"}, 0, False),
        ({"due_date": None}, 0, False),
    ],
)
def test_old_is_what_is_claimed_was_never_reminded_and_is_older_than_the_days(facts, credit, old):
    item = Item(**{"id": 1, "due_date": DUE, "residual": Decimal(100), **facts})
    step = Step(1, "due", Claim(Decimal(100), Decimal(credit)))
    assert is_old(item, step, DUE + timedelta(days=61), 60) is old
