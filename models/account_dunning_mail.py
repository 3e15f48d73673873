"""E-mails written out in bulk: each as the exact bytes that will leave, headers and attachments included."""

from datetime import datetime, timezone
from email.utils import format_datetime
from smtplib import SMTPException
from types import SimpleNamespace
from uuid import uuid4

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import config
from odoo.tools.gc import disabling_gc
from odoo.tools.mail import email_split_tuples, formataddr, html2plaintext

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..delivery.email import compose
from .account_dunning_enclosures import PDF, EnclosureChangedError

NO_SESSION = SimpleNamespace(from_filter=False, smtp_from=False)


class AccountDunningMail(models.AbstractModel):
    _name = "account.dunning.mail"
    _description = "Dunning E-mail"

    @api.model
    def _write_out(self, deliveries):
        """Write the messages that do not exist yet; the deliveries that have one, without those that cannot."""
        missing = deliveries.filtered(lambda delivery: not delivery.content_id or self._is_outdated(delivery))
        missing.notice_id._read_mail_files()
        with disabling_gc():  # long texts and no cycles
            contents = self._write_all(missing)
        self.env["account.dunning.delivery"]._store_contents(contents)
        return deliveries.filtered(lambda delivery: delivery.content_id and delivery.state == "queued")

    @api.model
    def _is_outdated(self, delivery):
        """Another address was entered since it was written."""
        return delivery.recipient != self._get_recipient(delivery).email_normalized

    @api.model
    def _get_recipient(self, delivery):
        return delivery.notice_id.partner_id.with_company(delivery.company_id)._get_dunning_recipient()

    @api.model
    def _write_all(self, deliveries):
        contents = {}
        for delivery in deliveries:
            try:
                contents[delivery] = self._write_one(delivery)
            except EnclosureChangedError as error:
                delivery._withdraw(str(error))
            except (AssertionError, ValueError) as error:  # how Odoo and Python tell of an impossible address
                delivery._record_failed(str(error))
        return contents

    @api.model
    def _write_one(self, delivery):
        notice = delivery.notice_id
        html = str(notice.mail_body)
        headers = self._get_headers(delivery)
        message = compose(headers, html2plaintext(html), html, notice._get_mail_files(), delivery.uuid)
        sender, recipients, message = self.env["ir.mail_server"]._prepare_email_message__(message, NO_SESSION)
        delivery.write({"message_id": headers["Message-Id"], "sender": sender, "recipient": ", ".join(recipients)})
        return message.as_bytes()

    @api.model
    def _send_to_oneself(self, notice, letter):
        """The e-mail of a notice in memory, with its letter (PDF bytes), to the current user and nobody else."""
        user = self.env.user
        if not user.email_normalized:
            raise UserError(self.env._("You have no e-mail address: enter it in your preferences first."))
        if not self._has_mail_server():
            raise UserError(self.env._("There is no outgoing mail server: an administrator adds it in the settings."))
        uuid, html = str(uuid4()), str(notice.mail_body)
        headers = self._prepare_headers(notice.company_id, uuid, user.email_formatted)
        headers["Subject"] = self.env._("TEST: %s", notice.subject)
        files = [(self.env._("Test letter.pdf"), letter, PDF)]
        try:
            self.env["ir.mail_server"].sudo().send_email(compose(headers, html2plaintext(html), html, files, uuid))
        except (MailDeliveryException, SMTPException, OSError) as error:
            raise UserError(
                self.env._("The mail server took no test: %s. Check the outgoing mail server in the settings.", error)
            ) from error
        return user.email_normalized

    @api.model
    def _has_mail_server(self):
        return bool(config.get("smtp_server") or self.env["ir.mail_server"].sudo().search_count([], limit=1))

    @api.model
    def _get_headers(self, delivery):
        notice = delivery.notice_id
        recipient = self._get_recipient(delivery).email_formatted
        return {**self._prepare_headers(notice.company_id, delivery.uuid, recipient), "Subject": notice.subject}

    @api.model
    def _prepare_headers(self, company, uuid, recipient):
        sender = self._encode(company.email_formatted or self.env.user.email_formatted)
        return {
            "Message-Id": f"<{uuid}@{self._get_domain_name(company)}>",
            "From": sender,
            "Reply-To": sender,
            "To": self._encode(recipient),
            "Date": format_datetime(datetime.now(timezone.utc)),
        }

    @api.model
    def _encode(self, addresses):
        """`addresses` as a header value in ASCII."""
        encoded = ", ".join(formataddr(pair, charset="ascii") for pair in email_split_tuples(addresses))
        if not encoded.isascii():
            raise ValueError(self.env._("No e-mail can be sent to the address %s", addresses))
        return encoded

    @api.model
    def _get_domain_name(self, company):
        return (company.email or "").rpartition("@")[2].strip("> ") or "localhost"
