"""The service's own clock: real time, moved by whoever tests it."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")


class Clock:
    """Real time plus an offset that `store`, a mapping that lasts, keeps."""

    def __init__(self, store):
        self.store = store

    def now(self):
        """Aware, UTC, whole seconds."""
        moved = datetime.now(timezone.utc) + timedelta(seconds=self.store.get("clock_offset", 0))
        return moved.replace(microsecond=0)

    def set(self, moment):
        """From now on it is `moment`, aware."""
        self.store["clock_offset"] = (moment - datetime.now(timezone.utc)).total_seconds()

    def advance(self, **amount):
        """By days, hours, minutes, seconds; never back."""
        step = timedelta(**amount)
        if step < timedelta(0):
            raise ValueError("The clock is advanced, never turned back: set it instead.")
        self.store["clock_offset"] = self.store.get("clock_offset", 0) + step.total_seconds()


def local(moment):
    """As the service writes a time: the hour in Paris with its offset (ISO 8601)."""
    return moment.astimezone(ZONE).isoformat()
