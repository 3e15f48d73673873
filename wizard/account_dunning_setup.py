from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

KINDS = ("business", "consumer", "public")


class AccountDunningSetup(models.TransientModel):
    _name = "account.dunning.setup"
    _description = "Dunning Set-up"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, readonly=True)
    mode = fields.Selection(related="company_id.dunning_mode", related_sudo=False)
    has_business = fields.Boolean(string="Businesses", default=lambda self: self._has_customers("business"))
    has_consumer = fields.Boolean(
        string="Consumers",
        default=True,
        help="Also for customers of whom neither SIREN nor VAT number is known: they are treated as consumers.",
    )
    has_public = fields.Boolean(string="Public bodies", default=lambda self: self._has_customers("public"))
    bank_journal_ids = fields.Many2many(
        "account.journal",
        string="Banks",
        domain="[('type', '=', 'bank'), ('company_id', '=', company_id)]",
        default=lambda self: self._get_default_banks(),
    )
    bank_days = fields.Integer(
        string="Working Days a Bank May Be Late", default=lambda self: self.env.company.dunning_bank_days
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self.env.company.dunning_user_id or self.env.user,
    )
    approver_id = fields.Many2one(
        "res.users",
        string="Approves",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self.env.company.dunning_approver_id or self.env.user,
        help="Gets the tasks to approve; an administrator who chooses somebody here gives the right to approve too.",
    )
    second_approval_amount = fields.Monetary(
        string="Two People From", default=lambda self: self.env.company.dunning_second_approval_amount
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    interest = fields.Selection(
        [("legal", "The legal rate"), ("contract", "A rate in our terms of sale")],
        string="Late Interest",
        required=True,
        default=lambda self: "contract" if self._get_default_rate() else "legal",
    )
    interest_contract_rate = fields.Float(
        string="Percent a Year", digits=(16, 3), default=lambda self: self._get_default_rate()
    )
    by_email = fields.Boolean(string="E-mail", default=True)
    by_letter = fields.Boolean(string="Letters that we print and post", default=True)

    def _has_customers(self, kind):
        return bool(self.env["res.partner"].search_count([("debtor_kind", "=", kind)], limit=1))

    def _get_default_banks(self):
        company = self.env.company
        banks = self.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)])
        return company.sudo().dunning_bank_journal_ids or banks

    def _get_default_rate(self):
        policies = self.env["account.dunning.policy"].search([("company_id", "=", self.env.company.id)])
        return max(policies.mapped("interest_contract_rate"), default=0)

    @api.depends("company_id")
    def _compute_display_name(self):
        self.display_name = self.env._("Set-up")

    # === The end of the five questions === #

    def action_finish(self):
        """Policies, banks and the responsible of the company as answered; then what tonight's night would do."""
        self.ensure_one()
        self._check()
        company = self.company_id.sudo()
        self._use_policies()
        self._set_interest()
        self._let_approve()
        company.write(
            {
                "dunning_bank_journal_ids": [fields.Command.set(self.bank_journal_ids.ids)],
                "dunning_bank_days": self.bank_days,
                "dunning_user_id": self.user_id.id,
                "dunning_approver_id": self.approver_id.id,
                "dunning_second_approval_amount": self.second_approval_amount,
            }
        )
        if company.dunning_mode == "off":
            company.dunning_mode = "simulate"
        return self.env["account.dunning.dry.run"].action_tonight()

    def _check(self):
        if self.company_id != self.env.company:
            raise AccessError(self.env._("Switch to %s first.", self.company_id.sudo().name))
        if not any(self[f"has_{kind}"] for kind in KINDS):
            raise UserError(self.env._("Say who your customers are."))
        if not self.by_email and not self.by_letter:
            raise UserError(self.env._("Choose at least one way to reach your customers."))
        if self.interest == "contract" and not 0 < self.interest_contract_rate <= 100:
            raise UserError(self.env._("Enter the rate of your terms of sale in percent a year, such as 10."))
        if self.bank_days < 0 or self.second_approval_amount < 0:
            raise UserError(self.env._("Days and numbers must not be negative."))

    def _set_interest(self):
        """Public bodies owe the legal rate whatever the terms of sale say."""
        rate = self.interest_contract_rate if self.interest == "contract" else 0
        policies = self.env["account.dunning.policy"].sudo().search([("company_id", "=", self.company_id.id)])
        policies.filtered(lambda policy: policy.debtor_kind != "public").interest_contract_rate = rate

    def _let_approve(self):
        """Whoever is named has the right to approve, or an administrator gives it now."""
        manager = "account_dunning.group_dunning_manager"
        if not self.approver_id or self.approver_id.has_group(manager):
            return
        if not self.env.user.has_group("base.group_erp_manager"):
            raise UserError(
                self.env._(
                    "%s may not approve notices: "
                    "an administrator gives the right Dunning: Manager under Settings, Users.",
                    self.approver_id.name,
                )
            )
        self.approver_id.sudo().group_ids |= self.env.ref(manager)

    def _use_policies(self):
        """A copy of each shipped policy that is asked for and that the company does not have yet."""
        policies = self.env["account.dunning.policy"].sudo().with_company(self.company_id)
        for kind in KINDS:
            domain = [("company_id", "=", self.company_id.id), ("debtor_kind", "=", kind)]
            shipped = self.env.ref(f"account_dunning.policy_{kind}", raise_if_not_found=False)
            if self[f"has_{kind}"] and shipped and not policies.search_count(domain, limit=1):
                shipped.sudo().with_company(self.company_id).action_use()
                self._choose_channels(policies.search(domain, limit=1))

    def _choose_channels(self, policy):
        """Reminders by what was chosen; formal notices stay registered letters."""
        email, letter = (self.env.ref(f"account_dunning.channel_{name}") for name in ("email", "letter"))
        levels = policy.with_context(active_test=False).level_ids
        if not self.by_email:
            levels.filtered(lambda level: level.channel_id == email).channel_id = letter
        unused = (email if not self.by_email else email.browse()) | (letter if not self.by_letter else letter.browse())
        for level in levels:
            level.copy_channel_ids -= unused | level.channel_id
