from odoo import api, fields, models


class ResCompanyReceipts(models.Model):
    """The address to which receipts are forwarded."""

    _inherit = "res.company"

    dunning_receipt_alias_id = fields.Many2one(
        "mail.alias",
        string="Address for Receipts",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups="account_dunning.group_dunning_user,base.group_system",
    )
    dunning_receipt_alias = fields.Char(
        string="Name of the Address for Receipts",
        compute="_compute_dunning_receipt_alias",
        inverse="_inverse_dunning_receipt_alias",
        compute_sudo=True,
        help="What stands before the @. Receipts that are forwarded there are kept as proofs; nobody gets an answer.",
        groups="account_dunning.group_dunning_user,base.group_system",
    )
    dunning_receipt_domain = fields.Char(
        compute="_compute_dunning_receipt_alias",
        compute_sudo=True,
        groups="account_dunning.group_dunning_user,base.group_system",
    )

    @api.depends("dunning_receipt_alias_id.alias_name", "dunning_receipt_alias_id.alias_domain_id", "alias_domain_id")
    def _compute_dunning_receipt_alias(self):
        for company in self:
            alias = company.dunning_receipt_alias_id
            company.dunning_receipt_alias = alias.alias_name
            company.dunning_receipt_domain = (alias.alias_domain_id or company.alias_domain_id).name

    def _inverse_dunning_receipt_alias(self):
        for company in self:
            company._name_receipt_alias((company.dunning_receipt_alias or "").partition("@")[0].strip())

    def _name_receipt_alias(self, name):
        alias = self.sudo().dunning_receipt_alias_id
        if not name:
            self.dunning_receipt_alias_id = False
            alias.unlink()
        elif alias:
            alias.alias_name = name
        else:
            self.dunning_receipt_alias_id = self.env["mail.alias"].sudo().create(self._prepare_receipt_alias_vals(name))

    def _prepare_receipt_alias_vals(self, name):
        """Its model is only named: the gateway hands nothing on to it (see account.dunning.receipt.mail)."""
        return {
            "alias_name": name,
            "alias_domain_id": self.sudo().alias_domain_id.id,
            "alias_model_id": self.env["ir.model"].sudo()._get_id("account.dunning.case"),
            "alias_contact": "everyone",
        }
