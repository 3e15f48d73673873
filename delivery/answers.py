"""Calls of a service over HTTP, told apart by what is certain: not taken, taken, or perhaps.

A reason names what happened and nothing that the caller keeps secret: no address, no header, no body.
"""

import ssl
import time

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from .base import Rejected, RetryLater, Throttled, Unauthorized, Uncertain, WrongAnswer

TIME_OUT = (5, 30)  # seconds to connect, and between two pieces of the answer
LONGEST = 120  # seconds for a whole answer
LARGEST = 30 * 1024 * 1024
SHORTEST_PAUSE, LONGEST_PAUSE = 30, 24 * 3600
CERTAINLY_NOT_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)
UNAVAILABLE = "The service is under maintenance or overloaded."


class Bearer(AuthBase):
    """Set as `auth`, not as a header: a .netrc file of the machine would replace the header."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def read(url, *, what, auth, time_out=TIME_OUT, params=None):
    """GET: (status, headers, body); nothing is taken by it, so all that goes wrong may be tried again."""
    try:
        status, headers, body = _request("GET", url, auth=auth, time_out=time_out, params=params)
    except requests.exceptions.RequestException as error:
        raise RetryLater(f"{what}: {_say(error)}") from None
    if status not in (200, 404):
        _refuse_politely(status, headers, what)
        raise RetryLater(f"{what}: the service answered {status}.")
    return status, headers, body


def hand_over(url, json, *, what, auth, time_out=TIME_OUT):
    """POST of something to be taken: (status 2xx, headers, body). Once it is on the wire, silence means perhaps."""
    try:
        status, headers, body = _request("POST", url, auth=auth, time_out=time_out, json=json)
    except CERTAINLY_NOT_SENT as error:
        raise RetryLater(f"{what}: {_say(error)}") from None
    except requests.exceptions.RequestException as error:
        kind = RetryLater if _never_connected(error) or _is_untrusted(error) else Uncertain
        raise kind(f"{what}: {_say(error)}") from None
    if 200 <= status < 300:
        return status, headers, body
    _refuse_politely(status, headers, what)
    if 400 <= status < 500 and status != 408:
        raise Rejected(f"{what}: the service answered {status}.")
    raise Uncertain(f"{what}: the service answered {status}.")


def _request(method, url, *, auth, time_out, **options):
    deadline = time.monotonic() + LONGEST
    with requests.request(
        method, url, auth=auth, timeout=time_out, allow_redirects=False, stream=True, **options
    ) as answer:
        body = bytearray()
        for piece in answer.iter_content(65536):
            body += piece
            if len(body) > LARGEST or time.monotonic() > deadline:
                raise requests.exceptions.ChunkedEncodingError("The answer is too long")
        return answer.status_code, answer.headers, bytes(body)


def _refuse_politely(status, headers, what):
    """Refusals by which the service says that it has not looked at the request."""
    if status in (401, 403):
        raise Unauthorized(f"{what}: the service does not accept the credentials.")
    if status in (429, 503):
        raise Throttled(f"{what}: {UNAVAILABLE}", get_pause(headers.get("Retry-After")))


def get_pause(value):
    """Seconds to wait by a Retry-After header (RFC 9110, 10.2.3), within reason; 900 where it names none.

    >>> get_pause("120"), get_pause(None), get_pause("0"), get_pause("99999999"), get_pause("soon")
    (120, 900, 30, 86400, 900)
    """
    if not (value or "").isdecimal():
        return 900
    return max(SHORTEST_PAUSE, min(int(value), LONGEST_PAUSE))


def _never_connected(error):
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.exceptions.ConnectionError) and isinstance(reason, NewConnectionError)


def _is_untrusted(error):
    """The certificate is checked before anything is sent; other TLS errors may come while the answer is read."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    causes = getattr(reason, "args", ())
    return isinstance(error, requests.exceptions.SSLError) and any(
        isinstance(cause, ssl.SSLCertVerificationError) for cause in causes
    )


def _say(error):
    if isinstance(error, requests.exceptions.Timeout):
        return "the service did not answer in time."
    if isinstance(error, requests.exceptions.SSLError):
        if _is_untrusted(error):
            return "the certificate of the service is not to be trusted."
        return "the secure connection to the service failed."
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return "the address of the service is no web address."
    return "the connection to the service failed."


def check_pdf(content, headers, what):
    """Raises WrongAnswer unless these are the bytes of a whole PDF, whatever their Content-Type says."""
    if not content:
        raise WrongAnswer(f"{what}: the service sent an empty file.")
    if not content.startswith(b"%PDF-"):
        raise WrongAnswer(f"{what}: the service sent something else than a PDF.")
    if b"%%EOF" not in content[-1024:]:
        raise WrongAnswer(f"{what}: the service sent only part of the file.")
