import re
from collections import defaultdict

from odoo import api, fields, models

from .account_move import READERS

INTERNAL = "base.group_user"  # whoever merges contacts carries these over, the customer in his portal does not see them
SIREN = re.compile(r"^\d{9}(\d{5})?$")


class ResPartner(models.Model):
    _inherit = "res.partner"

    dunning_policy_id = fields.Many2one(
        "account.dunning.policy",
        company_dependent=True,
        string="Dunning Policy",
        domain="[('company_id', 'parent_of', current_company_id)]",
        help="Empty: the first policy whose conditions match, else the company's.",
        groups=INTERNAL,
    )
    dunning_user_id = fields.Many2one(
        "res.users", company_dependent=True, string="Dunning Responsible", groups=INTERNAL
    )
    dunning_contact_id = fields.Many2one(
        "res.partner",
        company_dependent=True,
        string="Dunning Contact",
        help="Reminders go to this person.",
        groups=INTERNAL,
    )
    dunning_approval = fields.Selection(
        [
            ("policy", "As the policy says"),
            ("each", "Approve each notice"),
            ("never", "Never automatically"),
        ],
        company_dependent=True,
        string="Dunning Approval",
        groups=INTERNAL,
    )
    debtor_kind = fields.Selection(
        selection="_get_debtor_kinds",
        compute="_compute_debtor_kind",
        store=True,
        readonly=False,
        help="Proposed from registration number and VAT. Empty is treated as a consumer: no compensation, no fees.",
        groups=INTERNAL,
    )

    dunning_case_count = fields.Integer(
        compute="_compute_dunning_cases", compute_sudo=True, string="Open Cases", groups=READERS
    )
    dunning_amount_overdue = fields.Monetary(
        compute="_compute_dunning_cases",
        compute_sudo=True,
        string="Overdue",
        help="Of all open cases in this company, in its currency at today's rate.",
        groups=READERS,
    )

    @api.model
    def _get_debtor_kinds(self):
        return [
            ("business", self.env._("Business")),
            ("consumer", self.env._("Consumer")),
            ("public", self.env._("Public body")),
        ]

    @api.depends("is_company", "vat", "company_registry", "parent_id")
    def _compute_debtor_kind(self):
        for partner in self:
            partner.debtor_kind = partner.debtor_kind or partner._propose_debtor_kind()

    def _is_professional(self):
        return self.debtor_kind in ("business", "public")

    def _propose_debtor_kind(self):
        """Public bodies of France have a SIREN that begins with 1 or 2 (INSEE, Sirene: legal category 7)."""
        number = re.sub(r"\s", "", self.company_registry or "")
        if SIREN.match(number):
            return "public" if number[0] in "12" else "business"
        if self.vat and self.is_company:
            return "business"
        return False

    @api.depends_context("company")
    def _compute_dunning_cases(self):
        company = self.env.company
        domain = [("partner_id", "in", self.commercial_partner_id.ids), ("state", "=", "open")]
        groups = self.env["account.dunning.case"]._read_group(
            [*domain, ("company_id", "=", company.id)], ["partner_id", "currency_id"], ["__count", "amount_overdue:sum"]
        )
        counts, amounts = defaultdict(int), defaultdict(float)
        for customer, currency, count, amount in groups:
            counts[customer] += count
            amounts[customer] += currency._convert(amount, company.currency_id, company, company._dunning_today())
        for partner in self:
            partner.dunning_case_count = counts[partner.commercial_partner_id]
            partner.dunning_amount_overdue = amounts[partner.commercial_partner_id]

    def action_open_dunning_cases(self):
        self.ensure_one()
        cases = self.env["account.dunning.case"].search([("partner_id", "=", self.commercial_partner_id.id)])
        opened = cases.filtered(lambda case: case.state == "open")
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_case_action")
        if len(opened) == 1:
            return {**action, "views": [(False, "form")], "res_id": opened.id}
        return {**action, "domain": [("id", "in", cases.ids)]}

    def _get_dunning_address(self):
        """Name and postal address as they stand on a letter; Odoo's own format names companies only."""
        lines = [self.name or "", *self._display_address(without_company=True).splitlines()]
        return "\n".join(line.strip() for line in lines if line.strip())

    def _get_dunning_recipient(self):
        """Who gets the mail: dunning contact, else invoice contact, else the company's own address."""
        self.ensure_one()
        contact = self.dunning_contact_id.filtered("active")
        if contact.email_normalized:
            return contact
        invoice_contact = self.browse(self.address_get(["invoice"])["invoice"]).filtered("active")
        return invoice_contact if invoice_contact.email_normalized else self
