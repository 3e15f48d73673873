"""Reports of mail systems: what failed is a bounce, everything else an indication, nothing a proof."""

import base64

import pytest

from odoo.addons.account_dunning.evidence import read

OURS = "<dunning-7@example.com>"
RETURNED = f"Message-ID: {OURS}\r\nSubject: Rappel\r\nFrom: a@example.com\r\n\r\nBody\r\n"
RECIPIENT = "Final-Recipient: rfc822; b@example.org\nAction: {action}\nStatus: {status}\n"


def make_report(kind, machine, returned=RETURNED, returned_kind="message/rfc822", encoding="", report_type=True):
    type_parameter = f" report-type={kind};" if report_type else ""
    transfer = f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nTo: a@example.com\nSubject: Report\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report;{type_parameter}\n boundary="=_b/1"\n\nPreamble\n'
        f"--=_b/1\nContent-Type: text/plain\n\nHuman words.\n"
        f"--=_b/1\nContent-Type: message/{kind}\n{transfer}\n{machine}\n"
        f"--=_b/1\nContent-Type: {returned_kind}\n\n{returned}\n--=_b/1--\nEpilogue\n"
    ).encode()


def make_status(*recipients, head="Reporting-MTA: dns; mx.example.org\n"):
    return head + "".join("\n" + RECIPIENT.format(action=action, status=status) for action, status in recipients)


def make_bounce(**options):
    return make_report("delivery-status", make_status(("failed", "5.1.1")), **options)


def test_a_failed_delivery_is_a_bounce_and_names_our_message():
    found = read(make_bounce())
    assert (found.format, found.seal_state, found.kind) == ("delivery_report", "none", "bounce")
    assert found.references == (OURS,)
    assert found.remarks == ("indication_only", "action_failed", "status_5.1.1")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_other_actions_are_no_bounce_and_no_receipt(action):
    found = read(make_report("delivery-status", make_status((action, "2.0.0"))))
    assert (found.kind, found.seal_state) == ("", "none")
    assert f"action_{action}" in found.remarks


def test_one_recipient_of_two_that_failed_is_no_bounce():
    found = read(make_report("delivery-status", make_status(("failed", "5.1.1"), ("delivered", "2.0.0"))))
    assert found.kind == ""
    assert {"action_failed", "action_delivered"} <= set(found.remarks)


def test_a_report_that_does_not_say_what_happened_is_malformed():
    for machine in ("", "Reporting-MTA: dns; x\n", make_status(("lost", "5.0.0")), "\0\0\0"):
        assert read(make_report("delivery-status", machine)).code == "malformed"


@pytest.mark.parametrize("variant", ["crlf", "lf", "headers only", "no report-type", "text after status", "mbox"])
def test_reports_as_mail_systems_write_them(variant):
    content = make_bounce()
    if variant == "crlf":
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    elif variant == "headers only":
        content = make_bounce(returned=RETURNED.partition("\r\n\r\n")[0], returned_kind="text/rfc822-headers")
    elif variant == "no report-type":
        content = make_bounce(report_type=False)
    elif variant == "text after status":
        content = content.replace(b"Status: 5.1.1", b"Status: 5.1.1 (no such mailbox)")
    elif variant == "mbox":
        content = b"From MAILER-DAEMON Tue Mar  3 10:00:00 2026\n" + content
    found = read(content)
    assert (found.kind, found.references) == ("bounce", (OURS,))
    assert "status_5.1.1" in found.remarks


def test_encoded_parts_are_read():
    machine = base64.encodebytes(make_status(("failed", "5.1.1")).encode()).decode()
    assert read(make_report("delivery-status", machine, encoding="base64")).kind == "bounce"
    quoted = make_status(("failed", "5.1.1")).replace("failed", "fail=65d")
    assert read(make_report("delivery-status", quoted, encoding="quoted-printable")).kind == "bounce"


def test_the_envelope_names_our_delivery():
    uuid = "4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d001"
    status = make_status(("failed", "5.1.1"), head=f"Original-Envelope-Id: {uuid.upper()}\n")
    assert uuid in read(make_report("delivery-status", status)).references


def test_only_the_returned_message_is_named():
    content = make_bounce().replace(b"Subject: Report", b"Message-ID: <their@own>\nIn-Reply-To: <x@y>\nSubject: R")
    assert read(content).references == (OURS,)


@pytest.mark.parametrize("disposition", ["displayed", "deleted", "dispatched", "processed"])
def test_a_disposition_is_never_a_receipt(disposition):
    machine = f"Original-Message-ID: {OURS}\nDisposition: manual-action/MDN-sent-manually; {disposition}\n"
    found = read(make_report("disposition-notification", machine, returned="", returned_kind="text/plain"))
    assert (found.format, found.kind, found.seal_state) == ("disposition", "", "none")
    assert found.references == (OURS,)
    assert found.remarks == ("indication_only", f"disposition_{disposition}")


def test_a_report_without_brackets_around_the_message_id():
    machine = "Original-Message-ID: dunning-7@example.com\nDisposition: automatic-action/x; processed/error\n"
    assert read(make_report("disposition-notification", machine)).references == (OURS,)


def test_a_forwarded_report_is_found():
    outer = (
        b"From: clerk@example.com\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n"
        b"Content-Type: text/plain\n\nSee below\n--outer\nContent-Type: message/rfc822\n\n"
    )
    found = read(outer + make_bounce() + b"\n--outer--\n")
    assert (found.kind, found.references) == ("bounce", (OURS,))


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@example.com\nSubject: Re: Rappel\n\nAction: failed\n",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nAction: failed\n--b--\n",
        b"Subject: x",
    ],
)
def test_any_other_message_is_of_an_unknown_format(content):
    found = read(content)
    assert (found.code, found.mimetype) == ("unknown_format", "message/rfc822")


def test_a_report_without_its_machine_part_is_malformed():
    content = make_bounce().replace(b"message/delivery-status", b"text/plain")
    assert read(content).code == "malformed"


@pytest.mark.parametrize(("more", "kind"), [(10, "bounce"), (2000, None)])
def test_a_mail_may_have_only_so_many_headers(more, kind):
    found = read(b"".join(b"X-%d: 1\n" % number for number in range(more)) + make_bounce())
    assert getattr(found, "kind", None) == kind
    assert getattr(found, "code", None) == (None if kind else "malformed")
