"""The adapter of the sandbox against the real process over HTTP, with each way in which it goes wrong."""

import hashlib
import io
import json
import re
import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.addons.account_dunning.delivery.answers import LARGEST
from odoo.addons.account_dunning.delivery.base import (
    DeliveryError,
    NotReady,
    Parcel,
    Rejected,
    RetryLater,
    SendResult,
    Throttled,
    Unauthorized,
    Uncertain,
    WrongAnswer,
)
from odoo.addons.account_dunning.delivery.sandbox import SandboxAdapter
from odoo.addons.account_dunning.sandbox.process import TOKEN, Process
from odoo.addons.account_dunning.sandbox.receipts import CROSSED, KINDS

LETTER = b"%PDF-1.4 a letter\n%%EOF"
QUICK = (5, 1.5)  # seconds
HANG = {"seconds": 1}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Process(tmp_path_factory.mktemp("sandbox")) as service:
        yield service


@pytest.fixture
def adapter(service):
    service.heal()
    service.set_clock(f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S}Z")
    service.tell("off")
    service.delay_proofs(0)
    return SandboxAdapter(service.address, service.token, QUICK)


def make_parcel(**values):
    return Parcel(
        **{
            "uuid": str(uuid4()),
            "content": LETTER,
            "sender": "office@creditor.example",
            "sender_name": "Créancier SA",
            "recipients": ("debtor@debtor.example",),
            "recipient_name": "Débiteur SARL",
            "file_name": "REL-1.pdf",
            **values,
        }
    )


def count_taken(service, parcel):
    return sum(line["reference"] == parcel.uuid for line in service.read_log())


# === All goes well === #


def test_a_letter_is_taken_and_found_again(service, adapter):
    parcel = make_parcel()
    result = adapter.send(parcel)
    assert adapter.look_up(parcel.uuid) == result
    (line,) = [line for line in service.read_log() if line["reference"] == parcel.uuid]
    assert line["id"] == result.external_ref
    assert line["sha256"] == hashlib.sha256(LETTER).hexdigest()
    assert line["recipient"] == "debtor@debtor.example"


def test_a_letter_that_was_never_sent_is_not_found(adapter):
    assert adapter.look_up(str(uuid4())) is None


@pytest.mark.parametrize(
    ("does", "later", "state", "proof"),
    [
        ("accept", {"hours": 2}, "received", "receipt"),
        ("refuse", {"hours": 2}, "refused", "refusal"),
        ("bounce", {"hours": 2}, "bounced", "bounce"),
        ("ignore", {"days": 17}, "unclaimed", "non_claim"),
    ],
)
def test_each_course_ends_with_its_proof(service, adapter, does, later, state, proof):
    parcel = make_parcel()
    service.let(parcel.uuid, does, 1)
    reference = adapter.send(parcel).external_ref
    assert adapter.fetch_status(reference).state == "sent"
    service.advance(**later)
    status = adapter.fetch_status(reference)
    assert status.state == state
    assert [kind for kind, *_rest in status.artefacts] == ["submission", "dispatch", proof]
    for _kind, external_id, moment, written in status.artefacts:
        assert adapter.fetch_artefact(reference, external_id).content.startswith(b"%PDF-")
        assert moment == datetime.fromisoformat(written)
        assert moment.utcoffset() == timedelta(0)


def test_the_last_day_to_claim_a_letter_of_3_march_is_the_18th(service, adapter):
    service.set_clock("2026-03-03T10:00:00+01:00")
    parcel = make_parcel()
    service.let(parcel.uuid, "ignore")
    reference = adapter.send(parcel).external_ref
    service.set_clock("2026-03-18T23:59:00+01:00")
    assert adapter.fetch_status(reference).state == "sent"
    service.set_clock("2026-03-19T00:00:00+01:00")
    status = adapter.fetch_status(reference)
    assert status.state == "unclaimed"
    assert status.artefacts[-1][3] == "2026-03-19T00:00:00+01:00"


def test_a_proof_says_what_it_is_and_is_crossed(service, adapter):
    pypdf = pytest.importorskip("pypdf")
    parcel = make_parcel()
    reference = adapter.send(parcel).external_ref
    service.advance(hours=2)
    for kind, external_id, _moment, written in adapter.fetch_status(reference).artefacts:
        content = adapter.fetch_artefact(reference, external_id).content
        assert content == adapter.fetch_artefact(reference, external_id).content
        reader = pypdf.PdfReader(io.BytesIO(content))
        for page in reader.pages:
            text = page.extract_text()
            for said in (CROSSED, *KINDS[kind], parcel.sender, parcel.recipients[0], reference, parcel.uuid, written):
                assert said in text, said
            assert hashlib.sha256(LETTER).hexdigest() in text.replace("\n", "")
        assert parcel.uuid in reader.metadata.subject


def test_a_killed_service_has_lost_nothing(tmp_path):
    with Process(tmp_path) as service:
        adapter = SandboxAdapter(service.address, service.token, QUICK)
        parcel = make_parcel()
        service.let(parcel.uuid, "refuse", 1)
        reference = adapter.send(parcel).external_ref
        service.advance(hours=3)
        status = adapter.fetch_status(reference)
        proof = adapter.fetch_artefact(reference, status.artefacts[-1][1])
        service.fail("error_500", "status")
        service.kill()
        (tmp_path / "log.jsonl").write_text('{"half')
        service.start()
        with pytest.raises(RetryLater):
            adapter.fetch_status(reference)
        assert adapter.fetch_status(reference) == status
        assert adapter.fetch_artefact(reference, status.artefacts[-1][1]) == proof
        assert count_taken(service, parcel) == 1


# === What goes wrong with a letter === #


@pytest.mark.parametrize(
    ("fault", "expected", "taken"),
    [
        ("timeout_before", Uncertain, 0),
        ("timeout_after", Uncertain, 1),
        ("reset", Uncertain, 0),
        ("reset_after", Uncertain, 1),
        ("error_500", Uncertain, 0),
        ("error_500_after", Uncertain, 1),
        ("html", Uncertain, 1),
        ("truncated", Uncertain, 1),
        ("empty", Uncertain, 1),
        ("too_many", Throttled, 0),
        ("maintenance", Throttled, 0),
        ("unauthorized", Unauthorized, 0),
    ],
)
def test_what_is_not_certain_is_never_called_certain(service, adapter, fault, expected, taken):
    service.fail(fault, "send", **HANG)
    parcel = make_parcel()
    with pytest.raises(expected):
        adapter.send(parcel)
    assert count_taken(service, parcel) == taken
    assert (adapter.look_up(parcel.uuid) is not None) == bool(taken)
    again = make_parcel()
    assert isinstance(adapter.send(again), SendResult), "the switch acts once"


def test_a_letter_that_the_service_does_not_want_is_rejected(adapter):
    with pytest.raises(Rejected):
        adapter.send(make_parcel(recipients=("nobody",)))


def test_the_pause_is_the_one_that_the_service_asks_for(service, adapter):
    service.fail("too_many", "send", seconds=120)
    with pytest.raises(Throttled) as caught:
        adapter.send(make_parcel())
    assert caught.value.seconds == 120


def test_nobody_listens():
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    adapter = SandboxAdapter(address, TOKEN, QUICK)
    for call in (lambda: adapter.send(make_parcel()), lambda: adapter.look_up("1"), lambda: adapter.fetch_status("1")):
        with pytest.raises(RetryLater) as caught:
            call()
        assert type(caught.value) is RetryLater


@pytest.mark.parametrize("address", ["", "nowhere", "ftp://127.0.0.1", "http://", "http://[", "https://127.0.0.1:1"])
def test_an_address_that_is_none_certainly_took_nothing(address):
    with pytest.raises(RetryLater):
        SandboxAdapter(address, TOKEN, QUICK).send(make_parcel())


class Secure:
    """A TLS server of one connection: takes a whole letter, then breaks the connection in its own way."""

    def __init__(self, folder, answer):
        self.answer, self.taken = answer, b""
        self.certificate = folder / "certificate.pem"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, self._make_certificate(folder / "key.pem"))

    def _make_certificate(self, key_file):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        signed = builder.sign(key, hashes.SHA256())
        self.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        kept = serialization.PrivateFormat.TraditionalOpenSSL
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, kept, serialization.NoEncryption()))
        return key_file

    def __enter__(self):
        self.socket = socket.create_server(("localhost", 0))
        self.address = f"https://localhost:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.thread.join(5)
        self.socket.close()

    def _serve(self):
        plain, _address = self.socket.accept()
        with plain, suppress(OSError), closing(plain.dup()) as wire:
            secure = self.context.wrap_socket(plain, server_side=True)
            while not self._is_whole():
                self.taken += secure.recv(65536)
            self.answer(secure, wire)
            secure.close()

    def _is_whole(self):
        head, _blank, body = self.taken.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(length) and len(body) == int(length[1])


def break_instead_of_the_answer(_secure, wire):
    wire.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")


def break_within_the_answer(secure, wire):
    secure.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{")
    break_instead_of_the_answer(secure, wire)


@pytest.mark.parametrize("answer", [break_instead_of_the_answer, break_within_the_answer])
def test_a_secure_connection_that_breaks_after_the_letter_was_taken_is_not_certain(tmp_path, monkeypatch, answer):
    with Secure(tmp_path, answer) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))
        with pytest.raises(Uncertain) as caught:
            SandboxAdapter(server.address, TOKEN, QUICK).send(make_parcel())
    assert server.taken.endswith(b"}")
    assert "the secure connection to the service failed" in caught.value.reason


def test_a_service_whose_certificate_is_not_trusted_took_nothing(tmp_path):
    with Secure(tmp_path, break_within_the_answer) as server, pytest.raises(RetryLater) as caught:
        SandboxAdapter(server.address, TOKEN, QUICK).send(make_parcel())
    assert not server.taken
    assert "certificate" in caught.value.reason


# === What goes wrong with reading === #


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("timeout_before", RetryLater),
        ("timeout_after", RetryLater),
        ("reset", RetryLater),
        ("error_500", RetryLater),
        ("too_many", Throttled),
        ("maintenance", Throttled),
        ("unauthorized", Unauthorized),
        ("html", WrongAnswer),
        ("truncated", WrongAnswer),
        ("empty", WrongAnswer),
    ],
)
@pytest.mark.parametrize("call", ["look_up", "status", "proof"])
def test_a_faulty_reading_is_done_again_and_nothing_is_taken_for_true(service, adapter, call, fault, expected):
    parcel = make_parcel()
    reference = adapter.send(parcel).external_ref
    reading = {
        "look_up": lambda: adapter.look_up(parcel.uuid),
        "status": lambda: adapter.fetch_status(reference),
        "proof": lambda: adapter.fetch_artefact(reference, f"{reference}-submission"),
    }[call]
    right = reading()
    service.fail(fault, call, **HANG)
    with pytest.raises(expected):
        reading()
    assert reading() == right


def test_a_proof_that_is_not_ready(service, adapter):
    service.delay_proofs(30)
    reference = adapter.send(make_parcel()).external_ref
    (announced, *_rest) = adapter.fetch_status(reference).artefacts
    with pytest.raises(NotReady):
        adapter.fetch_artefact(reference, announced[1])
    service.advance(minutes=31)
    assert adapter.fetch_artefact(reference, announced[1]).content


def test_a_proof_that_has_changed_is_handed_over_as_it_is(service, adapter):
    reference = adapter.send(make_parcel()).external_ref
    first = adapter.fetch_artefact(reference, f"{reference}-submission")
    service.fail("changed", "proof")
    second = adapter.fetch_artefact(reference, f"{reference}-submission")
    assert second.content != first.content
    assert adapter.fetch_artefact(reference, f"{reference}-submission") == first


@contextmanager
def answering(status, body, **headers):
    """A server that answers every request so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_arguments):
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_arguments: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield SandboxAdapter(f"http://127.0.0.1:{server.server_port}", TOKEN, QUICK)
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"letters": 3},
        {"letters": [3, {"id": "1"}, {"reference": "another", "id": "1"}]},
        {"state": "lost", "proofs": []},
        {"state": "sent", "proofs": [{"kind": "receipt"}]},
        {"state": "sent", "proofs": [{"kind": "receipt", "id": "1", "time": "yesterday"}]},
        {"state": "sent", "proofs": [{"kind": "receipt", "id": "1", "time": "2026-03-03T10:00:00"}]},
        {"state": [], "proofs": {}},
    ],
)
def test_an_answer_of_another_shape_is_said_to_be_wrong(answer):
    with answering(200, json.dumps(answer).encode()) as adapter:
        with pytest.raises(WrongAnswer):
            adapter.fetch_status("1")
        with pytest.raises(Uncertain):
            adapter.send(make_parcel())
        with suppress(WrongAnswer):
            assert adapter.look_up("1") is None


def test_a_forwarding_is_not_followed(service):
    with answering(302, b"", Location=f"{service.address}/letters") as adapter:
        with pytest.raises(Uncertain):
            adapter.send(make_parcel())
        with pytest.raises(RetryLater):
            adapter.fetch_status("1")


def test_a_shorter_file_than_announced_is_not_taken(service):
    with answering(200, LETTER, Content_Length="9999") as adapter, pytest.raises(RetryLater):
        adapter.fetch_artefact("1", "1-receipt")


def test_a_file_without_end_is_given_up():
    with answering(200, b"%PDF-" + b"0" * (LARGEST + 1)) as adapter, pytest.raises(RetryLater):
        adapter.fetch_artefact("1", "1-receipt")


# === Secrets === #


def test_no_reason_holds_token_or_address(service, adapter):
    secret = "s3cret-token"
    host = service.address.removeprefix("http://")
    for address in (service.address, f"http://user:{secret}@{host}", f"http://{secret}.invalid"):
        wrong = SandboxAdapter(address, secret, QUICK)
        for call in (lambda w=wrong: w.send(make_parcel()), lambda w=wrong: w.look_up("1")):
            with pytest.raises(DeliveryError) as caught:
                call()
            told = f"{caught.value} {caught.value.reason} {caught.value!r} {caught.value.__cause__}"
            assert secret not in told
            assert caught.value.__suppress_context__ or not caught.value.__context__


def test_a_netrc_file_does_not_replace_the_token(service, adapter, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert adapter.send(make_parcel()).external_ref


# === What the service tells by itself === #


@contextmanager
def listening():
    """(address, what was posted there)"""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments):
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posted
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("once", ["waiting", "sent", "received"]),
        ("twice", ["waiting", "waiting", "sent", "sent", "received", "received"]),
        ("out_of_order", ["received", "sent", "waiting"]),
        ("late", ["waiting", "sent", "received"]),
    ],
)
def test_webhooks(service, adapter, mode, expected):
    with listening() as (address, posted):
        service.tell(mode, seconds=1)
        started = time.monotonic()
        parcel = make_parcel(callback=address)
        adapter.send(parcel)
        service.advance(hours=2)
        while len(posted) < len(expected) and time.monotonic() - started < 10:
            time.sleep(0.05)
        took = time.monotonic() - started
        time.sleep(0.5)
        assert [post["state"] for post in posted] == expected
        assert {post["reference"] for post in posted} == {parcel.uuid}
        assert took >= (1 if mode == "late" else 0)
    service.tell("off")
