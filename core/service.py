"""What proofs say of a delivery, and whether a formal notice was served by it.

The table by which a notice counts as served (T6): a registered letter, on paper or as qualified electronic one, is
served at its first presentation whatever became of it; an electronic registered delivery of eIDAS 43.1 only by its
receipt; nothing is served by what came back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

SUBMISSION, DISPATCH, RECEIPT, REFUSAL, NON_CLAIM, BOUNCE = (
    "submission",
    "dispatch",
    "receipt",
    "refusal",
    "non_claim",
    "bounce",
)
OUTCOMES = {RECEIPT: "received", REFUSAL: "refused", NON_CLAIM: "unclaimed", BOUNCE: "bounced"}
FINAL = frozenset(OUTCOMES.values())
GIVEN_UP = frozenset(("cancelled", "failed"))  # by our own account it never left
LEAVING = frozenset((SUBMISSION, DISPATCH))

FIRST_PRESENTATION, AT_RECEIPT, NOT_SERVED = "first_presentation", "receipt", "not_served"
PRESENTED = dict.fromkeys(("received", "refused", "unclaimed"), FIRST_PRESENTATION)
SERVICE = {
    "letter": PRESENTED,
    "registered_letter": PRESENTED,
    "qualified_registered_email": PRESENTED,
    "registered_email": {"received": AT_RECEIPT},
}

DAYS_TO_CLAIM = 15  # R53-3 CPCE: from the day after the notice to the addressee
DAYS_FOR_SENDING = 1  # until the proofs that it left are asked for


@dataclass(frozen=True, slots=True)
class Derived:
    """`state` of the delivery by its proofs; `contradicts`: they do not agree on what became of it."""

    state: str
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """One of `kinds` is to be there by `due`; `is_late` where it is not."""

    kinds: tuple[str, ...]
    due: date
    is_late: bool


def derive(state: str, kinds: Iterable[str]) -> Derived:
    """The state that follows from `kinds`, in the order in which they came in; a final state is never lowered.

    One that a person declared, so that no proof says it, gives way to a proof; what came back has gone another way.

    >>> derive("sent", ["submission", "dispatch"])
    Derived(state='sent', contradicts=False)
    >>> derive("uncertain", ["submission"])
    Derived(state='sent', contradicts=False)
    >>> derive("sent", ["receipt", "submission"])
    Derived(state='received', contradicts=False)
    >>> derive("received", ["receipt", "non_claim"])
    Derived(state='received', contradicts=True)
    >>> derive("unclaimed", ["receipt"])
    Derived(state='received', contradicts=True)
    >>> derive("cancelled", ["submission"])
    Derived(state='cancelled', contradicts=True)
    """
    kinds = list(kinds)
    outcomes = [OUTCOMES[kind] for kind in kinds if kind in OUTCOMES]
    if state in GIVEN_UP:
        return Derived(state, bool(outcomes or LEAVING & set(kinds)))
    if state in FINAL and (state in (*outcomes, "bounced") or not outcomes):
        return Derived(state, any(outcome != state for outcome in outcomes))
    if outcomes:
        return Derived(outcomes[0], len(set(outcomes)) > 1 or state in FINAL)
    return Derived("sent" if LEAVING & set(kinds) else state)


def served_by(method: str, outcome: str) -> str:
    """What serves a notice that went by `method` and ended as `outcome`, by table T6.

    >>> served_by("registered_letter", "unclaimed"), served_by("registered_email", "unclaimed")
    ('first_presentation', 'not_served')
    """
    return SERVICE.get(method, {}).get(outcome, NOT_SERVED)


def effective_date(method: str, outcome: str, presented: date | None, received: date | None) -> date | None:
    """The day on which the notice was served; None where it was not, or where that day is not known.

    `presented`: the addressee was told of it; `received`: the addressee took it.
    """
    by = served_by(method, outcome)
    if by == FIRST_PRESENTATION:
        return presented or (received if outcome == "received" else None)
    return received if by == AT_RECEIPT else None


def last_day_to_claim(notified: date) -> date:
    """Until when it can be accepted: fifteen days from the day after the notice (R53-3 CPCE).

    >>> last_day_to_claim(date(2026, 3, 3))
    datetime.date(2026, 3, 18)
    """
    return notified + timedelta(days=DAYS_TO_CLAIM)


def non_claim_due(notified: date) -> date:
    """The day by which the provider proves that it was not claimed: the day after those fifteen (R53-3 CPCE).

    >>> non_claim_due(date(2026, 3, 3))
    datetime.date(2026, 3, 19)
    """
    return last_day_to_claim(notified) + timedelta(days=1)


def expect(left: date, notified: date | None, kinds: Iterable[str], today: date) -> tuple[Expectation, ...]:
    """What is still missing of a registered delivery that left on `left`, with the day by which it is due.

    Until the notice to the addressee is proved the fifteen days are counted from `left`.
    """
    held = set(kinds)
    sending = left + timedelta(days=DAYS_FOR_SENDING)
    wanted = [((SUBMISSION,), sending), ((DISPATCH,), sending), (tuple(OUTCOMES), non_claim_due(notified or left))]
    bounced = BOUNCE in held  # what came back at once was never notified
    return tuple(
        Expectation(one_of, due, today > due)
        for one_of, due in wanted
        if not held & set(one_of) and not (bounced and one_of == (DISPATCH,))
    )
