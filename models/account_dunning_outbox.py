"""The sending job: deliveries leave one by one, each committed before and after its call."""

import logging

from odoo import api, fields, models

from ..delivery.base import Parcel, Rejected, RetryLater, Uncertain
from .one_at_a_time import one_at_a_time

_logger = logging.getLogger(__name__)
BATCH = 50


class AccountDunningOutbox(models.AbstractModel):
    _name = "account.dunning.outbox"
    _description = "Dunning Outbox"

    @api.model
    def _cron_deliver(self):
        """Send what is queued, in the sending window of each company in mode `send`."""
        with one_at_a_time(self.env, "deliver") as alone:
            if not alone:
                return
            self._settle_interrupted()
            for company in self.env["res.company"]._get_dunning_senders():
                self.with_company(company)._cancel_outdated(company)
                self.with_company(company)._deliver_company(company)

    @api.model
    def _settle_interrupted(self):
        """What an earlier process left in `sending` may have left: only a person or a receipt can tell."""
        interrupted = self.env["account.dunning.delivery"].search([("state", "=", "sending")])
        for delivery in interrupted:
            delivery._record_uncertain(self.env._("The sending was interrupted"))
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _cancel_outdated(self, company):
        """What has not left on the day printed in it is cancelled, and the night decides again."""
        domain = [*self._get_domain(company), ("notice_id.date_issued", "<", company._dunning_today())]
        outdated = self.env["account.dunning.delivery"].search(domain)
        never_left = outdated.notice_id.filtered(lambda notice: not notice.date_left)
        never_left._cancel(self.env._("It did not leave on its day"))
        (outdated.filtered(lambda delivery: delivery.state == "queued"))._cancel(self.env._("Out of date"))
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _get_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("state", "=", "queued"),
            ("method", "=", "email"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _deliver_company(self, company):
        deliveries = self.env["account.dunning.delivery"]
        seen = deliveries
        while batch := deliveries.search(
            [*self._get_domain(company), ("id", "not in", seen.ids)], limit=BATCH, order="id"
        ):
            seen |= batch
            locked = batch.try_lock_for_update()
            ready = self._recheck(company, locked)
            for delivery in ready.filtered(lambda delivery: not delivery.content_id):
                self._build_content(delivery)
            self.env["ir.cron"]._commit_progress()
            self._send_batch(company, ready)
            locked._refresh_projection()
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _recheck(self, company, deliveries):
        """The deliveries whose notice still holds: where less is owed now, nothing more leaves."""
        notices = deliveries.notice_id
        stale = notices._get_stale(company)
        for notice in stale:
            if notice.date_left:
                (notice.delivery_ids & deliveries)._cancel(self.env._("Paid or held since the notice left"))
            else:
                notice._cancel(self.env._("Paid or held before it left"))
        return deliveries.filtered(lambda delivery: delivery.notice_id not in stale)

    # === One e-mail === #

    @api.model
    def _build_content(self, delivery):
        """The whole message as it will leave, headers and attachments included."""
        mail_server = self.env["ir.mail_server"]
        notice = delivery.notice_id
        recipient = notice.partner_id.with_company(notice.company_id)._get_dunning_recipient()
        delivery.message_id = f"<{delivery.uuid}@{self._get_domain_name(notice.company_id)}>"
        message = mail_server._build_email__(
            email_from=notice.company_id.email_formatted or self.env.user.email_formatted,
            email_to=[recipient.email_formatted],
            subject=notice.subject,
            body=notice._get_mail_body(),
            attachments=notice._get_mail_attachments(),
            message_id=delivery.message_id,
            subtype="html",
        )
        session = type("Session", (), {"from_filter": False, "smtp_from": False})()
        sender, recipients, message = mail_server._prepare_email_message__(message, session)
        delivery.write({"sender": sender, "recipient": ", ".join(recipients)})
        delivery._store_content(message.as_bytes())

    @api.model
    def _get_domain_name(self, company):
        return (company.email or "").rpartition("@")[2].strip("> ") or "localhost"

    @api.model
    def _send_batch(self, company, deliveries):
        session = None
        today = company._dunning_today()
        for delivery in deliveries:
            session = session or self._connect(delivery)
            if session is None:
                return
            if not delivery._begin():
                continue
            self.env["ir.cron"]._commit_progress()
            session = self._send_one(delivery, session, today)
            self.env["ir.cron"]._commit_progress(1)
        if session:
            session.close()

    @api.model
    def _connect(self, delivery):
        """One SMTP session for a batch; None when the mail server cannot be reached now."""
        try:
            return self.env["ir.mail_server"]._connect__(smtp_from=delivery.sender)
        except Exception as error:  # noqa: BLE001  (any failure to connect leaves the queue as it is)
            _logger.warning("The mail server cannot be reached: %s", error)
            delivery.last_error = str(error)
            self.env["ir.cron"]._commit_progress()
            return None

    @api.model
    def _send_one(self, delivery, session, today):
        """Call the provider and record what it said; the session to go on with, None when it is spent."""
        adapter = delivery.channel_id.provider_id._get_adapter()
        parcel = Parcel(
            uuid=delivery.uuid,
            content=delivery.content_id.raw,
            sender=delivery.sender,
            recipients=tuple(delivery.recipient.split(", ")),
            session=session,
        )
        try:
            result = adapter.send(parcel)
        except RetryLater as error:
            delivery._record_retry(error)
            return None
        except Rejected as error:
            delivery._record_failed(error.reason)
            return session
        except Uncertain as error:
            delivery._record_uncertain(error.reason)
            return None
        delivery._record_sent(today, result.external_ref)
        return session
