"""E-mails written out in bulk: each as the exact bytes that will leave, headers and attachments included."""

from datetime import datetime, timezone
from email.utils import format_datetime
from types import SimpleNamespace

from odoo import api, models
from odoo.tools.gc import disabling_gc
from odoo.tools.mail import email_split_tuples, formataddr, html2plaintext

from ..delivery.email import compose

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
    def _get_headers(self, delivery):
        notice = delivery.notice_id
        company = notice.company_id
        sender = self._encode(company.email_formatted or self.env.user.email_formatted)
        return {
            "Message-Id": f"<{delivery.uuid}@{self._get_domain_name(company)}>",
            "Subject": notice.subject,
            "From": sender,
            "Reply-To": sender,
            "To": self._encode(self._get_recipient(delivery).email_formatted),
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
