"""A time-stamp service (RFC 3161) over HTTP on this machine, which misbehaves when it is told to."""

import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import tsp

REPLY = "application/timestamp-reply"
HUGE = b"\x30" + b"\x00" * 200_000
REFUSAL = bytes.fromhex("30053003020102")  # a status alone: rejection


class TimestampAuthority:
    """`seal` (sandbox.seal.Seal) stamps; `fault` names how the next answers are wrong; `asked` counts the requests."""

    def __init__(self, seal):
        self.seal, self.fault, self.asked = seal, "", 0
        self.released = threading.Event()

    def start(self):
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                authority.asked, authority.headers = authority.asked + 1, self.headers
                self.request_type = self.headers["Content-Type"]
                request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])), strict=True)
                authority.answer(self, request)

            def log_message(self, *_args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/tsr"

    def answer(self, handler, request):
        if handler.request_type != "application/timestamp-query":
            return send(handler, 415, "text/plain", b"not a request")
        faults = {
            "html": lambda: send(handler, 200, "text/html", b"<html>Log in</html>"),
            "html_named_stamp": lambda: send(handler, 200, REPLY, b"<html>Log in</html>"),
            "500": lambda: send(handler, 500, "text/plain", b"sorry"),
            "empty": lambda: send(handler, 200, REPLY, b""),
            "huge": lambda: send(handler, 200, REPLY, HUGE),
            "huge_unannounced": lambda: send(handler, 200, REPLY, HUGE, {"Content-Length": ""}),
            "other_host": lambda: send(handler, 302, "text/plain", b"", {"Location": self.elsewhere}),
            "time_out": lambda: self.released.wait(20),
            "drip": lambda: self.drip(handler),
            "refused": lambda: send(handler, 200, REPLY, REFUSAL),
        }
        if self.fault in faults:
            return faults[self.fault]()
        return send(handler, 200, REPLY, self.stamp(request))

    def stamp(self, request):
        digest, nonce = request["message_imprint"]["hashed_message"].native, request["nonce"].native
        if self.fault == "wrong_imprint":
            digest = bytes(32)
        nonce = {"wrong_nonce": nonce + 1, "no_nonce": None}.get(self.fault, nonce)
        answer = self.seal.stamp(digest, datetime.now(timezone.utc), nonce)
        return bytes([*answer[:-1], answer[-1] ^ 1]) if self.fault == "changed" else answer

    def drip(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", REPLY)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        while not self.released.wait(0.05):
            try:
                handler.wfile.write(b"\x30")
                handler.wfile.flush()
            except OSError:
                return


def send(handler, status, kind, body, headers=None):
    try:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
    except OSError:  # the client has had enough
        return
