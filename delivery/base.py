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


@dataclass(frozen=True, slots=True)
class SendResult:
    """The service took the parcel; from now on it is answerable for it."""

    external_ref: str = ""


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What a service reports later: its reference, one of our delivery states, and when it happened (UTC)."""

    external_ref: str
    state: str
    event_time: datetime


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


class Rejected(DeliveryError):
    """Certainly not taken, and never will be."""


class Uncertain(DeliveryError):
    """The service may have taken the parcel: nobody may send it again without looking."""


class DeliveryAdapter(Protocol):
    code: str
    label: str

    def send(self, parcel: Parcel) -> SendResult:
        """Hand the parcel over; raises RetryLater, Rejected or Uncertain."""
