from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import escalation


class AccountDunningPolicy(models.Model):
    _name = "account.dunning.policy"
    _description = "Dunning Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="Empty for a shipped policy: it does nothing until a company uses a copy of it.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    level_ids = fields.One2many("account.dunning.level", "policy_id", string="Levels", copy=True)
    minimum_amount = fields.Monetary(
        help="Nothing is sent while all that the customer owes overdue is less than this, in the company's currency."
    )
    min_days_between_notices = fields.Integer(
        string="Days Between Two Notices", default=7, help="At least so many days pass between two notices."
    )
    only_sent = fields.Boolean(
        string="Only Invoices That Were Sent", help="An invoice that was never sent to the customer is not dunned."
    )
    min_days_after_sending = fields.Integer(
        string="Days After Sending", default=10, help="The clock starts at the earliest so many days after the sending."
    )
    journal_ids = fields.Many2many(
        "account.journal",
        string="General Journals",
        domain=[("type", "=", "general")],
        help="Open items of these general journals are dunned too, such as opening balances.",
    )
    partner_category_ids = fields.Many2many("res.partner.category", string="Customer Tags")
    country_ids = fields.Many2many("res.country", string="Countries")
    debtor_kind = fields.Selection(selection=lambda self: self.env["res.partner"]._get_debtor_kinds())
    call_delay_days = fields.Integer(string="Call After", help="Days after the due date when a call task is made.")
    call_minimum_amount = fields.Monetary(
        string="Call From", help="A call task is made only from this overdue amount on; 0 for no call tasks."
    )

    _delays_not_negative = models.Constraint(
        "CHECK (min_days_between_notices >= 0 AND min_days_after_sending >= 0 AND minimum_amount >= 0)",
        "Days and amounts of a policy must not be negative.",
    )

    def action_use(self):
        """Give the current company its own copy of this shipped policy."""
        self.ensure_one()
        company = self.env.company
        copy = self.copy({"company_id": company.id, "name": self.name})
        if not company.dunning_policy_id:
            company.dunning_policy_id = copy
        return copy._get_records_action()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.level_ids._check_unused()

    def write(self, vals):
        if "company_id" in vals and any(policy.company_id.id not in (False, vals["company_id"]) for policy in self):
            raise UserError(self.env._("A policy stays with its company: copy it for the other company instead."))
        return super().write(vals)

    @api.model
    def _resolve(self, company, partners):
        """{partner: the policy of `company` that applies}: its own, the first that matches, the company's default."""
        candidates = self.sudo().search(Domain("company_id", "=", company.id))
        return {
            partner: partner.dunning_policy_id.filtered("active")
            or candidates.filtered(lambda policy, partner=partner: policy._matches(partner))[:1]
            or company.dunning_policy_id
            for partner in partners.sudo().with_company(company)
        }

    def _has_conditions(self):
        return bool(self.partner_category_ids or self.country_ids or self.debtor_kind)

    def _matches(self, partner):
        """True when this policy has conditions and `partner` meets them all."""
        self.ensure_one()
        return (
            self._has_conditions()
            and (not self.partner_category_ids or bool(self.partner_category_ids & partner.category_id))
            and (not self.country_ids or partner.country_id in self.country_ids)
            and (not self.debtor_kind or (partner.debtor_kind or "consumer") == self.debtor_kind)
        )

    def _to_core(self):
        """The frozen ladder that `core.escalation` decides by."""
        self.ensure_one()
        return escalation.Policy(
            id=self.id,
            levels=tuple(level._to_core() for level in self.level_ids.filtered("active")),
            minimum_amount=Decimal(str(self.minimum_amount)),
            min_days_between_notices=self.min_days_between_notices,
            only_sent=self.only_sent,
            min_days_after_sending=self.min_days_after_sending,
        )
