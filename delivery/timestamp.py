"""A time-stamp service over HTTP (RFC 3161, 3.4): a request goes in, the bytes of its answer come out."""

import time
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from .base import RetryLater, WrongAnswer

REQUEST, REPLY = "application/timestamp-query", "application/timestamp-reply"
TIME_OUT = (5, 15)  # seconds to connect, and between two pieces of the answer
LONGEST = 30  # seconds for a whole answer
LARGEST = 64 * 1024
SEQUENCE = b"\x30"


class Nobody(AuthBase):
    """Set as `auth`: what a .netrc file of the machine knows is not for this service."""

    def __call__(self, request):
        return request


class TimestampService:
    """At `url`, http or https; keeps no state between calls."""

    def __init__(self, url: str, time_out=TIME_OUT, longest=LONGEST):
        self.url, self.time_out, self.longest = url, time_out, longest

    def ask(self, request: bytes) -> bytes:
        """The answer in DER, of which nothing is believed yet; RetryLater and WrongAnswer say why there is none."""
        try:
            status, body = self._post(request)
        except requests.exceptions.Timeout:
            raise RetryLater("the service did not answer in time.") from None
        except (requests.exceptions.RequestException, ValueError):
            raise RetryLater("the connection to the service failed.") from None
        if 300 <= status < 400:
            raise WrongAnswer("the service sends us to another address: enter that one if you trust it.")
        if status != 200:
            raise RetryLater(f"the service answered {status}.")
        if not body.startswith(SEQUENCE):
            raise WrongAnswer("the service sent something that is not a time-stamp.")
        return body

    def _post(self, request):
        deadline = time.monotonic() + self.longest
        with requests.post(
            self.url,
            data=request,
            headers={"Content-Type": REQUEST, "Accept": REPLY},
            auth=Nobody(),
            timeout=self.time_out,
            allow_redirects=False,
            stream=True,
        ) as answer:
            if int(answer.headers.get("Content-Length", 0)) > LARGEST:
                raise WrongAnswer("the service sent more than a time-stamp.")
            body = bytearray()
            for piece in answer.iter_content(1):  # so that an answer that drips is given up in time
                body += piece
                if time.monotonic() > deadline:
                    raise requests.exceptions.Timeout
                if len(body) > LARGEST:
                    raise WrongAnswer("the service sent more than a time-stamp.")
            return answer.status_code, bytes(body)


def is_address(url: str) -> bool:
    """Is this the web address of a service, without a user's name or password in it?

    >>> is_address("https://tsa.example/tsr"), is_address("tsa.example"), is_address("https://me:secret@tsa.example")
    (True, False, False)
    """
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
