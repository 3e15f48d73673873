"""The pieces of a dossier that left: each notice as it was sent, what was posted, and the proofs that came back."""

from base64 import b64decode
from dataclasses import replace
from functools import partial

from odoo import api, models
from odoo.tools import SQL

from ..core import chain, dossier
from .account_dunning_dossier import Source
from .account_dunning_dossier_pieces import get_ending
from .letter_dates import format_day
from .stored_bytes import read_alone


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    @api.model
    def _get_sendings(self, asked):
        """By date: the letter, then each way that it went with what came back; last the table of all."""
        asked.notices._locate_letters()
        sources = [source for notice in asked.notices for source in self._get_notice(notice)]
        if asked.notices.delivery_ids:
            table = partial(self._draw_sendings, asked)
            sources.append(Source("sendings", self.env._("Table of what was sent"), table, asked.day))
        return sources

    @api.model
    def _get_notice(self, notice):
        sources = []
        if notice.document_id:
            title = self._name_notice(notice, self.env._("letter"))
            read, day = partial(read_alone, notice.document_id), notice.date_letter or notice.date_issued
            sources.append(Source("sendings", title, read, day, sha256=notice.document_sha256 or ""))
        for delivery in self._get_left(notice):
            sources += self._get_delivery(delivery)
        return sources

    @api.model
    def _get_left(self, notice):
        """What left, or may have."""
        return notice.delivery_ids.filtered(
            lambda one: one.date_left or one.proof_ids or one.state == "uncertain"
        ).sorted(lambda one: (not one.leading, one.id))

    @api.model
    def _name_notice(self, notice, what):
        return self.env._("%(level)s %(number)s: %(what)s", level=notice.level_id.name, number=notice.name, what=what)

    @api.model
    def _get_delivery(self, delivery):
        sources = []
        if delivery.content_id - delivery.notice_id.document_id:  # the letter itself is there already
            way = {"channel": delivery.channel_id.name, "recipient": delivery.recipient or ""}
            title = self._name_notice(delivery.notice_id, self.env._("%(channel)s to %(recipient)s", **way))
            read = partial(read_alone, delivery.content_id)
            ending = get_ending(delivery.content_id.name, delivery.content_id.mimetype)
            sent = delivery.content_sha256 or ""
            sources.append(self._mark(delivery, Source("sendings", title, read, delivery.date_left, ending, sent)))
        return [*sources, *(self._get_proof(delivery, proof) for proof in self._get_files(delivery))]

    @api.model
    def _get_files(self, delivery):
        return delivery.proof_ids.filtered("sha256").filtered(lambda proof: not proof.is_erased).sorted("id")

    @api.model
    def _get_proof(self, delivery, proof):
        kinds = dict(proof._fields["kind"]._description_selection(self.env))
        title = self._name_notice(delivery.notice_id, self.env._("proof, %s", kinds[proof.kind].lower()))
        day = proof.company_id._dunning_local(proof.event_time or proof.received_at).date()
        ending = get_ending(proof.file_name, proof.mimetype)
        read = partial(read_alone, proof.attachment_id)
        source = Source("sendings", title, read, day, ending, proof.sha256, proof.sequence)
        return self._mark(delivery, self._mark(proof, source))

    @api.model
    def _mark(self, record, source):
        """What a test service did proves nothing, and is never taken for anything else."""
        return source._replace(remark=self.env._("TEST - WITHOUT VALUE")) if record.is_test else source

    # === The table === #

    @api.model
    def _draw_sendings(self, asked):
        heads = [
            self.env._("Notice"),
            self.env._("Way and Address"),
            self.env._("Left on"),
            self.env._("Number"),
            self.env._("First presented"),
            self.env._("Outcome"),
            self.env._("Outcome on"),
        ]
        rows = [self._get_sending(one) for notice in asked.notices for one in self._get_left(notice)]
        served = [self._say_served(notice) for notice in asked.notices if notice.effective_date]
        title = self.env._("Table of what was sent")
        return self._draw(asked, title, [{"heads": heads, "rows": rows, "remarks": served}])

    @api.model
    def _get_sending(self, delivery):
        states = dict(delivery._fields["state"]._description_selection(self.env))
        test = self.env._("TEST - WITHOUT VALUE") if delivery.is_test else ""
        notice = delivery.notice_id
        return [
            f"{notice.name} {notice.level_id.name}",
            " · ".join(filter(None, (delivery.channel_id.name, test, delivery.recipient or notice.addressee))),
            format_day(self.env, delivery.date_left),
            delivery.tracking_number or delivery.external_ref or "",
            format_day(self.env, delivery.date_notified or delivery.date_presented),
            states[delivery.state],
            format_day(self.env, delivery.date_outcome),
        ]

    @api.model
    def _say_served(self, notice):
        words = {"notice": notice.name, "day": format_day(self.env, notice.effective_date)}
        if any(notice.delivery_ids.mapped("is_test")):
            return self.env._("%s: TEST - WITHOUT VALUE", notice.name)
        if notice.effective_basis == "proved":
            return self.env._("%(notice)s was served on %(day)s: proved by the pieces.", **words)
        return self.env._("%(notice)s was served on %(day)s: declared by the creditor.", **words)

    # === The chain === #

    @api.model
    def _get_chain(self, asked):
        """The chain of the company up to now; of other customers' records only the places. None where there is none."""
        found = self.env["account.dunning.chain"].search([("company_id", "=", asked.case.company_id.id)])
        if found:
            found._seal_waiting()
        if not found.sequence:
            return None
        return self._describe_chain(found, self._get_records(found, asked.notices.delivery_ids))

    @api.model
    def _describe_chain(self, found, records):
        """With all that was told of it outside."""
        stamped = found.anchor_ids.filtered(lambda anchor: anchor.token).sorted("id")
        tokens = [dossier.Token(one.sequence, one.record_hash, b64decode(one.token)) for one in stamped]
        heads = found.anchor_ids.filtered("sequence")._get_heads()
        return dossier.Chain(found.uuid, records, found._get_head(), tuple(heads), tuple(tokens))

    @api.model
    def _get_records(self, found, deliveries):
        """Nothing is read of records that are not shown but their place."""
        rows = self._read_places(found)
        references = [(row["uuid"], row["delivery_uuid"], row["refers_to"]) for row in rows]
        shown = dossier.find_shown(references, deliveries.mapped("uuid"))
        return [self._get_shown_record(row) if row["uuid"] in shown else self._get_place(row) for row in rows]

    @api.model
    def _read_places(self, found):
        self.env["account.dunning.proof"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT id, uuid, COALESCE(delivery_uuid, '') AS delivery_uuid, COALESCE(refers_to, '') AS refers_to,
                       sequence, previous_hash, record_hash, body, version
                  FROM account_dunning_proof WHERE chain_id = %s AND sequence > 0 ORDER BY sequence
                """,
                found.id,
            )
        )

    @api.model
    def _get_place(self, row):
        kept = ("sequence", "previous_hash", "record_hash", "body", "version")
        return chain.Record(**{name: row[name] for name in kept})

    @api.model
    def _get_shown_record(self, row):
        proof = self.env["account.dunning.proof"].browse(row["id"])
        return replace(
            self._get_place(row),
            digests=proof.digests or {},
            values=proof._get_sealed_values(),
            salt=proof.salt or "",
            is_erased=proof.is_erased,
        )
