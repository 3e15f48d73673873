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
    manager_ids = fields.Many2many("res.users", string="Who Approves", compute="_compute_manager_ids")
    by_email = fields.Boolean(string="E-mail", default=True)
    by_letter = fields.Boolean(string="Letters that we print and post", default=True)

    def _has_customers(self, kind):
        return bool(self.env["res.partner"].search_count([("debtor_kind", "=", kind)], limit=1))

    def _get_default_banks(self):
        company = self.env.company
        banks = self.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)])
        return company.sudo().dunning_bank_journal_ids or banks

    def _compute_manager_ids(self):
        group = self.env.ref("account_dunning.group_dunning_manager").sudo()
        for setup in self:
            users = group.all_user_ids.filtered(lambda user, setup=setup: setup.company_id in user.company_ids)
            setup.manager_ids = users.filtered(lambda user: not user.share)

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
        company.write(
            {
                "dunning_bank_journal_ids": [fields.Command.set(self.bank_journal_ids.ids)],
                "dunning_bank_days": self.bank_days,
                "dunning_user_id": self.user_id.id,
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
        if self.bank_days < 0:
            raise UserError(self.env._("Days and numbers must not be negative."))

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
