"""E-mail over an open SMTP session (RFC 5321): one message, certain before DATA, uncertain after it."""

import smtplib

from .base import Rejected, RetryLater, SendResult, Uncertain

PERMANENT = 500


class EmailAdapter:
    code = "email"
    label = "E-mail"

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
