"""How much of each open item is claimed: what remains after credits and after what is held.

Each euro counts once. A credit note goes to the invoice it reverses, other credits to the oldest due first;
a hold for an amount takes its amount of an item, a hold without one the whole rest. All in memory: the ledger
is not touched. Amounts are `Decimal` in one currency.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why dunning is withheld. `amount` None: all of the item. `until`: the last day, None for open end.

    Of a case's hold, `item_ids`: the only items that it is about, all when empty; `causes_before`: only items whose
    cause is earlier than this day.
    """

    kind: str
    since: date | None = None
    until: date | None = None
    amount: Decimal | None = None
    item_ids: frozenset[int] = frozenset()
    causes_before: date | None = None

    def is_active(self, today):
        return (not self.since or self.since <= today) and (not self.until or today <= self.until)

    def covers(self, item):
        """Whether a hold of the case is about this item; an item without a known cause counts as an old debt."""
        if self.item_ids and item.id not in self.item_ids:
            return False
        return not (self.causes_before and item.cause_on) or item.cause_on < self.causes_before


@dataclass(frozen=True, slots=True)
class Credit:
    """An open amount in the customer's favour. `move_id`: the invoice that it reverses, 0 when none."""

    amount: Decimal
    move_id: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """`claimed` = `residual` - `credit` - `held`, never below zero."""

    residual: Decimal
    credit: Decimal = ZERO
    held: Decimal = ZERO
    held_kind: str = ""

    @property
    def claimed(self):
        return self.residual - self.credit - self.held


def oldest_first(items):
    """By due date, then in the order they were made; an item not stored yet has a negative id."""
    return sorted(items, key=lambda item: (item.due_date or date.max, abs(item.id)))


def allocate(items, open_credits, case_holds=(), today=date.min):
    """The items of one case, each with the claim that is left after the case's credits and holds for an amount.

    >>> from .escalation import Item
    >>> old, new = (Item(n, date(2026, n, 1), Decimal(100), move_id=n) for n in (1, 2))
    >>> [str(item.claim.credit) for item in allocate((new, old), (Credit(Decimal(130)),))]
    ['30', '100']
    >>> [str(item.claim.credit) for item in allocate((new, old), (Credit(Decimal(130), move_id=2),))]
    ['100', '30']
    """
    rest = {item.id: max(item.residual, ZERO) for item in items}
    taken = dict.fromkeys(rest, ZERO)
    left_over = ZERO
    for credit in open_credits:
        reversed_items = [item for item in items if credit.move_id and item.move_id == credit.move_id]
        left_over += _spread(credit.amount, reversed_items, rest, taken)
    left_over = _spread(left_over, [item for item in items if not item.excluded], rest, taken)
    _spread(left_over, items, rest, taken)
    held = _spread_case_holds(items, case_holds, rest, today)
    return tuple(
        replace(item, claim=Claim(item.residual, taken[item.id]), holds=(*item.holds, *held[item.id])) for item in items
    )


def _spread(amount, items, rest, taken):
    """Take `amount` from the rests of `items`, oldest first; what is left over."""
    for item in oldest_first(items):
        part = min(amount, rest[item.id])
        rest[item.id] -= part
        taken[item.id] += part
        amount -= part
    return amount


def _spread_case_holds(items, case_holds, rest, today):
    """The holds of a case, turned into holds of the items that they cover: a whole one on each, an amount oldest first.

    What an item's own holds cover is not free for those of the case: each euro counts once.
    """
    found = {item.id: [] for item in items}
    rest = {item.id: rest[item.id] - _held(item.holds, rest[item.id], today) for item in items}
    for hold in case_holds:
        amounts = dict.fromkeys(rest, ZERO)
        covered = [item for item in items if hold.covers(item)]
        if hold.amount is not None and hold.is_active(today):
            _spread(hold.amount, covered, rest, amounts)
        for item in covered:
            if hold.amount is None or amounts[item.id]:
                found[item.id].append(replace(hold, amount=hold.amount and amounts[item.id]))
    return found


def claims_of(items, today):
    """{item id: claim} on the day `today`; the active holds of an item add up to at most its rest."""
    return {item.id: _claim(item, today) for item in items}


def _claim(item, today):
    claim = item.claim or Claim(item.residual)
    active = [hold for hold in item.holds if hold.is_active(today)]
    if not active:
        return Claim(item.residual, claim.credit)
    whole = [hold for hold in active if hold.amount is None]
    longest = max(whole or active, key=lambda hold: hold.until or date.max)
    return Claim(item.residual, claim.credit, _held(active, _rest(item), today), longest.kind)


def _rest(item):
    return max(item.residual - (item.claim.credit if item.claim else ZERO), ZERO)


def _held(holds, rest, today):
    """What the holds active on `today` take of `rest`: all of it, or their amounts up to it."""
    active = [hold for hold in holds if hold.is_active(today)]
    if any(hold.amount is None for hold in active):
        return rest
    return min(rest, sum((hold.amount for hold in active), ZERO))


def held_until(item, today):
    """The last day from `today` on that the holds of `item` leave nothing to claim; None while that has no end.

    >>> from .escalation import Item
    >>> both = (Hold("promise", until=date(2026, 3, 10), amount=Decimal(60)), Hold("dispute", amount=Decimal(40)))
    >>> held_until(Item(1, date(2026, 3, 1), Decimal(100), holds=both), date(2026, 3, 6))
    datetime.date(2026, 3, 10)
    """
    rest = _rest(item)
    ends = sorted({hold.until for hold in item.holds if hold.until and today <= hold.until < date.max})
    return next((end for end in ends if _held(item.holds, rest, end + timedelta(days=1)) < rest), None)
