"""Letters made ready for a service of electronic registered mail: the stored letter itself, and who gets it."""

import hashlib

from odoo import api, models

from ..delivery.base import Parcel
from .stored_bytes import read_alone


class AccountDunningRegisteredMail(models.AbstractModel):
    _name = "account.dunning.registered.mail"
    _description = "Dunning Registered Mail"

    @api.model
    def _write_out(self, deliveries):
        """Those that can leave, each with its addressee and the letter's own bytes; the others are withdrawn."""
        return deliveries.filtered(self._write_one)

    @api.model
    def _write_one(self, delivery):
        notice, addressee = delivery.notice_id, self._get_addressee(delivery)
        fault = notice._get_letter_fault(notice._read_letter())
        if fault:
            delivery._withdraw(fault)
        elif not (addressee.email_normalized and notice.company_id.partner_id.email_normalized):
            delivery._record_failed(self.env._("The e-mail address of the customer or of our company is missing."))
        else:
            delivery.write(self._prepare_vals(delivery, addressee))
        return delivery.state == "queued"

    @api.model
    def _prepare_vals(self, delivery, addressee):
        notice = delivery.notice_id
        vals = {"recipient": addressee.email_normalized, "sender": notice.company_id.partner_id.email_normalized}
        if delivery.content_id:
            return vals
        return {**vals, "content_id": notice.document_id.id, "content_sha256": notice.document_sha256}

    @api.model
    def _get_addressee(self, delivery):
        return delivery.notice_id.partner_id.with_company(delivery.company_id)._get_dunning_recipient()

    @api.model
    def _get_parcel(self, delivery):
        content = read_alone(delivery.content_id)
        if hashlib.sha256(content).hexdigest() != delivery.content_sha256:
            raise ValueError(f"The content of delivery {delivery.uuid} has changed")
        return Parcel(
            uuid=delivery.uuid,
            content=content,
            sender=delivery.sender,
            sender_name=delivery.company_id.name,
            recipients=(delivery.recipient,),
            recipient_name=delivery.notice_id.partner_id.name or delivery.recipient,
            file_name=delivery.content_id.name,
            callback=delivery.channel_id.provider_id.sudo().webhook_url or "",
        )
