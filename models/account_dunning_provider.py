import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..delivery import ONLY_FOR_TESTS, PROVIDERS

WEBHOOK = "/account_dunning/webhook"


class AccountDunningProvider(models.Model):
    _name = "account.dunning.provider"
    _description = "Dunning Delivery Provider"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company")
    code = fields.Selection(selection="_selection_code", required=True)
    state = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("enabled", "Enabled")], required=True, default="disabled"
    )
    credentials = fields.Json(groups="base.group_system", copy=False)
    needs_credentials = fields.Boolean(compute="_compute_needs_credentials")
    address = fields.Char(
        compute="_compute_address",
        inverse="_inverse_address",
        groups="base.group_system",
        help="The web address of the service, as the service tells it.",
    )
    token = fields.Char(
        compute="_compute_token",
        inverse="_inverse_token",
        groups="base.group_system",
        help="Kept, and never shown again. Enter another one to replace it.",
    )
    has_token = fields.Boolean(compute="_compute_token", groups="base.group_system", string="A Token Is Kept")
    stopped_reason = fields.Char(
        string="Stopped", readonly=True, copy=False, help="Why nothing goes by this provider until somebody has acted."
    )
    paused_until = fields.Datetime(readonly=True, copy=False, help="The service asked us to wait.")
    webhook_key = fields.Char(copy=False, groups="base.group_system", readonly=True)
    webhook_url = fields.Char(
        string="Address for News",
        compute="_compute_webhook_url",
        groups="base.group_system",
        help="Give it to the service: news are fetched at once instead of within the hour. Whoever knows it can make "
        "us look, and no more.",
    )

    _webhook_key_unique = models.UniqueIndex("(webhook_key) WHERE webhook_key IS NOT NULL", "This key is already used.")

    @api.model
    def _selection_code(self):
        return [(code, adapter.label) for code, adapter in PROVIDERS.items()]

    @api.depends("code")
    def _compute_needs_credentials(self):
        for provider in self:
            provider.needs_credentials = bool(provider.code and PROVIDERS[provider.code].credentials)

    @api.depends("webhook_key")
    def _compute_webhook_url(self):
        for provider in self:
            path = f"{WEBHOOK}/{provider.webhook_key}"
            provider.webhook_url = provider.get_base_url() + path if provider.webhook_key else False

    @api.constrains("code", "state")
    def _check_tests_only(self):
        for provider in self:
            if provider.code in ONLY_FOR_TESTS and provider.state == "enabled":
                raise ValidationError(
                    self.env._(
                        "%s is for tests: what it sends reaches nobody. Set it to Test, not to Enabled.", provider.name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        providers = super().create(vals_list)
        for provider in providers.filtered("needs_credentials"):
            provider.sudo().webhook_key = secrets.token_urlsafe(32)
        return providers

    # === Credentials: they go in and do not come out === #

    @api.depends("credentials")
    def _compute_address(self):
        for provider in self:
            provider.address = (provider.credentials or {}).get("address", "")

    @api.depends("credentials")
    def _compute_token(self):
        for provider in self:
            provider.token = ""
            provider.has_token = bool((provider.credentials or {}).get("token"))

    def _inverse_address(self):
        for provider in self:
            provider._keep_credential("address", (provider.address or "").strip())

    def _inverse_token(self):
        for provider in self.filtered("token"):
            provider._keep_credential("token", provider.token.strip())

    def _keep_credential(self, name, value):
        self.credentials = {**(self.credentials or {}), name: value}

    def write(self, vals):
        """Other credentials, or another state: the provider is tried again."""
        if vals.keys() & {"credentials", "address", "token", "state"}:
            vals = {"stopped_reason": False, "paused_until": False, **vals}
        return super().write(vals)

    # === May it be used? === #

    def _is_usable(self):
        """A provider in test serves channels of databases for demonstrations and tests, nowhere else."""
        if self.state != "test":
            return self.state == "enabled"
        return self.env["res.company"]._dunning_is_trial()

    @api.model
    def _get_callable(self):
        """The providers that may be called now."""
        found = self.sudo().search([("state", "!=", "disabled"), ("stopped_reason", "=", False)])
        return found.filtered(lambda provider: provider._may_be_called())

    def _may_be_called(self):
        waits = self.paused_until and self.paused_until > fields.Datetime.now()
        return self._is_usable() and not self.stopped_reason and not waits

    def _get_adapter(self):
        """The adapter of `delivery/` that speaks for this account; extensions override it for their codes."""
        self.ensure_one()
        adapter = PROVIDERS[self.code]
        known = self.sudo().credentials or {}
        return adapter(**{name: known.get(name, "") for name in adapter.credentials})

    # === What the service said of all we send === #

    def _stop(self, reason):
        """Nothing goes by this provider until somebody has entered other credentials; form and desk say so."""
        self.sudo().stopped_reason = reason

    def _tell_stopped(self):
        """In the last run of each company that it serves; apart from the stop, for a night may be writing there."""
        if not self.stopped_reason:
            return
        companies = self.env["res.company"].sudo().search([("dunning_mode", "!=", "off")])
        for company in companies.filtered(lambda one: self.company_id in (self.company_id.browse(), one)):
            self.env["account.dunning.run"]._tell(company, [self._say_stopped()])
        self.env["ir.cron"]._commit_progress()

    def _say_stopped(self):
        return self.env._("%(provider)s is stopped: %(reason)s", provider=self.name, reason=self.stopped_reason)

    @api.model
    def _get_stopped(self, companies):
        """Those by which nothing goes for `companies` until somebody acts."""
        domain = [("stopped_reason", "!=", False), ("state", "!=", "disabled")]
        found = self.sudo().search([*domain, ("company_id", "in", [False, *companies.ids])])
        return found.filtered(lambda provider: provider._is_usable())

    def _pause(self, seconds):
        self.sudo().paused_until = fields.Datetime.now() + timedelta(seconds=seconds)

    def action_try_again(self):
        self.check_access("write")
        self.sudo().write({"stopped_reason": False, "paused_until": False})
        return True

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_webhook_event_action")
        return {**action, "domain": [("provider_id", "=", self.id)]}
