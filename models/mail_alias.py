from odoo import models


class MailAlias(models.Model):
    _inherit = "mail.alias"

    def _is_named_in(self, addresses):
        """As the gateway of Odoo compares: the whole address, or its name alone where any domain will do."""
        self.ensure_one()
        if self.alias_full_name in addresses:
            return True
        return self.alias_incoming_local and self.alias_name in {address.partition("@")[0] for address in addresses}
