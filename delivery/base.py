"""What every delivery service has in common: a parcel goes in, a result or one of three errors comes out.

Adapters are plain classes: no environment, no database, no translation. They keep no state between calls.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery: its `uuid` was stored before the first attempt and names it at the service for ever."""

    uuid: str
    content: bytes
    sender: str = ""
    recipients: tuple[str, ...] = ()
    session: object = None
    sender_name: str = ""
    recipient_name: str = ""
    file_name: str = ""
    callback: str = ""  # the address at which the service may tell of news


@dataclass(frozen=True, slots=True)
class SendResult:
    """The service took the parcel; from now on it is answerable for it."""

    external_ref: str = ""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of the service about a delivery: a proof kind, its bytes, and when what it shows happened.

    `event_time` is aware and in UTC, None where the service tells none; `event_time_raw` is what it wrote.
    """

    kind: str
    content: bytes
    file_name: str
    event_time: datetime | None
    event_time_raw: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a delivery stands: one of our states, and its files, each (kind, id, UTC time, time as written)."""

    external_ref: str
    state: str
    artefacts: tuple[tuple[str, str, datetime | None, str], ...] = ()


class DeliveryError(Exception):
    """`reason` is for a person to read; it holds no address and no credential."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class RetryLater(DeliveryError):
    """Certainly not taken, and worth another attempt in `seconds`."""

    def __init__(self, reason, seconds=900):
        super().__init__(reason)
        self.seconds = seconds


class Throttled(RetryLater):
    """The service asks everybody to wait, or is under maintenance: no attempt of ours."""


class Unauthorized(RetryLater):
    """The service refuses our credentials: nothing goes that way until a person has entered others."""


class WrongAnswer(RetryLater):
    """An answer that says all is well and holds something else: a page to log in, half a file, nothing."""


class NotReady(RetryLater):
    """The file is announced and not there yet."""


class Rejected(DeliveryError):
    """Certainly not taken, and never will be."""


class Uncertain(DeliveryError):
    """The service may have taken the parcel: nobody may send it again without looking."""


class DeliveryAdapter(Protocol):
    code: str
    label: str
    credentials: tuple[str, ...]  # what an account needs, as named by the constructor

    def send(self, parcel: Parcel) -> SendResult:
        """Hand the parcel over; raises RetryLater, Rejected or Uncertain."""


class RegisteredMailAdapter(DeliveryAdapter):
    """A service of registered mail; all of these raise RetryLater, and never what they did not expect."""

    def look_up(self, uuid: str) -> SendResult | None:
        """Whether the service took the parcel of this uuid; None where it knows none."""

    def fetch_status(self, external_ref: str) -> Status:
        """Where the delivery stands, with the list of its files."""

    def fetch_artefact(self, external_ref: str, external_id: str) -> Artefact:
        """One of the files that the status names."""
