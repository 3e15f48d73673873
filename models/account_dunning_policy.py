from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..core import escalation
from .placeholders import get_unknown

LAW_OF_SHIPPED_TEXTS = "FR"


class Conditions(NamedTuple):
    """Whom a policy applies to; empty ones are met by everybody, a policy without any applies to nobody
    unless it is a company's default."""

    policy_id: int
    tags: frozenset = frozenset()
    countries: frozenset = frozenset()
    kind: str = ""
    is_default: bool = False

    def are_met(self, facts, kind):
        return self.is_default or (
            bool(self.tags or self.countries or self.kind)
            and (not self.tags or bool(self.tags.intersection(facts["tags"])))
            and (not self.countries or facts["country_id"] in self.countries)
            and (not self.kind or kind == self.kind)
        )


class AccountDunningPolicy(models.Model):
    _name = "account.dunning.policy"
    _description = "Dunning Policy"
    _inherit = "account.dunning.ladder"
    _order = "sequence, id"
    _check_company_domain = models.check_company_domain_parent_of

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
    interest_contract_rate = fields.Float(
        string="Contract Interest",
        digits=(16, 3),
        help="Percent a year that your terms of sale name for late payment; 0 for the legal rate. It is printed once "
        "interest is claimed.",
    )
    call_delay_days = fields.Integer(string="Call After", help="Days after the due date when a call task is made.")
    call_minimum_amount = fields.Monetary(
        string="Call From", help="A call task is made only from this overdue amount on; 0 for no call tasks."
    )

    call_script = fields.Text(
        translate=True, string="What to Say", help="Shown to whoever calls: a few words, facts and no threats."
    )
    obligation = fields.Char(
        translate=True,
        string="Nature of the Debt",
        help="What the customer owes and from what it follows, as a formal notice names it: the price of goods "
        "delivered under the orders that the invoices name.",
    )
    broken_promise_reaction = fields.Selection(
        [
            ("call", "Call the customer"),
            ("next_level", "Next level at once"),
            ("decide", "Decide by hand"),
        ],
        required=True,
        default="call",
        string="When a Promise Is Broken",
        help="A task to call or to decide, or the next level as soon as the days between two notices allow, without "
        "the delay of that level.",
    )

    _delays_not_negative = models.Constraint(
        "CHECK (min_days_between_notices >= 0 AND min_days_after_sending >= 0 AND minimum_amount >= 0)",
        "Days and amounts of a policy must not be negative.",
    )
    _interest_contract_rate_sane = models.Constraint(
        "CHECK (interest_contract_rate BETWEEN 0 AND 100)", "Contract interest lies between 0 and 100 percent a year."
    )

    def action_use(self):
        """Give the current company its own copy of this shipped policy, archived levels included."""
        self.ensure_one()
        company = self.env.company
        source = self.with_context(active_test=False)
        copy = source.copy({"company_id": company.id})
        for lang, name in self._get_names().items():
            copy.with_context(lang=lang).name = name
        if company.account_fiscal_country_id.code != LAW_OF_SHIPPED_TEXTS:
            copy.with_context(active_test=False).level_ids._forget_law()
        if not company.dunning_policy_id and self.debtor_kind == "consumer":
            company.dunning_policy_id = copy  # whoever is of no known kind is treated as a consumer
        return copy._get_records_action()

    def _get_names(self):
        return {code: self.with_context(lang=code).name for code, _name in self.env["res.lang"].get_installed()}

    @api.constrains("debtor_kind")
    def _check_wording(self):
        self.level_ids._check_texts()

    @api.constrains("obligation")
    def _check_obligation(self):
        """In every language: an unknown placeholder would be printed as it stands."""
        for code, _name in self.env["res.lang"].get_installed():
            for policy in self.with_context(lang=code):
                if unknown := get_unknown([policy.obligation]):
                    raise ValidationError(self.env["account.dunning.level"]._say_unknown(unknown))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.level_ids._check_unused()

    def write(self, vals):
        if "company_id" in vals and any(policy.company_id.id not in (False, vals["company_id"]) for policy in self):
            raise UserError(self.env._("A policy stays with its company: copy it for the other company instead."))
        return super().write(vals)

    # === Which policy applies === #

    @api.model
    def _resolve(self, company, partners):
        """{partner: the policy of `company` that applies}: its own, the first that matches, the company's default."""
        return {
            partner: self.browse(self._resolve_row(company.id, self._get_facts(partner.with_company(company))))
            for partner in partners.sudo()
        }

    @api.model
    def _get_facts(self, partner):
        return {
            "partner_policy_id": partner.dunning_policy_id.id,
            "tags": partner.category_id.ids,
            "country_id": partner.country_id.id,
            "debtor_kind": partner.debtor_kind,
        }

    @api.model
    def _resolve_row(self, company_id, facts):
        """The id of the policy for what `facts` says: the invoice's own, the customer's own, else by conditions.

        An own policy that was archived or is another company's does not count.
        """
        active, conditions = self._get_candidates(company_id)
        for own in (facts.get("move_policy_id"), facts["partner_policy_id"]):
            if own in active:
                return own
        kind = facts["debtor_kind"] or "consumer"
        return next((one.policy_id for one in conditions if one.are_met(facts, kind)), None)

    @api.model
    @tools.ormcache("company_id")
    def _get_candidates(self, company_id):
        """(ids of active policies, conditions in their order with the defaults), read once until one changes.

        A branch uses its own policies first, then those of its parent.
        """
        companies = self.env["res.company"].sudo().browse(company_id).parent_ids
        policies = self.sudo().search([("company_id", "in", companies.ids)])
        conditions = []
        for company in reversed(companies):
            conditions += [policy._get_conditions() for policy in policies if policy.company_id == company]
            if default := company.dunning_policy_id.filtered("active"):
                conditions.append(Conditions(default.id, is_default=True))
        return frozenset(policies.ids), tuple(conditions)

    def _get_conditions(self):
        return Conditions(
            self.id,
            frozenset(self.partner_category_ids.ids),
            frozenset(self.country_ids.ids),
            self.debtor_kind or "",
        )

    @api.model
    @tools.ormcache("policy_id")
    def _get_core(self, policy_id):
        """The frozen ladder that `core.escalation` decides by, made once until the policy changes."""
        return self.sudo().browse(policy_id)._to_core()

    @api.model
    @tools.ormcache("policy_id")
    def _get_journal_ids(self, policy_id):
        return frozenset(self.sudo().browse(policy_id).journal_ids.ids)

    def _to_core(self):
        self.ensure_one()
        return escalation.Policy(
            id=self.id,
            levels=tuple(level._to_core() for level in self.level_ids.filtered("active")),
            minimum_amount=Decimal(str(self.minimum_amount)),
            min_days_between_notices=self.min_days_between_notices,
            only_sent=self.only_sent,
            min_days_after_sending=self.min_days_after_sending,
        )
