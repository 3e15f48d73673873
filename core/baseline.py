"""The first day of dunning: how far a debt would have come if it had been dunned from the beginning."""

from .escalation import DUE_DATE, REMINDER, plus


def reached(policy, due_date, today):
    """The last reminder of `policy` whose day is past for what fell due on `due_date`; None before the first.

    Never a formal notice: nobody has written one.

    >>> from datetime import date
    >>> from .escalation import FORMAL_NOTICE, Level, Policy
    >>> ladder = Policy(1, (Level(1, 1, delay_days=5), Level(2, 2, delay_days=15), Level(3, 3, FORMAL_NOTICE, 30)))
    >>> [level and level.id for level in (reached(ladder, date(2026, 3, 1), date(2026, 3, day)) for day in (5, 6, 31))]
    [None, 1, 2]
    """
    day, found = due_date, None
    for level in policy.ladder:
        day = plus(due_date if level.delay_basis == DUE_DATE else day, level.delay_days)
        if level.stage != REMINDER or day > today:
            break
        found = level
    return found


def is_old(item, step, today, days):
    """True for what is claimed, has reached no level, and fell due more than `days` days before `today`."""
    if item.stage or item.excluded or not item.due_date:
        return False
    return step.claim.claimed > 0 and (today - item.due_date).days > days
