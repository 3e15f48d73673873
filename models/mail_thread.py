from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

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
