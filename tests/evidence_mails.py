"""Mails as raw bytes: with attachments, and the reports of mail systems."""

from email.message import EmailMessage
from email.policy import SMTP

UUID = "4f0f2bb1-31d7-4d1c-9a52-0c7bb8a0d001"
PDF = b"%PDF-1.4\r\n\x00\xff binary \x80\n%%EOF\r"
LOGO = b"\x89PNG\r\n\x1a\n" + b"logo" * 100
SCAN = b"\xff\xd8\xff\xe0" + b"scan" * 3000


def make_mail(subject="Receipt", text="See attached.", to="receipts@creditor.example", **headers):
    mail = EmailMessage(policy=SMTP)
    for name, value in {
        "From": "Post <post@service.example>",
        "To": to,
        "Subject": subject,
        "Message-ID": "<1@service.example>",
        **headers,
    }.items():
        mail[name] = value
    mail.set_content(text)
    return mail


def attach(mail, content=PDF, kind="application/pdf", name="receipt.pdf", **options):
    maintype, subtype = kind.split("/")
    mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name, **options)
    return mail


def report(kind="delivery-status", original="<2@creditor.example>"):
    return (
        b"From: mailer-daemon@there.example\r\nTo: receipts@creditor.example\r\nSubject: Undelivered\r\n"
        b"Message-ID: <3@there.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=%s; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        b"It failed.\r\n--b\r\nContent-Type: message/%s\r\n\r\nReporting-MTA: dns; there.example\r\n\r\n"
        b"Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s\r\n\r\n--b--\r\n"
    ) % (kind.encode(), kind.encode(), original.encode())
