import xmlrpc.client

from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(
        self, model, message, custom_values=None, save_original=False, strip_attachments=False, thread_id=None
    ):
        """Override of `mail`: here alone the bytes of a mail are still as they came."""
        self.env["account.dunning.receipt.mail"]._take_for_good(_get_bytes(message))
        return super().message_process(
            model,
            message,
            custom_values=custom_values,
            save_original=save_original,
            strip_attachments=strip_attachments,
            thread_id=thread_id,
        )

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Override of `mail`: what went to an address for receipts is kept already."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return self.env["account.dunning.receipt.mail"]._drop_routes(routes)

    def _routing_handle_bounce(self, email_message, message_dict):
        """Override of `mail`: a bounce that names our Message-ID is the end of that delivery."""
        super()._routing_handle_bounce(email_message, message_dict)
        message_ids = message_dict.get("bounced_msg_ids") or []
        deliveries = (
            self.env["account.dunning.delivery"]
            .sudo()
            .search([("message_id", "in", message_ids), ("state", "in", ("sent", "uncertain"))])
        )
        for delivery in deliveries:
            delivery._return_undelivered(self.env._("The e-mail came back as undeliverable"))


def _get_bytes(message):
    if isinstance(message, xmlrpc.client.Binary):
        return bytes(message.data)
    return message.encode() if isinstance(message, str) else bytes(message)
