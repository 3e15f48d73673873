"""Misbehaviour on request: each switch names a call, or any, and how often it acts."""

CALLS = ("send", "look_up", "status", "proof")
NAMES = (
    "timeout_before",  # hangs without having taken the letter
    "timeout_after",  # takes the letter, then hangs
    "reset",  # cuts the connection without having taken the letter
    "reset_after",  # takes the letter, then cuts the connection
    "error_500",
    "error_500_after",  # takes the letter and answers 500 all the same
    "too_many",  # 429 with Retry-After
    "maintenance",  # 503 with a body
    "html",  # 200 with a page to log in
    "truncated",  # 200 with half a PDF
    "empty",  # 200 with nothing
    "changed",  # another file than at the first download
    "broken",  # a file that was changed after it was sealed
    "unauthorized",  # 401 whatever the token
)


class Faults:
    def __init__(self, settings, lock):
        self.settings, self.lock = settings, lock

    def switch(self, name, call="*", times=1, **more):
        """From now on `name` acts on the next `times` calls of that name; `more`: seconds of a hang, Retry-After."""
        if name not in NAMES:
            raise ValueError(f"There is no switch {name}: use one of {', '.join(NAMES)}.")
        if call != "*" and call not in CALLS:
            raise ValueError(f"There is no call {call}: use one of {', '.join(CALLS)}, or *.")
        with self.lock:
            self.settings["faults"] = [*self.list(), {"name": name, "call": call, "times": int(times), **more}]

    def list(self):
        return self.settings.get("faults", [])

    def clear(self):
        self.settings["faults"] = []

    def draw(self, call):
        """The switch that acts on this call, one time less; None for none."""
        with self.lock:
            faults = self.list()
            for fault in faults:
                if fault["call"] in ("*", call):
                    fault["times"] -= 1
                    self.settings["faults"] = [one for one in faults if one["times"] > 0]
                    return fault
        return None
