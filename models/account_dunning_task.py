from datetime import timedelta

from odoo import api, fields, models

from ..core.escalation import END_OF_LADDER
from .account_dunning_channel import LETTERS

WORKING_DAYS_TO_APPROVE = WORKING_DAYS_TO_POST = 3
WORKING_DAYS_BEFORE_EXPIRY = 10


class AccountDunningTask(models.Model):
    _name = "account.dunning.task"
    _description = "Dunning Task"
    _order = "date_due, id"
    _rec_name = "kind"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    amount_overdue = fields.Monetary(related="case_id.amount_overdue")
    explanation = fields.Char(related="case_id.explanation", string="Where It Stands")
    phone = fields.Char(related="partner_id.phone")
    call_script = fields.Char(compute="_compute_call_script", compute_sudo=True, string="What to Say")
    last_outcome = fields.Selection(
        selection=lambda self: self.env["account.dunning.contact"]._fields["outcome"]._description_selection(self.env),
        compute="_compute_last_outcome",
        compute_sudo=True,
        string="Last Outcome",
    )
    kind = fields.Selection(
        [
            ("call", "Call the customer"),
            ("find_address", "Find an address"),
            ("decide", "Decide how to go on"),
            ("approve", "Approve a notice"),
            ("post_letter", "Post a letter"),
            ("settle_delivery", "Settle an uncertain delivery"),
            ("review", "Look at a debt that came back"),
            ("send_invoice", "Send the invoice"),
            ("find_payment", "Look for a payment on its way"),
            ("correct", "Correct an invoice or an entry"),
            ("declare_claim", "Declare the claim"),
            ("tell_lawyer", "Tell the lawyer of a payment"),
        ],
        required=True,
    )
    date_due = fields.Date(required=True)
    user_id = fields.Many2one("res.users", string="Owner")
    note = fields.Char()
    state = fields.Selection([("open", "Open"), ("done", "Done")], required=True, default="open")
    date_done = fields.Date(readonly=True)

    _one_open = models.UniqueIndex("(case_id, kind) WHERE state = 'open'", "This task is already open on the case.")

    @api.depends("case_id")
    @api.depends_context("lang")
    def _compute_call_script(self):
        scripts = {case: case._get_policy().call_script for case in self.case_id}
        for task in self:
            task.call_script = scripts.get(task.case_id)

    @api.depends("case_id.contact_ids.outcome", "case_id.contact_ids.date")
    def _compute_last_outcome(self):
        for task in self:
            task.last_outcome = task.case_id.contact_ids.filtered("outcome")[:1].outcome

    # === What the night asks for === #

    @api.model
    def _raise_all(self, company):
        today = company._dunning_today()
        self._raise_decisions(company, today)
        self._raise_calls(company, today)
        self._raise_approvals(company, today)
        self._raise_postings(company, today)
        self.env["account.dunning.hold"]._report_to_lawyers(company)

    @api.model
    def _raise_decisions(self, company, today):
        """The end of the ladder is never silence: a task to decide, until it is answered."""
        domain = [("company_id", "=", company.id), ("reason", "=", END_OF_LADDER), ("active", "=", True)]
        cases = self.env["account.dunning.item"].search(domain).case_id
        cases.filtered(lambda case: case.state == "open")._raise_task("decide", today)

    @api.model
    def _raise_calls(self, company, today):
        """A call before the first reminder, where the policy names an amount from which it pays."""
        policies = self.env["account.dunning.policy"].search(
            [("company_id", "=", company.id), ("call_minimum_amount", ">", 0)]
        )
        cases = self.env["account.dunning.case"]
        open_cases = [("company_id", "=", company.id), ("state", "=", "open")]
        for policy in policies:
            for (currency,) in cases._read_group(open_cases, ["currency_id"]):
                large = self._get_cases_to_call(company, policy, currency, today)
                large.filtered(lambda case: not case._was_called())._raise_task("call", today)

    @api.model
    def _get_cases_to_call(self, company, policy, currency, today):
        """The cases in `currency` that owe the policy's amount or more and were not reminded yet."""
        minimum = company.currency_id._convert(policy.call_minimum_amount, currency, company, today)
        domain = [
            ("company_id", "=", company.id),
            ("currency_id", "=", currency.id),
            ("next_level_id.policy_id", "=", policy.id),
            ("date_due", "<=", today - timedelta(days=policy.call_delay_days)),
            ("level_id", "=", False),
            ("amount_claimed", ">", 0),
            ("case_id.amount_overdue", ">=", minimum),
        ]
        return self.env["account.dunning.item"].search(domain).case_id

    @api.model
    def _raise_approvals(self, company, today):
        """A notice that nobody approved for three working days."""
        domain = [("company_id", "=", company.id), ("state", "=", "draft"), ("own_level_id", "!=", False)]
        waiting = self.env["account.dunning.notice"].search(domain)
        if not waiting:
            return
        since = company._add_working_days(today, -WORKING_DAYS_TO_APPROVE)
        late = waiting.filtered(lambda notice: notice.date_prepared < since)
        late.case_id._raise_task("approve", today)

    @api.model
    def _raise_postings(self, company, today):
        """A letter that nobody posted: first an alert, then it is cancelled and decided again."""
        domain = [("company_id", "=", company.id), ("state", "=", "queued"), ("method", "in", LETTERS)]
        waiting = self.env["account.dunning.delivery"].search(domain).filtered("leading")
        if not waiting:
            return
        alert = company._add_working_days(today, -WORKING_DAYS_TO_POST)
        expiry = company._add_working_days(today, -WORKING_DAYS_BEFORE_EXPIRY)
        expired = waiting.filtered(lambda delivery: delivery.notice_id.date_issued <= expiry)
        expired.notice_id._cancel(self.env._("The letter was not posted in time"))
        late = (waiting - expired).filtered(lambda delivery: delivery.notice_id.date_issued <= alert)
        late.notice_id.case_id._raise_task("post_letter", today)

    def action_done(self):
        self._finish()

    def action_open_case(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.dunning.case",
            "res_id": self.case_id.id,
            "view_mode": "form",
        }

    def action_log_call(self):
        """The dialog of a call on this case; saving it does the task."""
        self.ensure_one()
        return self.case_id.action_log_call()

    def _finish(self):
        self.write({"state": "done", "date_done": fields.Date.context_today(self)})
