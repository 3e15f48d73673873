from odoo import api, fields, models
from odoo.tools.misc import format_date


class AccountDunningPlan(models.Model):
    """A debt paid in instalments: one promise each. One that is broken breaks the plan."""

    _name = "account.dunning.plan"
    _description = "Instalment Plan"
    _order = "date desc, id desc"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    date = fields.Date(string="Agreed On", required=True, default=fields.Date.context_today)
    user_id = fields.Many2one("res.users", string="By", required=True, default=lambda self: self.env.user)
    amount = fields.Monetary(string="Total", readonly=True)
    hold_ids = fields.One2many("account.dunning.hold", "plan_id", string="Instalments", readonly=True)
    document_id = fields.Many2one("ir.attachment", string="Signed Document", readonly=True)
    document = fields.Binary(related="document_id.datas", string="Document")
    document_name = fields.Char(related="document_id.name")
    note = fields.Text()
    state = fields.Selection(
        [("active", "Running"), ("kept", "Fulfilled"), ("broken", "Defaulted"), ("lifted", "Withdrawn")],
        required=True,
        default="active",
        readonly=True,
        index=True,
    )

    @api.depends("case_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for plan in self:
            shown = plan.case_id.display_name, plan.date and format_date(self.env, plan.date)
            plan.display_name = " · ".join(part for part in shown if part)

    def action_lift(self):
        self.hold_ids.action_lift()

    def _follow(self, outcome):
        """Instalments of these plans have ended so: one that is broken breaks the plan, the last one ends it."""
        for plan in self.filtered(lambda plan: plan.state == "active"):
            if outcome == "broken":
                plan._break()
            elif all(hold.state == "ended" for hold in plan.hold_ids):
                plan.state = outcome

    def _break(self):
        self.state = "broken"
        self.hold_ids.filtered(lambda hold: hold.state == "active")._end("broken")
        self.hold_ids[:1]._react(self.env._("An instalment of the plan was not paid"))
