"""What becomes of a letter: its states and proofs as a function of when it was taken and what its recipient does."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from .clock import ZONE

DISPATCHED_AFTER = timedelta(minutes=1)
DAYS_TO_CLAIM = 15  # CPCE, R.53-3: from the day after the notice was sent
BOUNCED_AFTER_HOURS = 0.1
OUTCOMES = {"accept": ("received", "receipt"), "refuse": ("refused", "refusal"), "bounce": ("bounced", "bounce")}
BEHAVIOURS = (*OUTCOMES, "ignore")
FINAL = ("received", "refused", "unclaimed", "bounced")


class Event(NamedTuple):
    """The letter is in `state` since `moment` (aware), which the proofs of these kinds show."""

    state: str
    moment: datetime
    proofs: tuple[str, ...]


def get_course(taken_at, does, after_hours):
    """All that will happen to a letter taken at `taken_at`, in order; who acts within a minute is told as soon.

    >>> from datetime import timezone
    >>> taken = datetime(2026, 3, 3, 9, 0, tzinfo=timezone.utc)
    >>> [(event.state, event.moment.strftime("%d %H:%M")) for event in get_course(taken, "accept", 1)]
    [('waiting', '03 09:00'), ('sent', '03 09:01'), ('received', '03 10:01')]
    >>> [(event.state, event.moment.isoformat()) for event in get_course(taken, "ignore", 1)][-1]
    ('unclaimed', '2026-03-19T00:00:00+01:00')
    >>> [event.moment.strftime("%H:%M:%S") for event in get_course(taken, "accept", 1 / 3600)]
    ['09:00:00', '09:00:01', '09:00:02']
    """
    told_after = DISPATCHED_AFTER if after_hours is None else min(DISPATCHED_AFTER, timedelta(hours=after_hours))
    dispatched_at = taken_at + told_after
    return (
        Event("waiting", taken_at, ("submission",)),
        Event("sent", dispatched_at, ("dispatch",)),
        _get_outcome(dispatched_at, does, after_hours),
    )


def _get_outcome(dispatched_at, does, after_hours):
    window_closed = _get_end_of_window(dispatched_at)
    if does == "ignore":
        return Event("unclaimed", window_closed, ("non_claim",))
    hours = BOUNCED_AFTER_HOURS if does == "bounce" and after_hours is None else after_hours or 0
    moment = dispatched_at + timedelta(hours=hours)
    if does != "bounce" and moment >= window_closed:
        return Event("unclaimed", window_closed, ("non_claim",))
    state, proof = OUTCOMES[does]
    return Event(state, moment, (proof,))


def _get_end_of_window(dispatched_at):
    """Midnight in Paris after the last of the fifteen days; a letter of 3 March can be claimed until 18 March."""
    day = dispatched_at.astimezone(ZONE).date() + timedelta(days=DAYS_TO_CLAIM + 1)
    return datetime.combine(day, time(0), ZONE)


def get_past(course, now):
    return tuple(event for event in course if event.moment <= now)
