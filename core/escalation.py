"""What comes next for each overdue item, on which date, at which level, and why or why not.

`decide` looks at one standing (one customer's open items in one currency under one policy), `arbitrate` settles
the decisions of one night customer by customer. Both are pure and total: they raise nothing, read no clock, and
give every item a reason. The nightly job, the invoice form, lists, the dry run and printing all use these two.

Amounts are `Decimal` in the standing's currency, dates are `datetime.date`.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from .claims import Claim, Hold, claims_of, held_until

REMINDER, FORMAL_NOTICE, LAST_NOTICE = "reminder", "formal_notice", "last_notice"
STAGES = (REMINDER, FORMAL_NOTICE, LAST_NOTICE)
DUE_DATE, PREVIOUS_NOTICE, RESPONSE_DATE = "due_date", "previous_notice", "response_date"
AUTOMATIC, MANUAL = "automatic", "manual"

# Reasons. The first is the only one with which a notice is prepared tonight.
DUE = "due"
NOT_YET = "not_yet"
INTERVAL = "interval"
HIGHER_STAGE = "higher_stage"
BELOW_MINIMUM = "below_minimum"
AWAITS_RESPONSE = "awaits_response"
NOTICE_UNDER_WAY = "notice_under_way"
NOT_SENT = "not_sent"
HELD = "held"
COVERED = "covered"
SETTLED = "settled"
EXCLUDED = "excluded"
NO_DUE_DATE = "no_due_date"
NO_POLICY = "no_policy"
END_OF_LADDER = "end_of_ladder"
REASONS = (
    DUE,
    NOT_YET,
    INTERVAL,
    HIGHER_STAGE,
    BELOW_MINIMUM,
    AWAITS_RESPONSE,
    NOTICE_UNDER_WAY,
    NOT_SENT,
    HELD,
    COVERED,
    SETTLED,
    EXCLUDED,
    NO_DUE_DATE,
    NO_POLICY,
    END_OF_LADDER,
)


@dataclass(frozen=True, slots=True)
class Level:
    """One rung. `delay_days` counts from `delay_basis`; a delay of 5 is reached on the fifth day after it."""

    id: int
    sequence: int
    stage: str = REMINDER
    delay_days: int = 0
    delay_basis: str = DUE_DATE
    approval: str = AUTOMATIC

    @property
    def makes_own_notice(self):
        """A formal step is never mixed with others, nor is one that somebody must approve."""
        return self.stage != REMINDER or self.approval == MANUAL


@dataclass(frozen=True, slots=True)
class Policy:
    """An ordered ladder. `minimum_amount` is in the company's currency."""

    id: int
    levels: tuple[Level, ...]
    minimum_amount: Decimal = Decimal(0)
    min_days_between_notices: int = 7
    only_sent: bool = False
    min_days_after_sending: int = 10
    ladder: tuple[Level, ...] = field(init=False, repr=False, compare=False)
    rungs: dict[str, range] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        """The levels in the order in which they are climbed, and which of them each stage has: read for every item."""
        ladder = sorted(self.levels, key=lambda level: (STAGES.index(level.stage), level.sequence, level.id))
        object.__setattr__(self, "ladder", tuple(ladder))
        object.__setattr__(self, "rungs", dict(_rungs(ladder)))


def _rungs(ladder):
    first = 0
    for stage in STAGES:
        count = sum(level.stage == stage for level in ladder)
        yield stage, range(first, first + count)
        first += count


@dataclass(frozen=True, slots=True)
class Item:
    """One open receivable journal item.

    `stage`, `stage_count`: the stage reached and how many notices of it have left.
    `last_notice_on`: the day the last one left.
    `response_until`: the last day granted, or the day of the final proof if later; None while it is not known.
    `under_way`: claimed by an issued notice that has not left.
    `drafted`: claimed by a draft, which the days between two notices no longer delay.
    `sent_on`: the day the invoice was sent; None with `needs_sending` means that it never was.
    `cause_on`: the day on which the debt arose: the delivery, else the invoice.
    `at_once`: the next level waits for no delay of its own, since a promise was broken.
    """

    id: int
    due_date: date | None
    residual: Decimal
    move_id: int = 0
    needs_sending: bool = False
    sent_on: date | None = None
    stage: str | None = None
    stage_count: int = 0
    last_notice_on: date | None = None
    response_until: date | None = None
    under_way: bool = False
    drafted: bool = False
    excluded: str | None = None
    cause_on: date | None = None
    at_once: bool = False
    holds: tuple[Hold, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one customer stands with one company, in one currency, under one policy.

    `rate`: company currency for one unit of the standing's. `last_left_on`: the last day anything left to this
    customer, in any currency; None when a reminder is sent by hand, which does not wait.
    """

    partner_id: int
    company_id: int
    currency_id: int
    items: tuple[Item, ...]
    rate: Decimal = Decimal(1)
    last_left_on: date | None = None
    case_id: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What is next for one item: `level` and `next_date` where known, and always the reason with its facts.

    `until`: the last day on which holds leave nothing to claim; None while that has no end.
    """

    item_id: int
    reason: str
    claim: Claim
    level: Level | None = None
    next_date: date | None = None
    until: date | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """One notice of tonight. `own_level_id` is None for the one notice that all ordinary reminders share."""

    level: Level
    own_level_id: int | None
    steps: tuple[Step, ...]

    @property
    def amount_claimed(self):
        return sum((step.claim.claimed for step in self.steps), Decimal(0))


@dataclass(frozen=True, slots=True)
class Decision:
    standing: Standing
    policy: Policy | None
    steps: tuple[Step, ...]
    notices: tuple[PlannedNotice, ...] = field(default=())


def decide(standing, policy, today):
    """The decision for every item of `standing` under `policy` (None: no policy applies) on the day `today`.

    >>> first = Level(id=1, sequence=1, delay_days=5)
    >>> ladder = Policy(id=1, levels=(first,))
    >>> item = Item(id=7, due_date=date(2026, 3, 1), residual=Decimal(100))
    >>> standing = Standing(partner_id=1, company_id=1, currency_id=1, items=(item,))
    >>> [step.reason for step in decide(standing, ladder, date(2026, 3, 5)).steps]
    ['not_yet']
    >>> [notice.level.id for notice in decide(standing, ladder, date(2026, 3, 6)).notices]
    [1]
    """
    claims = claims_of(standing.items, today)
    steps = tuple(_step(standing, policy, item, claims[item.id], today) for item in standing.items)
    if policy and _is_below_minimum(standing, policy, steps, today):
        steps = tuple(
            replace(step, reason=BELOW_MINIMUM, next_date=None) if step.reason in (DUE, INTERVAL) else step
            for step in steps
        )
    return Decision(standing, policy, steps, plan(steps))


def _step(standing, policy, item, claim, today):
    level = next_level(policy, item) if policy else None
    planned = level_date(policy, item, level) if level else None
    reason, detail = _reason(policy, item, claim, level, planned, today)
    if reason not in (DUE, NOT_YET, HELD):
        return Step(item.id, reason, claim, level, detail=detail)
    until = held_until(item, today) if reason == HELD else None
    free = None if reason == HELD and not until else plus(until, 1) if until else today
    earliest = free and planned and max(planned, _after_interval(standing, policy, item), free)
    if reason == DUE and earliest > today:
        reason = INTERVAL
    return Step(item.id, reason, claim, level, earliest, until, detail)


def _reason(policy, item, claim, level, planned, today):
    """(reason, detail) of one item by itself, before it is seen with the others."""
    answering = item.response_until and item.response_until >= today
    facts = (
        (item.excluded, EXCLUDED, item.excluded or ""),
        (item.residual <= 0, SETTLED, ""),
        (not item.due_date, NO_DUE_DATE, ""),
        (not claim.claimed and not claim.held, COVERED, ""),
        (not claim.claimed, HELD, claim.held_kind),
        (policy is None, NO_POLICY, ""),
        (policy and policy.only_sent and item.needs_sending and not item.sent_on, NOT_SENT, ""),
        (item.under_way, NOTICE_UNDER_WAY, ""),
        (level is None and answering, AWAITS_RESPONSE, ""),
        (level is None, END_OF_LADDER, ""),
        (planned is None, AWAITS_RESPONSE, ""),
        (planned and planned > today, NOT_YET, ""),
    )
    return next(((reason, detail) for holds, reason, detail in facts if holds), (DUE, ""))


def next_level(policy, item):
    """The level after the one reached: after n notices of a stage the (n+1)-th of it, else the next stage's first.

    >>> ladder = Policy(1, (Level(1, 1), Level(2, 2), Level(3, 3, FORMAL_NOTICE)))
    >>> def after(stage, count):
    ...     return next_level(ladder, Item(1, None, Decimal(1), stage=stage, stage_count=count))
    >>> after(None, 0).id, after(REMINDER, 1).id, after(REMINDER, 2).id, after(FORMAL_NOTICE, 1)
    (1, 2, 3, None)
    """
    rungs = policy.rungs[item.stage or REMINDER]
    position = min(rungs.start + item.stage_count, rungs.stop) if item.stage else rungs.start
    return policy.ladder[position] if position < len(policy.ladder) else None


def level_date(policy, item, level):
    """The first day on which `level` may be reached; None while a response is awaited whose end is not known.

    Never on or before the due date, the day the last notice left, or the last day that it granted; after a broken
    promise, where the policy wants it so, on the next day already.
    """
    if not item.due_date:
        return None
    counted_from = _counted_from(policy, item, level.delay_basis)
    if not counted_from:
        return None
    latest = plus(max(day for day in (item.due_date, item.last_notice_on, item.response_until) if day), 1)
    return latest if item.at_once else max(plus(counted_from, level.delay_days), latest)


def _counted_from(policy, item, basis):
    if basis == RESPONSE_DATE:
        return item.response_until
    if basis == PREVIOUS_NOTICE and item.last_notice_on:
        return item.last_notice_on
    return clock_start(policy, item)


def plus(day, days):
    """`day` moved by `days`, stopping at the ends of the calendar instead of raising.

    >>> plus(date.max, 1) == date.max, plus(date(2026, 3, 1), 5)
    (True, datetime.date(2026, 3, 6))
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def clock_start(policy, item):
    """The due date, or the day some days after the invoice was sent if that is later.

    >>> late = Item(1, date(2026, 3, 1), Decimal(9), needs_sending=True, sent_on=date(2026, 3, 10))
    >>> clock_start(Policy(1, ()), late)
    datetime.date(2026, 3, 20)
    """
    if not item.needs_sending or not item.sent_on:
        return item.due_date
    return max(item.due_date, plus(item.sent_on, policy.min_days_after_sending))


def _after_interval(standing, policy, item):
    """The first day after the days between two notices, which a draft no longer waits for."""
    if not standing.last_left_on or item.drafted:
        return date.min
    return plus(standing.last_left_on, policy.min_days_between_notices)


def _is_below_minimum(standing, policy, steps, today):
    due_dates = {item.id: item.due_date for item in standing.items}
    overdue = (step for step in steps if due_dates[step.item_id] and due_dates[step.item_id] < today)
    total = sum((step.claim.claimed for step in overdue if step.reason != EXCLUDED), Decimal(0))
    return total * standing.rate < policy.minimum_amount


def plan(steps):
    """The notices that the due ones of `steps` make: own ones by level, and one that all ordinary ones share."""
    groups = defaultdict(list)
    for step in steps:
        if step.reason == DUE:
            groups[step.level.id if step.level.makes_own_notice else None].append(step)
    return tuple(_planned(own, tuple(group)) for own, group in sorted(groups.items(), key=lambda pair: pair[0] or 0))


def _planned(own_level_id, steps):
    highest = max((step.level for step in steps), key=lambda level: (level.sequence, level.id))
    return PlannedNotice(highest, own_level_id, steps)


def arbitrate(decisions):
    """Of each customer's notices tonight only those of the highest stage go; the items of the others wait."""
    decisions = list(decisions)
    highest = defaultdict(int)
    for decision in decisions:
        for notice in decision.notices:
            customer = _customer(decision)
            highest[customer] = max(highest[customer], STAGES.index(notice.level.stage))
    return [_keep_stage(decision, STAGES[highest[_customer(decision)]]) for decision in decisions]


def _customer(decision):
    return decision.standing.company_id, decision.standing.partner_id


def _keep_stage(decision, stage):
    if all(notice.level.stage == stage for notice in decision.notices):
        return decision
    steps = tuple(
        replace(step, reason=HIGHER_STAGE, next_date=None) if step.reason == DUE and step.level.stage != stage else step
        for step in decision.steps
    )
    return replace(decision, steps=steps, notices=plan(steps))
