"""The sending job: deliveries leave one by one, each committed before and after its call.

A commit empties the cache of the ORM. So a batch is rechecked, written out and read before its first commit; between
two calls there are only the statements that begin one delivery and mark another as sent. Both write its own row and
no other, so no night and no payment is in their way; what follows from having left is done once a batch.
"""

import logging
from dataclasses import replace
from typing import NamedTuple

from odoo import api, fields, models

from ..delivery.base import (
    DeliveryAdapter,
    DeliveryError,
    Parcel,
    Rejected,
    RetryLater,
    SendResult,
    Throttled,
    Unauthorized,
    Uncertain,
)
from .account_dunning_channel import REGISTERED_EMAILS
from .one_at_a_time import one_at_a_time
from .retried import attempted, attempted_each, retried

_logger = logging.getLogger(__name__)
BATCH = 100
SENT_BY_US = ("email", *REGISTERED_EMAILS)


class Outgoing(NamedTuple):
    """All that the call of one delivery needs."""

    delivery: models.Model
    adapter: DeliveryAdapter
    parcel: Parcel
    was_tried: bool  # the service is asked before it is handed over once more


class NoSession:
    """Services of registered mail are called, each letter by a connection of its own."""

    def close(self):
        """Nothing is open."""


NO_SESSION = NoSession()


class AccountDunningOutbox(models.AbstractModel):
    _name = "account.dunning.outbox"
    _description = "Dunning Outbox"

    @api.model
    def _cron_deliver(self):
        """Send what is queued, in the sending window of each company in mode `send`."""
        with one_at_a_time(self.env, "deliver") as alone:
            if not alone:
                return
            attempted(self.env, self._settle_interrupted)
            attempted_each(self.env, self._conclude, self.env["account.dunning.delivery"]._get_unconcluded())
            companies = self.env["res.company"].sudo()
            for company in companies.search([]):
                attempted(self.env, self.with_company(company)._cancel_outdated, company)
            for company in companies._get_dunning_senders():
                attempted(self.env, self.with_company(company)._deliver_company, company)

    @api.model
    def _settle_interrupted(self):
        """What an earlier process left in `sending` may have left: a service, a receipt or a person can tell."""
        deliveries = self.env["account.dunning.delivery"]
        for delivery in deliveries.search([("state", "=", "sending")]):
            delivery._record_uncertain(self.env._("The sending was interrupted"))
        uncertain = deliveries.search([("state", "=", "uncertain")])
        uncertain._needs_person().notice_id.case_id._raise_task("settle_delivery")
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _cancel_outdated(self, company):
        """Issued notices that will not leave any more, whatever the mode is now: the night decides again."""
        last = company._dunning_last_day_over()
        issued = [("company_id", "=", company.id), ("state", "=", "issued"), ("date_issued", "<=", last)]
        never_left = self.env["account.dunning.notice"].search(
            [*issued, ("date_left", "=", False), ("line_ids.live", "=", True)]
        )
        missed = never_left.filtered(lambda notice: not notice._may_still_leave(last))
        missed._cancel(self.env._("It did not leave on its day"))
        paid = (never_left - missed).filtered(lambda notice: notice._waits_for_nothing())
        paid._cancel(self.env._("Paid or settled"))
        copies = self.env["account.dunning.delivery"].search(
            [
                ("company_id", "=", company.id),
                ("leading", "=", False),
                ("state", "=", "queued"),
                ("method", "in", SENT_BY_US),
                ("notice_id.date_issued", "<=", last),
            ]
        )
        copies._cancel(self.env._("Out of date"))
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _get_domain(self, company, provider):
        return [
            ("company_id", "=", company.id),
            ("state", "=", "queued"),
            ("method", "in", SENT_BY_US),
            ("channel_id.provider_id", "=", provider.id),
            ("notice_id.state", "=", "issued"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", fields.Datetime.now()),
        ]

    # === A batch === #

    @api.model
    def _deliver_company(self, company):
        """E-mail has no service to test with: while its provider is not enabled nothing leaves."""
        for provider in self.env["account.dunning.provider"]._get_callable():
            if provider.state == "enabled" or provider.needs_credentials:
                self._deliver_provider(company, provider)

    @api.model
    def _deliver_provider(self, company, provider):
        """Batch by batch; one that fails is done delivery by delivery, so that the bad one stops no other."""
        deliveries = self.env["account.dunning.delivery"]
        seen = deliveries
        while provider._may_be_called() and (
            batch := deliveries.search(
                [*self._get_domain(company, provider), ("id", "not in", seen.ids)], limit=BATCH, order="id"
            )
        ):
            seen |= batch
            attempted_each(self.env, self._deliver_batch, company, batch)
        attempted(self.env, provider._tell_stopped)

    @api.model
    def _deliver_batch(self, company, batch):
        self._send_batch(company, retried(self.env, self._prepare, company, batch))
        attempted_each(self.env, self._conclude, batch)

    @api.model
    def _prepare(self, company, batch):
        """Lock, recheck and write out: what is to leave, with everything that its call needs."""
        queued = batch.try_lock_for_update().filtered(lambda delivery: delivery.state == "queued")
        ready = self._write_out(self._recheck(company, queued))
        prepared = [self._get_outgoing(delivery) for delivery in ready]
        self.env["ir.cron"]._commit_progress()
        return prepared

    @api.model
    def _write_out(self, deliveries):
        """The content and the addressee of each, by its way; those that can leave."""
        registered = deliveries.filtered(lambda delivery: delivery._is_registered_email())
        mails = self.env["account.dunning.mail"]._write_out(deliveries - registered)
        return mails | self.env["account.dunning.registered.mail"]._write_out(registered)

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

    @api.model
    def _get_outgoing(self, delivery):
        adapter = delivery.channel_id.provider_id._get_adapter()
        was_tried = delivery._is_registered_email() and delivery.attempts > 0
        return Outgoing(delivery, adapter, self._get_parcel(delivery), was_tried)

    @api.model
    def _get_parcel(self, delivery):
        if delivery._is_registered_email():
            return self.env["account.dunning.registered.mail"]._get_parcel(delivery)
        return Parcel(
            uuid=delivery.uuid,
            content=delivery.content_id.raw,
            sender=delivery.sender,
            recipients=tuple(delivery.recipient.split(", ")),
        )

    @api.model
    def _conclude(self, batch):
        """Also for what a killed process had sent: until then its notice is under way, and nothing climbs."""
        batch._conclude()
        self.env["ir.cron"]._commit_progress(len(batch))

    # === One delivery === #

    @api.model
    def _send_batch(self, company, prepared):
        """All by one provider: e-mails over one session, letters by a call each."""
        session = None
        today = company._dunning_today()
        for outgoing in prepared:
            session = session or self._connect(outgoing)
            if session is None:
                return
            outcome = self._find_earlier(outgoing) or self._send_one(outgoing, session, today)
            if isinstance(outcome, (Unauthorized, Throttled)):
                return
            session = session if outcome is None or isinstance(outcome, (SendResult, Rejected)) else None
        if session:
            session.close()

    @api.model
    def _send_one(self, outgoing, session, today):
        """What the provider said; None where somebody else has begun or cancelled it."""
        if not retried(self.env, self._begin, outgoing):
            return None
        outcome = self._call(outgoing, session)
        attempted(self.env, self._record, outgoing, outcome, today)
        return outcome

    @api.model
    def _find_earlier(self, outgoing):
        """Whoever settled it may have been wrong: what the service has is not handed over twice.

        None where it was never tried or the service does not know it; an error where the service cannot be asked.
        """
        outcome = self._look_up(outgoing) if outgoing.was_tried else None
        if outcome:
            attempted(self.env, self._record_earlier, outgoing, outcome)
        return outcome

    @api.model
    def _look_up(self, outgoing):
        try:
            return outgoing.adapter.look_up(outgoing.parcel.uuid)
        except RetryLater as error:
            return error
        except Exception as error:
            _logger.exception("Delivery %s could not be looked up", outgoing.parcel.uuid)
            return RetryLater(str(error))

    @api.model
    def _record_earlier(self, outgoing, outcome):
        """It left on the day of its attempt; where that is not known it waits, and its attempts stay as they are."""
        delivery = outgoing.delivery
        provider = delivery.channel_id.provider_id
        if delivery.state != "queued":
            return
        match outcome:
            case SendResult():
                delivery._mark_sent(delivery._get_day_of_attempt(), outcome.external_ref)
            case Unauthorized():
                delivery.last_error = outcome.reason
                provider._stop(outcome.reason)
            case Throttled():
                delivery.last_error = outcome.reason
                provider._pause(outcome.seconds)
            case _:
                delivery._record_retry(outcome)
        self._get_committer()._commit_progress()

    @api.model
    def _connect(self, outgoing):
        """One SMTP session for a batch; None when the mail server cannot be reached now. A service needs none."""
        if outgoing.adapter.credentials:
            return NO_SESSION
        try:
            return self.env["ir.mail_server"]._connect__(smtp_from=outgoing.parcel.sender)
        except Exception as error:  # noqa: BLE001  (any failure to connect leaves the queue as it is)
            _logger.warning("The mail server cannot be reached: %s", error)
            outgoing.delivery.last_error = str(error)
            self.env["ir.cron"]._commit_progress()
            return None

    @api.model
    def _begin(self, outgoing):
        begun = outgoing.delivery._begin()
        self._get_committer()._commit_progress()
        return begun

    @api.model
    def _call(self, outgoing, session):
        """What the provider said: its result, or the error that tells what is certain."""
        try:
            return outgoing.adapter.send(replace(outgoing.parcel, session=session))
        except DeliveryError as error:
            return error
        except Exception as error:
            _logger.exception("The adapter of delivery %s failed", outgoing.parcel.uuid)
            return Uncertain(str(error))

    @api.model
    def _record(self, outgoing, outcome, today):
        """One that cannot be recorded stays in `sending`: the next job makes it uncertain, never sends it again."""
        delivery = outgoing.delivery
        match outcome:
            case SendResult():
                delivery._mark_sent(today, outcome.external_ref)
            case Unauthorized():
                delivery._record_refused_call(outcome)
                delivery.channel_id.provider_id._stop(outcome.reason)
            case Throttled():
                delivery._record_refused_call(outcome)
                delivery.channel_id.provider_id._pause(outcome.seconds)
            case RetryLater():
                delivery._record_retry(outcome)
            case Rejected():
                delivery._record_failed(outcome.reason)
            case Uncertain():
                delivery._record_uncertain(outcome.reason)
        self._get_committer()._commit_progress()

    @api.model
    def _get_committer(self):
        """It commits and does no more: the job's progress is noted once a batch."""
        return self.env["ir.cron"].with_context(ir_cron_progress_id=False)
