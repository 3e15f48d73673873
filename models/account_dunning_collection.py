"""The collecting job: what services of registered mail know of our deliveries, and the proofs that they give.

A service is read outside any business transaction: what is known is read and that reading ended, then the service is
called, then what it gave is kept in a transaction of its own, one delivery after the other.
"""

import logging
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.service import OUTCOMES
from ..delivery.base import Artefact, DeliveryAdapter, DeliveryError, NotReady, RetryLater, Throttled, Unauthorized
from .account_dunning_channel import REGISTERED_EMAILS
from .one_at_a_time import one_at_a_time
from .retried import attempted, retried

_logger = logging.getLogger(__name__)
BATCH = 200  # deliveries of one provider in one job
OVER = {state: kind for kind, state in OUTCOMES.items()}
STOPS_ALL = (Throttled, Unauthorized)


class Asked(NamedTuple):
    """What the reading of one delivery needs."""

    delivery: models.Model
    adapter: DeliveryAdapter
    uuid: str
    external_ref: str
    held: frozenset


class Answered(NamedTuple):
    """What a service told of one delivery: whether it has it, its files that we did not have, and what went wrong."""

    external_ref: str = ""
    artefacts: tuple[Artefact, ...] = ()
    is_over: bool = False
    error: DeliveryError | None = None


class AccountDunningCollection(models.AbstractModel):
    _name = "account.dunning.collection"
    _description = "Dunning Collection"

    @api.model
    def _cron_collect(self):
        """Ask each service about what is open, the longest waiting first; wait for none that does not answer."""
        with one_at_a_time(self.env, "collect") as alone:
            if not alone:
                return
            self.env["account.dunning.chain"]._seal_all_waiting()
            attempted(self.env, self.env["account.dunning.webhook.event"]._heed_new)
            for provider in self.env["account.dunning.provider"]._get_callable():
                self._collect_provider(provider)
            for company in self.env["res.company"].sudo().search([]):
                attempted(self.env, self.with_company(company)._look_after, company)

    @api.model
    def _look_after(self, company):
        """Ask for what is late, and note outside where the chain ends."""
        self.env["account.dunning.delivery"]._watch_proofs(company)
        self.env["ir.cron"]._commit_progress()
        self.env["account.dunning.anchor"]._send_daily(company)

    @api.model
    def _collect_provider(self, provider):
        for delivery in self._get_waiting(provider):
            if not provider._may_be_called():
                break
            if not attempted(self.env, self._collect, delivery):
                attempted(self.env, self._put_off, delivery)
        attempted(self.env, provider._tell_stopped)

    @api.model
    def _get_waiting(self, provider):
        domain = [
            ("channel_id.provider_id", "=", provider.id),
            ("method", "in", REGISTERED_EMAILS),
            ("state", "in", ("sent", "uncertain", *OVER)),
            ("collect_at", "<=", fields.Datetime.now()),
        ]
        return self.env["account.dunning.delivery"].search(domain, order="collect_at, id", limit=BATCH)

    # === One delivery === #

    @api.model
    def _collect(self, delivery):
        asked = self._get_asked(delivery)
        self.env["ir.cron"]._commit_progress()
        answered = self._ask(asked)
        retried(self.env, self._record, delivery, answered)

    @api.model
    def _get_asked(self, delivery):
        return Asked(
            delivery,
            delivery.channel_id.provider_id._get_adapter(),
            delivery.uuid,
            delivery.external_ref or "",
            self._get_held(delivery),
        )

    @api.model
    def _get_held(self, delivery):
        """The service's own ids of the proofs that we have; a broken one is fetched again."""
        proofs = self.env["account.dunning.proof"].sudo().search([("delivery_id", "=", delivery.id)])
        return frozenset(proofs.filtered(lambda proof: proof.seal_state != "broken").mapped("external_id"))

    @api.model
    def _ask(self, asked):
        """Calls only; nothing is read from the database nor written."""
        external_ref = asked.external_ref
        try:
            external_ref = external_ref or self._look_up(asked)
            if not external_ref:
                return Answered()
            return self._fetch_missing(asked, asked.adapter.fetch_status(external_ref))
        except DeliveryError as error:
            return Answered(external_ref, error=error)

    @api.model
    def _look_up(self, asked):
        found = asked.adapter.look_up(asked.uuid)
        return found.external_ref if found else ""

    @api.model
    def _fetch_missing(self, asked, status):
        """The files that we do not have; one that cannot be had now keeps no other."""
        artefacts, error = [], self._get_not_listed(status)
        for kind, external_id, moment, written in status.artefacts:
            if external_id in asked.held:
                continue
            try:
                file = asked.adapter.fetch_artefact(status.external_ref, external_id)
            except RetryLater as failure:
                error = failure
                if isinstance(failure, STOPS_ALL):
                    break
            else:
                artefacts.append(Artefact(kind, file.content, file.file_name, moment, written, external_id))
        return Answered(status.external_ref, tuple(artefacts), status.state in OVER, error)

    @api.model
    def _get_not_listed(self, status):
        """The service may tell the end of a letter before it lists the proof of it."""
        proof = OVER.get(status.state)
        if proof and proof not in {kind for kind, *_rest in status.artefacts}:
            return NotReady(self.env._("The service says that it is over and has no proof of it yet."))
        return None

    @api.model
    def _record(self, delivery, answered):
        """What was found is kept even where something else was not."""
        if answered.external_ref and delivery.state in ("uncertain", "queued"):
            delivery._record_found(answered.external_ref)
        for artefact in answered.artefacts:
            self._receive(delivery, artefact)
        self._plan_next(delivery, answered)
        self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _receive(self, delivery, artefact):
        moment = artefact.event_time
        self.env["account.dunning.proof"]._receive(
            artefact.content,
            source="collection",
            company=delivery.company_id,
            delivery=delivery,
            kind=artefact.kind,
            file_name=artefact.file_name,
            event_time=moment.replace(tzinfo=None) if moment else None,
            event_time_raw=artefact.event_time_raw,
            external_id=artefact.external_id,
        )

    @api.model
    def _plan_next(self, delivery, answered):
        provider, error = delivery.channel_id.provider_id, answered.error
        if isinstance(error, Unauthorized):
            provider._stop(error.reason)
        elif isinstance(error, Throttled):
            provider._pause(error.seconds)
        elif error:
            delivery._look_again(error.reason)
        elif not answered.external_ref:
            delivery._record_not_found()
        elif doubt := delivery._find_doubt(answered.is_over):
            delivery._look_again(doubt)
        else:
            delivery._record_looked(answered.is_over)

    @api.model
    def _put_off(self, delivery):
        """A fault of ours with one delivery: the others go first."""
        delivery._look_again(self.env._("What the service told could not be kept: the log of the server says why."))
        self.env["ir.cron"]._commit_progress()

    # === News === #

    @api.model
    def _wake(self):
        """The job runs soon; asked often, it is woken once."""
        cron = self.env.ref("account_dunning.ir_cron_collect").sudo()
        pending = SQL(
            "SELECT 1 FROM ir_cron_trigger WHERE cron_id = %s AND call_at <= %s LIMIT 1", cron.id, fields.Datetime.now()
        )
        if not self.env.execute_query(pending):
            cron._trigger()
