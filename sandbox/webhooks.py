"""What the service tells by itself: a POST of JSON for each new state, once, twice, late or in the wrong order."""

import json
import threading
import time
import urllib.request

from .clock import local

MODES = ("once", "twice", "late", "out_of_order", "off")
PAUSE = 0.2  # seconds between two looks
TIME_OUT = 5
LATE = 2  # seconds by default


class Webhooks(threading.Thread):
    """Looks at all letters with an address to call back; a state that was told is noted, so a restart goes on."""

    def __init__(self, office):
        super().__init__(daemon=True)
        self.office = office
        self.ended = threading.Event()
        self.due_since = {}

    def run(self):
        while not self.ended.wait(PAUSE):
            self.tell_all()

    def tell_all(self):
        mode = self.office.get_webhooks().get("mode", "once")
        if mode == "off":
            return
        for letter in self.office.store.find(after=0):
            if letter["callback"]:
                self._tell(letter, mode)

    def _tell(self, letter, mode):
        past = self.office.get_past(letter)
        new = [event for event in past if not self.office.store.was_told(letter["id"], event.state)]
        if not new or (mode == "out_of_order" and not self.office.is_final(letter)):
            return
        if mode == "late" and not self._is_late_enough(letter, new):
            return
        for event in reversed(new) if mode == "out_of_order" else new:
            body = self._write(letter, event)
            for _time in range(2 if mode == "twice" else 1):
                post(letter["callback"], body)
            self.office.store.note_told(letter["id"], event.state)

    def _is_late_enough(self, letter, new):
        since = self.due_since.setdefault((letter["id"], new[-1].state), time.monotonic())
        return time.monotonic() - since >= self.office.get_webhooks().get("seconds", LATE)

    def _write(self, letter, event):
        body = {"id": letter["id"], "reference": letter["reference"], "state": event.state}
        return json.dumps({**body, "time": local(event.moment)}).encode()


def post(address, body):
    """Its answer does not matter: nobody who relies on webhooks alone is served well."""
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=TIME_OUT).close()
    except (OSError, ValueError):
        return
