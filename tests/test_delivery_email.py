"""The e-mail adapter against real SMTP servers that accept, refuse and hang up."""

import smtplib
import socket
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller

from odoo.addons.account_dunning.delivery.base import Parcel, Rejected, RetryLater, SendResult, Uncertain
from odoo.addons.account_dunning.delivery.email import EmailAdapter

MESSAGE = b"Message-ID: <1@test>\r\nSubject: Hello\r\n\r\n.leading dot\r\n"


class Accepts:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append(envelope.original_content)
        return "250 OK"


class Answers:
    """Answers one command with a fixed line."""

    def __init__(self, **answers):
        for command, answer in answers.items():
            setattr(self, f"handle_{command}", self._make(answer))

    def _make(self, answer):
        async def handle(server, session, envelope, *arguments):
            return answer

        return handle


class HangsUp:
    """Closes the connection when the given command arrives."""

    def __init__(self, command):
        setattr(self, f"handle_{command}", self._hang_up)

    async def _hang_up(self, server, session, envelope, *arguments):
        server.transport.abort()
        return "250 never seen"


@contextmanager
def serving(handler):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    session = smtplib.SMTP("127.0.0.1", port, timeout=5)
    session.ehlo()
    try:
        yield Parcel("1", MESSAGE, "office@creditor.example", ("debtor@debtor.example",), session)
    finally:
        session.close()
        controller.stop()


def test_an_accepted_message_arrives_byte_for_byte():
    handler = Accepts()
    with serving(handler) as parcel:
        assert EmailAdapter().send(parcel) == SendResult()
    assert handler.received == [MESSAGE]


def test_one_session_carries_many_messages():
    handler = Accepts()
    with serving(handler) as parcel:
        for _number in range(3):
            EmailAdapter().send(parcel)
    assert len(handler.received) == 3


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (Answers(MAIL="550 unknown sender"), Rejected),
        (Answers(RCPT="550 no such user"), Rejected),
        (Answers(RCPT="451 try again later"), RetryLater),
        (Answers(DATA="554 looks like spam"), Rejected),
        (Answers(DATA="452 disk full"), RetryLater),
        (HangsUp("MAIL"), RetryLater),
        (HangsUp("RCPT"), RetryLater),
        (HangsUp("DATA"), Uncertain),
    ],
    ids=lambda value: getattr(value, "__name__", None) or "-".join(vars(value)),
)
def test_each_answer_is_certain_or_says_that_it_is_not(handler, error):
    with serving(handler) as parcel, pytest.raises(error) as raised:
        EmailAdapter().send(parcel)
    assert raised.value.reason


def test_after_a_refused_recipient_the_session_goes_on():
    with serving(Answers(RCPT="550 no such user")) as parcel:
        for _attempt in range(2):
            with pytest.raises(Rejected):
                EmailAdapter().send(parcel)
