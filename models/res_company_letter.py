from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_window = fields.Selection(
        [("right", "Right, as in France"), ("left", "Left, as in Germany (DIN 5008, form B)")],
        required=True,
        default=lambda self: self._get_default_window(),
        string="Envelope Window",
        help="Where the address stands on a dunning letter, so that it shows in the window of a DL envelope.",
    )
    dunning_signatory = fields.Char(
        string="Signs Formal Notices", help="First and last name of who signs formal notices for the company."
    )
    dunning_signatory_role = fields.Char(
        string="Signs As", help="What gives the right to sign, such as chief executive or head of accounting."
    )
    dunning_signature = fields.Image(
        string="Signature",
        max_width=800,
        max_height=300,
        groups="account_dunning.group_dunning_manager,base.group_system",
        help="A picture of the signature, printed on formal notices.",
    )

    @api.model
    def _get_default_window(self):
        return "left" if self.env.company.country_id.code in ("DE", "AT", "CH", "LI") else "right"

    def _get_dunning_bank(self):
        """The account that letters name: the first trusted one, of a branch its own or its parent's."""
        self.ensure_one()
        for company in reversed(self.sudo().parent_ids):
            if trusted := company.partner_id.bank_ids.filtered("allow_out_payment"):
                return trusted[:1]
        return self.env["res.partner.bank"]

    def _get_dunning_signing_company(self):
        """Whose signatory signs: the company's own, of a branch without one its parent's."""
        self.ensure_one()
        companies = reversed(self.sudo().parent_ids)
        return next((company for company in companies if company.dunning_signatory), self)

    def _takes_dunning_payments_online(self):
        """Whether a customer who follows the address of his invoice can pay there."""
        providers = self.env["payment.provider"].sudo()
        return bool(providers.search_count([("company_id", "=", self.id), ("state", "=", "enabled")], limit=1))
