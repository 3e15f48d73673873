from odoo import fields, models

LETTERS = ("letter", "registered_letter")
REGISTERED_EMAILS = ("registered_email", "qualified_registered_email")
REGISTERED = ("registered_letter", *REGISTERED_EMAILS)


class AccountDunningChannel(models.Model):
    _name = "account.dunning.channel"
    _description = "Dunning Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company")
    method = fields.Selection(
        [
            ("email", "E-mail"),
            ("letter", "Letter"),
            ("registered_letter", "Registered letter"),
            ("registered_email", "Electronic registered delivery (eIDAS 43.1)"),
            ("qualified_registered_email", "Qualified electronic registered letter (L.100 CPCE)"),
        ],
        required=True,
    )
    provider_id = fields.Many2one("account.dunning.provider", required=True, ondelete="restrict")
    fallback_channel_id = fields.Many2one(
        "account.dunning.channel",
        string="Otherwise By",
        ondelete="restrict",
        help="Used when the customer cannot be reached by this channel, or when the delivery fails.",
    )

    def _get_address(self, partner):
        """Where `partner` is reached by this channel, as text; empty when it cannot be."""
        self.ensure_one()
        if self.method in LETTERS:
            has_address = partner.city and (partner.street or partner.street2)
            return partner._display_address(without_company=False).strip() if has_address else ""
        if self.method in REGISTERED_EMAILS and not partner.commercial_partner_id._is_professional():
            return ""  # L.100 CPCE: anybody else must have agreed to it before
        return partner.email_normalized or ""

    def _reachable(self, partner):
        """This channel, or the first of its fallbacks that reaches `partner`; empty when none does."""
        channel, seen = self, self.browse()
        while channel and channel not in seen:
            if channel.active and channel.provider_id._is_usable() and channel._get_address(partner):
                return channel
            seen |= channel
            channel = channel.fallback_channel_id
        return self.browse()

    def _get_way(self, partner):
        """The channel that reaches `partner` (the fields of a company: with_company) and who is reached by it."""
        recipient = partner._get_dunning_recipient()
        channel = self._reachable(recipient)
        return (channel, recipient) if channel else (self._reachable(partner), partner)
