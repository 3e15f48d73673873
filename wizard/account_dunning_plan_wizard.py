from decimal import Decimal
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang

from ..core.instalments import MONTH, WEEK, plan, plus_months


class AccountDunningPlanWizard(models.TransientModel):
    _name = "account.dunning.plan.wizard"
    _description = "Instalment Plan"

    case_id = fields.Many2one("account.dunning.case", string="Customer", required=True)
    item_ids = fields.Many2many(
        "account.dunning.item", string="Items", help="Empty: all items of the customer, oldest first."
    )
    company_id = fields.Many2one(related="case_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    amount = fields.Monetary(
        string="Total",
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="The sum of all instalments.",
    )
    date_first = fields.Date(
        string="First Instalment", required=True, default=lambda self: plus_months(fields.Date.context_today(self), 1)
    )
    count = fields.Integer(string="How Many Instalments", required=True, default=3)
    every = fields.Selection([(MONTH, "Month"), (WEEK, "Week")], required=True, default=MONTH)
    line_ids = fields.One2many(
        "account.dunning.plan.wizard.line",
        "wizard_id",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
        string="Instalments of the Plan",
    )
    document = fields.Binary(string="Signed Document")
    document_name = fields.Char()
    note = fields.Text()

    @api.depends("case_id", "item_ids")
    def _compute_amount(self):
        for wizard in self:
            chosen = wizard.item_ids or wizard.case_id._get_overdue_items()
            wizard.amount = sum(chosen.mapped("amount_claimed"))

    @api.depends("amount", "date_first", "count", "every")
    def _compute_line_ids(self):
        for wizard in self.filtered(lambda wizard: wizard.date_first and wizard.every):
            wizard.line_ids = [
                fields.Command.clear(),
                *(
                    fields.Command.create({"date": one.due, "amount": float(one.amount)})
                    for one in wizard._plan_instalments()
                ),
            ]

    def _plan_instalments(self):
        unit = Decimal(str(self.currency_id.rounding or 0.01))
        total = Decimal(str(self.amount)).quantize(unit)
        return plan(total, self.count, self.date_first, self.every, unit) if total > 0 else ()

    @api.model
    def _open(self, case, items):
        """The dialog for one customer, or of him only for these items."""
        if len(case) != 1:
            raise UserError(self.env._("A plan is made for one customer: choose the invoices of one only."))
        return {
            "name": self.env._("Instalment Plan"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_case_id": case.id,
                "default_item_ids": [fields.Command.set(items.ids)],
            },
        }

    def action_plan(self):
        self.ensure_one()
        self._check_lines()
        agreed = self.env["account.dunning.plan"].create(
            {"case_id": self.case_id.id, "amount": self.amount, "note": self.note}
        )
        agreed.document_id = self._keep_document(agreed)
        self.env["account.dunning.hold"].create([self._prepare_hold_vals(agreed, line) for line in self.line_ids])
        self.case_id.sudo()._finish_tasks("decide")
        return {"type": "ir.actions.act_window_close"}

    def _check_lines(self):
        lines = self.line_ids.sorted("date")
        if not lines:
            raise UserError(self.env._("Enter the total and at least one instalment."))
        if lines[0].date < self.company_id._dunning_today():
            raise UserError(self.env._("The instalment of %s lies in the past.", format_date(self.env, lines[0].date)))
        if any(line.amount <= 0 for line in lines):
            raise UserError(self.env._("Each instalment needs an amount: remove the lines without one."))
        if any(one.date == other.date for one, other in pairwise(lines)):
            raise UserError(self.env._("Two instalments are due on the same day: make one of them."))
        planned = sum(lines.mapped("amount"))
        if self.currency_id.compare_amounts(planned, self.amount):
            raise UserError(
                self.env._(
                    "The instalments make %(planned)s, the total is %(total)s: change one of them.",
                    planned=formatLang(self.env, planned, currency_obj=self.currency_id),
                    total=formatLang(self.env, self.amount, currency_obj=self.currency_id),
                )
            )

    def _keep_document(self, agreed):
        if not self.document:
            return False
        return self.env["ir.attachment"].create(
            {
                "name": self.document_name or self.env._("Signed plan"),
                "datas": self.document,
                "res_model": agreed._name,
                "res_id": agreed.id,
            }
        )

    def _prepare_hold_vals(self, agreed, line):
        return {
            "case_id": self.case_id.id,
            "item_ids": [fields.Command.set(self.item_ids.ids)],
            "plan_id": agreed.id,
            "kind": "promise",
            "date_from": self.company_id._dunning_today(),
            "date_until": line.date,
            "amount": line.amount,
            "document_id": agreed.document_id.id,
            "note": self.note,
        }
