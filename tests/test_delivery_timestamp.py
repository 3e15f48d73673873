"""Asking a time-stamp service over HTTP, and believing nothing of what it answers."""

import hashlib
import secrets
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from asn1crypto import tsp
from delivery_timestamp_authority import TimestampAuthority
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.account_dunning.delivery.base import RetryLater, WrongAnswer
from odoo.addons.account_dunning.delivery.timestamp import TimestampService, is_address
from odoo.addons.account_dunning.evidence import Evidence, ParseProblem, check_stamp
from odoo.addons.account_dunning.evidence.timestamp_request import read_answer, write_request
from odoo.addons.account_dunning.sandbox.seal import Seal

LINE = b"account_dunning chain 4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d001 3 " + b"a" * 64
DIGEST = hashlib.sha256(LINE).digest()
SEAL = Seal.make(datetime.now(timezone.utc))


@pytest.fixture(scope="module")
def authority():
    service = TimestampAuthority(SEAL).start()
    yield service
    service.stop()


@pytest.fixture
def ask(authority):
    """ask("fault"): what comes of one request to a service with this fault."""

    def ask(fault="", roots=(SEAL.root_pem,)):
        authority.fault, nonce = fault, secrets.randbits(63)
        service = TimestampService(authority.url, time_out=(2, 0.3), longest=2)
        return read_answer(service.ask(write_request(DIGEST, nonce)), DIGEST, nonce, roots)

    yield ask
    authority.fault = ""


def test_a_request_says_what_to_stamp_and_asks_for_the_certificate():
    request = tsp.TimeStampReq.load(write_request(DIGEST, 77), strict=True)
    assert request["message_imprint"].native == {
        "hash_algorithm": {"algorithm": "sha256", "parameters": None},
        "hashed_message": DIGEST,
    }
    assert (request["nonce"].native, request["cert_req"].native) == (77, True)


def test_openssl_reads_the_request_as_we_mean_it(tmp_path):
    (tmp_path / "request.tsq").write_bytes(write_request(DIGEST, 77))
    said = subprocess.run(
        ["openssl", "ts", "-query", "-in", tmp_path / "request.tsq", "-text"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "Hash Algorithm: sha256" in said
    assert "Certificate required: yes" in said
    assert "Nonce: 0x4D" in said


def test_a_token_comes_back_and_openssl_agrees(ask, tmp_path):
    token, found = ask()
    assert (found.seal_state, found.signer) == ("trusted", "Sandbox Time-Stamp Authority")
    assert check_stamp(token, DIGEST, (SEAL.root_pem,)).seal_state == "trusted"
    for name, content in (("token.tst", token), ("line", LINE), ("root.pem", SEAL.root_pem)):
        (tmp_path / name).write_bytes(content)
    verify = ["openssl", "ts", "-verify", "-token_in", "-in", "token.tst", "-CAfile", "root.pem", "-data"]
    assert subprocess.run([*verify, "line"], cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "line").write_bytes(LINE + b"\n")
    assert subprocess.run([*verify, "line"], cwd=tmp_path, capture_output=True).returncode == 1


def test_without_a_root_it_is_intact_and_not_trusted(ask):
    _token, found = ask(roots=())
    assert found.seal_state == "intact"
    assert "unknown_root" in found.remarks


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("wrong_imprint", "imprint_mismatch"),
        ("wrong_nonce", "wrong_nonce"),
        ("no_nonce", "wrong_nonce"),
        ("refused", "not_granted"),
    ],
)
def test_an_answer_to_something_else_is_none(ask, fault, code):
    found = ask(fault)
    assert isinstance(found, ParseProblem)
    assert found.code == code


def test_a_changed_answer_is_none(ask):
    assert isinstance(ask("changed"), ParseProblem)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("html", WrongAnswer, "not a time-stamp"),
        ("html_named_stamp", WrongAnswer, "not a time-stamp"),
        ("empty", WrongAnswer, "not a time-stamp"),
        ("huge", WrongAnswer, "more than a time-stamp"),
        ("huge_unannounced", WrongAnswer, "more than a time-stamp"),
        ("500", RetryLater, "answered 500"),
        ("time_out", RetryLater, "in time"),
        ("drip", RetryLater, "in time"),
    ],
)
def test_a_service_that_misbehaves(ask, fault, error, words):
    begun = time.monotonic()
    with pytest.raises(error, match=words) as raised:
        ask(fault)
    assert type(raised.value) is error
    assert time.monotonic() - begun < 5


def test_another_host_is_never_asked(ask, authority):
    other = TimestampAuthority(SEAL).start()
    try:
        authority.elsewhere = other.url
        with pytest.raises(WrongAnswer, match="another address"):
            ask("other_host")
        assert other.asked == 0
    finally:
        other.stop()


def test_nobody_there():
    with pytest.raises(RetryLater, match="connection"):
        TimestampService("http://127.0.0.1:9/tsr").ask(b"0")


def test_a_password_of_this_machine_is_not_sent(authority, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    TimestampService(authority.url).ask(write_request(DIGEST, 5))
    assert authority.headers["Authorization"] is None


@given(st.binary(max_size=400))
def test_whatever_comes_is_answered(content):
    assert isinstance(read_answer(content, DIGEST, 1), ParseProblem)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_makes_another_time(place, change):
    answer = bytearray(GRANTED)
    answer[place % len(answer)] ^= change
    found = read_answer(bytes(answer), DIGEST, 7, (SEAL.root_pem,))
    if not isinstance(found, ParseProblem):
        _token, evidence = found
        assert isinstance(evidence, Evidence)
        assert evidence.seal_state != "trusted" or evidence.stamped_at == MOMENT


MOMENT = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
GRANTED = SEAL.stamp(DIGEST, MOMENT, 7)


@pytest.mark.parametrize(
    "address",
    ["", "tsa.example", "ftp://tsa.example", "https://", "https://me:secret@tsa.example", "http://[::1", "x:y"],
)
def test_what_is_no_address(address):
    assert not is_address(address)
