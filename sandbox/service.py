"""The HTTP side: JSON in and out, receipts as PDF, a bearer token, and switches that make it misbehave.

POST   /letters                       {"reference", "sender": {"name", "email"}, "recipient": {"name", "email"},
                                       "document": {"name", "content": base64, "sha256"}, "enclosures": [...],
                                       "callback"} -> 201 {"id", "reference", "state", ...}
GET    /letters?reference=...         -> {"letters": [...]}
GET    /letters/<id>                  -> {"id", "reference", "state", "events": [...], "proofs": [...]}
GET    /letters/<id>/proofs/<id>      -> PDF
GET    /root.pem                      the root certificate of its seal; no token needed

GET    /control/log                   what it took
GET    /control/clock                 POST {"set": "2026-03-03T10:00:00Z"} or {"advance": {"days": 16}}
POST   /control/recipients            {"whom": reference, address or "*", "does": "refuse", "after_hours": 2}
POST   /control/webhooks              {"mode": "twice", "url": "http://...", "seconds": 5}
POST   /control/proofs                {"delay_minutes": 30}
POST   /control/faults                {"name": "timeout_after", "call": "send", "times": 1, "seconds": 5}
DELETE /control/faults
"""

import hmac
import json
import re
import socket
import struct
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .clock import local
from .faults import Faults
from .post_office import BadLetterError
from .webhooks import MODES

LARGEST_BODY = 64 * 1024 * 1024
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"
HANG = 60  # seconds, unless the switch says otherwise
ID = "[A-Za-z0-9-]+"
ROUTES = (
    ("POST", r"/letters", "send"),
    ("GET", r"/letters", "look_up"),
    ("GET", rf"/letters/({ID})", "status"),
    ("GET", rf"/letters/({ID})/proofs/({ID}[a-z_]*)", "proof"),
)


class Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, office, token):
        super().__init__(address, Handler)
        self.office, self.token = office, token
        self.faults = Faults(office.store.settings, office.store.lock)

    def handle_error(self, request, client_address):
        """A client that hung up is no error of ours."""


class Answer(Exception):  # noqa: N818
    def __init__(self, status, content, mimetype="application/json", **headers):
        super().__init__(status)
        self.status, self.mimetype, self.headers = status, mimetype, headers
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Sandbox", ""

    def log_message(self, *_arguments):
        """Nothing: the log of what was taken is the store's."""

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def do_DELETE(self):
        self._serve()

    def _serve(self):
        self.url = urlsplit(self.path)
        try:
            body = self._read_body()
            self._route(body)
        except Answer as answer:
            self._write(answer)
        except BadLetterError as error:
            self._write(Answer(422, {"error": str(error)}))
        except (KeyError, TypeError, ValueError) as error:
            self._write(Answer(400, {"error": str(error)}))

    def _read_body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            raise Answer(413, {"error": "too large"})
        return self.rfile.read(length) if length else b""

    def _route(self, body):
        if self.url.path == "/root.pem":
            self._answer_root()
        self._check_token()
        if self.url.path.startswith("/control/"):
            name = f"_control_{self.url.path.removeprefix('/control/')}"
            if hasattr(self, name):
                getattr(self, name)(json.loads(body) if body else {})
            raise Answer(404, {"error": "unknown"})
        for method, pattern, call in ROUTES:
            found = re.fullmatch(pattern, self.url.path)
            if found and method == self.command:
                self._call(call, found.groups(), body)
        raise Answer(404, {"error": "unknown"})

    def _check_token(self):
        given = self.headers.get("Authorization") or ""
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            raise Answer(401, {"error": "unauthorized"})

    def _answer_root(self):
        seal = self.server.office.seal
        if not seal:
            raise Answer(404, {"error": "no seal"})
        raise Answer(200, seal.root_pem, "application/x-pem-file")

    # === Calls, and how they go wrong === #

    def _call(self, call, names, body):
        fault = self.server.faults.draw(call)
        if fault:
            self._misbehave_before(fault)
        try:
            getattr(self, f"_{call}")(*([body] if call == "send" else names))
        except Answer as answer:
            if fault:
                self._misbehave_after(fault, answer, names)
            raise

    def _misbehave_before(self, fault):
        match fault["name"]:
            case "timeout_before":
                self._hang(fault)
            case "reset":
                self._reset()
            case "error_500":
                raise Answer(500, b"Internal Server Error", "text/plain")
            case "too_many":
                raise Answer(429, {"error": "too many"}, **{"Retry-After": str(fault.get("seconds", 30))})
            case "maintenance":
                raise Answer(503, {"status": "maintenance"})
            case "unauthorized":
                raise Answer(401, {"error": "unauthorized"})

    def _misbehave_after(self, fault, answer, names):
        match fault["name"]:
            case "timeout_after":
                self._hang(fault)
            case "reset_after":
                self._reset()
            case "error_500_after":
                raise Answer(500, b"Internal Server Error", "text/plain")
            case "html":
                raise Answer(200, LOGIN_PAGE, "text/html")
            case "truncated":
                raise Answer(200, answer.content[: len(answer.content) // 2], answer.mimetype)
            case "empty":
                raise Answer(200, b"", answer.mimetype)
            case "broken" if answer.mimetype == "application/pdf":
                raise Answer(200, answer.content.replace(b"/Subject", b"/Subjekt", 1), answer.mimetype)
            case "changed" if answer.mimetype == "application/pdf":
                letter = self._find(names[0])
                raise Answer(200, self.server.office.make_changed_proof(letter, names[1]), answer.mimetype)

    def _hang(self, fault):
        time.sleep(fault.get("seconds", HANG))
        self._reset()

    def _reset(self):
        """RST instead of an answer (SO_LINGER with no time)."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        raise ConnectionAbortedError

    # === What it is there for === #

    def _send(self, body):
        office = self.server.office
        letter = self._find(office.take(json.loads(body)))
        raise Answer(201, office.describe(letter))

    def _look_up(self):
        (reference,) = parse_qs(self.url.query).get("reference") or [""]
        letters = self.server.office.store.find(reference=reference)
        raise Answer(200, {"letters": [self.server.office.describe(letter) for letter in letters]})

    def _status(self, letter_id):
        raise Answer(200, self.server.office.describe(self._find(letter_id)))

    def _proof(self, letter_id, proof_id):
        content = self.server.office.get_proof(self._find(letter_id), proof_id)
        if content is None:
            raise Answer(404, {"error": "unknown"})
        if content == "later":
            raise Answer(404, {"error": "not ready"})
        raise Answer(200, content, "application/pdf")

    def _find(self, letter_id):
        found = self.server.office.store.find(id=letter_id)
        if not found:
            raise Answer(404, {"error": "unknown"})
        return found[0]

    # === Control === #

    def _control_log(self, _body):
        raise Answer(200, {"letters": self.server.office.store.read_log()})

    def _control_clock(self, body):
        clock = self.server.office.clock
        if "set" in body:
            moment = datetime.fromisoformat(body["set"].replace("Z", "+00:00"))
            clock.set(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
        clock.advance(**body.get("advance", {}))
        raise Answer(200, {"now": local(clock.now())})

    def _control_recipients(self, body):
        self.server.office.set_behaviour(body.get("whom", "*"), body["does"], body.get("after_hours", 1))
        raise Answer(200, {})

    def _control_webhooks(self, body):
        if body.get("mode", "once") not in MODES:
            raise ValueError(f"Webhooks can be {', '.join(MODES)}.")
        self.server.office.store.settings["webhooks"] = {"mode": "once", **body}
        raise Answer(200, {})

    def _control_proofs(self, body):
        self.server.office.store.settings["proof_delay_minutes"] = float(body["delay_minutes"])
        raise Answer(200, {})

    def _control_faults(self, body):
        if self.command == "DELETE":
            self.server.faults.clear()
        elif body:
            self.server.faults.switch(**body)
        raise Answer(200, {"faults": self.server.faults.list()})

    def _write(self, answer):
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.mimetype)
        self.send_header("Content-Length", str(len(answer.content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)
