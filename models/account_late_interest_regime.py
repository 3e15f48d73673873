from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import compensation, interest, limitation, rates
from .account_late_interest_rate import CONFIDENCES, REFERENCES


def to_decimal(amount):
    return Decimal(str(amount or 0))


class AccountLateInterestRegime(models.Model):
    """What the law of a country says of late payment by a kind of debtor. The same for all companies: no company."""

    _name = "account.late.interest.regime"
    _description = "Late Interest Regime"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(string="Regime Code", required=True)
    active = fields.Boolean(default=True, help="An archived regime is not used.")
    sequence = fields.Integer(default=10, aggregator=None)
    country_id = fields.Many2one(
        "res.country",
        help="The country of the law. Empty: the minimum of the European directive, "
        "for states of the euro area without a regime of their own.",
    )
    debtor_kind = fields.Selection(selection="_get_debtor_kinds", required=True)
    law = fields.Char(required=True, translate=True, help="As letters name it.")
    reference = fields.Selection(REFERENCES, string="Published Rate")
    margin = fields.Float(aggregator=None, digits=(6, 2), string="Points Added")
    step = fields.Float(
        aggregator=None,
        digits=(6, 2),
        string="Rounded Up To",
        help="The sum is rounded up to a multiple of this: Belgium, half a point.",
    )
    pinned = fields.Boolean(
        string="One Rate for the Whole Delay",
        help="The rate of the half-year in which interest began to run. Otherwise each half-year has its own.",
    )
    fixed_percent = fields.Float(
        aggregator=None,
        digits=(6, 2),
        string="Fixed Percent",
        help="Where the law names a rate instead of a published one.",
    )
    floor_reference = fields.Selection(
        REFERENCES,
        string="Least Contract Rate Of",
        help="A rate agreed in the contract is raised to a multiple of this one. It does not bind the rate of the law.",
    )
    floor_multiple = fields.Float(aggregator=None, digits=(6, 2), default=1, string="Times")
    day_count = fields.Selection(
        [(interest.ACT_365, "Days / 365"), (interest.THIRTY_360, "30 / 360")], required=True, default=interest.ACT_365
    )
    is_compound = fields.Boolean(
        string="Compounds Yearly", help="Interest owed for a whole year bears interest itself: the Netherlands."
    )
    starts_at = fields.Selection(
        [("due_date", "The day after the due date"), ("formal_notice", "The day after a formal notice was served")],
        required=True,
        default="due_date",
        string="Interest From",
    )
    limitation_years = fields.Integer(
        string="Limitation Years",
        aggregator=None,
        help="Years in which a claim can be brought to court; 0 where they are not known.",
    )
    limitation_by_year = fields.Boolean(
        string="Calendar Years",
        help="The years begin on 1 January after the claim arose, and a written demand begins them anew: French public "
        "bodies. Otherwise they begin on the day after the due date, and no letter begins them anew.",
    )
    compensation_ids = fields.One2many(
        "account.late.interest.compensation", "regime_id", string="Fixed Compensation", copy=True
    )
    currency_id = fields.Many2one("res.currency", required=True, help="Of the fixed compensation.")
    source = fields.Char(string="Legal Source")
    confidence = fields.Selection(CONFIDENCES, required=True, default="verified")
    note = fields.Text(translate=True)

    _limitation_sane = models.Constraint(
        "CHECK (limitation_years BETWEEN 0 AND 100)", "Limitation is between 0 and 100 years."
    )
    _one_per_code = models.UniqueIndex("(code)", "This code is already used.")
    _one_per_law = models.UniqueIndex(
        "(COALESCE(country_id, 0), debtor_kind) WHERE active",
        "This country already has an active regime for this kind of debtor.",
    )

    @api.model
    def _get_debtor_kinds(self):
        return self.env["res.partner"]._get_debtor_kinds()

    @api.constrains("reference", "fixed_percent")
    def _check_rate(self):
        for regime in self:
            if bool(regime.reference) == bool(regime.fixed_percent):
                raise ValidationError(
                    self.env._("%s: enter either a published rate or a fixed percent, not both.", regime.name)
                )

    # === Which law === #

    @api.model
    def _resolve(self, company, partners, law=None):
        """{commercial partner: the regime, empty where none is known}, in a constant number of queries.

        `law`: the country whose law the contract or the policy names; else that of `company`. Without a choice the
        seller's country governs for businesses and public bodies, the debtor's for consumers.
        """
        by_law = self._get_by_law()
        chosen = law or company.sudo().dunning_law_country_id
        laws = {customer: self._choose(chosen, company, customer) for customer in partners.commercial_partner_id}
        regimes = {one: self._find(by_law, *one) for one in set(laws.values())}
        return {customer: regimes[one] for customer, one in laws.items()}

    @api.model
    def _get_by_law(self):
        return {(one.country_id, one.debtor_kind): one for one in self.sudo().search([]).sudo(False)}

    @api.model
    def _choose(self, chosen, company, customer):
        """(country of the law, kind of debtor)"""
        kind = customer.sudo().debtor_kind or "consumer"
        return chosen or (customer if kind == "consumer" else company.partner_id).sudo().country_id, kind

    @api.model
    def _find(self, by_law, country, kind):
        regime = by_law.get((country, kind)) if country else None
        if not regime and self._is_bound_by_directive(country):
            regime = by_law.get((self.env["res.country"], kind))
        return regime or self.browse()

    @api.model
    def _get_of_company(self, company):
        """The regimes of the law that governs the company's own contracts."""
        country = company.dunning_law_country_id or company.partner_id.country_id
        by_law = self._get_by_law()
        return self.union(*(self._find(by_law, country, kind) for kind, _label in self._get_debtor_kinds()))

    @api.model
    def _is_bound_by_directive(self, country):
        """The directive's minimum takes the ECB's rate, other than that of states with a currency of their own."""
        union = self.env.ref("base.europe", raise_if_not_found=False)
        return bool(union) and country in union.sudo().country_ids and country.currency_id.name == "EUR"

    # === What the engine reads === #

    def _get_core_rate(self, contract_percent=0):
        """An object with get_pieces(start, end), see core.rates: the contract's rate if one is given, else the law's.

        A contract binds businesses only: with public bodies and consumers the law's rate applies.
        """
        self.ensure_one()
        if contract_percent and self.debtor_kind == "business":
            return self._get_contract_rate(contract_percent)
        if not self.reference:
            return rates.ContractRate(to_decimal(self.fixed_percent), source=self.law or "")
        return rates.StatutoryRate(
            self._get_reference_rate(self.reference),
            to_decimal(self.margin),
            to_decimal(self.step) or None,
            self.pinned,
        )

    def _get_contract_rate(self, percent):
        floor = self._get_reference_rate(self.floor_reference) if self.floor_reference else None
        return rates.ContractRate(to_decimal(percent), floor, to_decimal(self.floor_multiple), self.env._("Contract"))

    def _get_reference_rate(self, reference):
        return self.env["account.late.interest.rate"]._get_reference_rate(reference)

    def _get_accrual_terms(self):
        """The keyword arguments of core.interest.accrue that are the law's."""
        self.ensure_one()
        return {"day_count": self.day_count, "compound": self.is_compound}

    def _get_limitation_term(self):
        """None for no regime, and where its years are not known."""
        if not self.limitation_years:
            return None
        return limitation.Term(self.limitation_years, self.limitation_by_year)

    def _get_compensation(self, debt, **facts):
        """(Decimal, reason) in the regime's currency for one late invoice; `facts`: see core.compensation."""
        self.ensure_one()
        tiers = [
            compensation.Tier(to_decimal(one.amount_from), to_decimal(one.amount)) for one in self.compensation_ids
        ]
        return compensation.compensate(tiers, self.debtor_kind, debt, **facts)
