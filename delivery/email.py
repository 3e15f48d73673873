"""E-mail over an open SMTP session (RFC 5321): one message, certain before DATA, uncertain after it."""

import smtplib
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32

from .base import Rejected, RetryLater, SendResult, Uncertain

PERMANENT = 500
ON_THE_WIRE = compat32.clone(linesep="\r\n")
UTF_8 = Charset("utf-8")
UTF_8.body_encoding = QP


def compose(headers, text, html, files, boundary):
    """A message as text and as HTML with `files` (name, bytes, MIME type).

    The older classes of the standard library take a third of the time of `EmailMessage`, and a boundary that is given
    need not be sought in the whole text: "=_" is in none that is quoted-printable or base64 (RFC 2045, 6.7).
    """
    body = MIMEMultipart("alternative", boundary=f"=_a_{boundary}")
    body.attach(MIMEText(text, "plain", UTF_8))
    body.attach(MIMEText(html, "html", UTF_8))
    message = MIMEMultipart("mixed", boundary=f"=_m_{boundary}", policy=ON_THE_WIRE)
    for name, value in headers.items():
        value = " ".join(value.split())
        message[name] = value if value.isascii() else Header(value, UTF_8)
    message.attach(body)
    for name, content, mimetype in files:
        part = MIMEBase(*mimetype.split("/", 1))
        part.set_payload(content)
        encode_base64(part)
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    return message


class EmailAdapter:
    code = "email"
    label = "E-mail"
    credentials = ()

    def send(self, parcel):
        """Send `parcel.content`, a whole RFC 5322 message, over `parcel.session`, an `smtplib.SMTP`.

        RFC 5321, 4.5.4: a client that saw no answer after the end of the data does not know who has the message.
        """
        try:
            self._announce(parcel)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise RetryLater(f"The mail server hung up: {error}") from error
        try:
            code, answer = parcel.session.data(parcel.content)
        except smtplib.SMTPDataError as error:
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Uncertain(f"The mail server hung up while it took the message: {error}") from error
        if code != 250:
            raise self._refusal(code, answer)
        return SendResult()

    def _announce(self, parcel):
        """MAIL and RCPT: until DATA nothing is taken."""
        code, answer = parcel.session.mail(parcel.sender)
        if code != 250:
            self._reset(parcel)
            raise self._refusal(code, answer)
        for recipient in parcel.recipients:
            code, answer = parcel.session.rcpt(recipient)
            if code not in (250, 251):
                self._reset(parcel)
                raise self._refusal(code, answer)

    def _reset(self, parcel):
        try:
            parcel.session.rset()
        except smtplib.SMTPServerDisconnected:
            return

    def _refusal(self, code, answer):
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        reason = f"The mail server answered {code}: {text}"
        return Rejected(reason) if code >= PERMANENT else RetryLater(reason)
