"""A letter that somebody asks for by hand: what may go now although the night would wait, and what may not.

It is planned from the night's own decision. A person may pass over delays, not over facts: nothing goes for what is
settled, held, covered, excluded or not overdue yet.
"""

from dataclasses import dataclass, replace

from .escalation import (
    BELOW_MINIMUM,
    DUE,
    END_OF_LADDER,
    HIGHER_STAGE,
    INTERVAL,
    NOT_SENT,
    NOT_YET,
    PlannedNotice,
    Step,
    plan,
)

NOT_OVERDUE = "not_overdue"
NOTHING_TO_REPEAT = "nothing_to_repeat"
REFUSALS = (NOT_OVERDUE, NOTHING_TO_REPEAT)
PASSED_OVER = (NOT_YET, INTERVAL, HIGHER_STAGE, BELOW_MINIMUM, NOT_SENT)


@dataclass(frozen=True, slots=True)
class ByHand:
    """`notices`: what goes. `warned`: its steps as decided, where the night would wait. `refused`: what can't go."""

    notices: tuple[PlannedNotice, ...]
    warned: tuple[Step, ...]
    refused: tuple[Step, ...]


def by_hand(decision, today, item_ids=None, repeat=False):
    """What goes for the items `item_ids` (all when None) at their next level, or at the level reached again.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> from .escalation import Item, Level, Policy, Standing, decide
    >>> ladder = Policy(id=1, levels=(Level(id=1, sequence=1, delay_days=5), Level(id=2, sequence=2, delay_days=15)))
    >>> item = Item(id=7, due_date=date(2026, 3, 1), residual=Decimal(100))
    >>> standing = Standing(partner_id=1, company_id=1, currency_id=1, items=(item,))
    >>> asked = by_hand(decide(standing, ladder, date(2026, 3, 3)), date(2026, 3, 3))
    >>> [notice.level.id for notice in asked.notices], [step.reason for step in asked.warned]
    ([1], ['not_yet'])
    >>> [step.reason for step in by_hand(decide(standing, ladder, date(2026, 3, 1)), date(2026, 3, 1)).refused]
    ['not_overdue']
    """
    items = {item.id: item for item in decision.standing.items}
    asked = [step for step in decision.steps if item_ids is None or step.item_id in item_ids]
    going, warned, refused = [], [], []
    for step in asked:
        refusal, level = _check(decision.policy, items[step.item_id], step, today, repeat)
        if refusal:
            refused.append(replace(step, reason=refusal))
            continue
        going.append(replace(step, reason=DUE, level=level))
        if step.reason in PASSED_OVER and not repeat:
            warned.append(step)
    return ByHand(plan(going), tuple(warned), tuple(refused))


def _check(policy, item, step, today, repeat):
    """(why this item can't go or None, the level at which it goes)"""
    allowed = (DUE, *PASSED_OVER, *((END_OF_LADDER,) if repeat else ()))
    if step.reason not in allowed:
        return step.reason, None
    if item.due_date >= today:
        return NOT_OVERDUE, None
    level = reached_level(policy, item) if repeat else step.level
    missing = NOTHING_TO_REPEAT if repeat else END_OF_LADDER
    return (None, level) if level else (missing, None)


def reached_level(policy, item):
    """The level that `item` has reached in the policy now in force; None while there is none.

    >>> from .escalation import Item, Level, Policy
    >>> ladder = Policy(1, (Level(1, 1), Level(2, 2)))
    >>> [reached_level(ladder, Item(1, None, 1, stage="reminder", stage_count=n)).id for n in (1, 2, 3)]
    [1, 2, 2]
    """
    if not item.stage or not item.stage_count:
        return None
    rungs = policy.rungs[item.stage]
    position = min(rungs.start + item.stage_count, rungs.stop) - 1
    return policy.ladder[position] if position >= rungs.start else None
