from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.escalation import END_OF_LADDER, NOT_SENT
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
    weight = fields.Float(
        compute="_compute_weight",
        digits=(16, 0),
        help="What is overdue in the company's currency, times the days that the task has been waiting; today counts "
        "as one day, and a task that is not due yet has no weight.",
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
            ("find_proof", "Ask for a missing receipt"),
            ("check_proof", "Look at a receipt"),
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

    # === The order of the work list === #

    def _compute_weight(self):
        self.flush_model(["case_id", "date_due"])
        rows = self.env.execute_query(
            SQL(
                "SELECT task.id, %s FROM account_dunning_task task WHERE task.id IN %s",
                self._get_weight("task"),
                tuple(self.ids) or (0,),
            )
        )
        weights = dict(rows)
        for task in self:
            task.weight = weights.get(task.id, 0)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name == "weight":
            return SQL("%s %s", self._get_weight(alias), direction)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.model
    def _get_weight(self, alias):
        """SQL of what is overdue on the case of a task, in its company's currency, times the days it has waited."""
        today = self.env.company._dunning_today()
        rate = """(SELECT rate.rate FROM res_currency_rate rate
                    WHERE rate.currency_id = %s.currency_id AND rate.name <= %s
                      AND (rate.company_id IS NULL OR rate.company_id = split_part(company.parent_path, '/', 1)::int)
                 ORDER BY rate.company_id, rate.name DESC LIMIT 1)"""
        return SQL(
            """
            (SELECT "case".amount_overdue * GREATEST(0, %(today)s::date - %(date_due)s + 1)
                  * CASE WHEN "case".currency_id = company.currency_id THEN 1
                         ELSE COALESCE(%(company_rate)s, 1) / COALESCE(%(case_rate)s, 1) END
               FROM account_dunning_case "case" JOIN res_company company ON company.id = "case".company_id
              WHERE "case".id = %(case_id)s)
            """,
            today=today,
            date_due=SQL.identifier(alias, "date_due", to_flush=self._fields["date_due"]),
            case_id=SQL.identifier(alias, "case_id", to_flush=self._fields["case_id"]),
            company_rate=SQL(rate, SQL.identifier("company"), today),
            case_rate=SQL(rate, SQL.identifier("case"), today),
        )

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

    # === What a person does === #

    def action_done(self):
        self._finish()

    def action_work(self):
        """What this kind of task asks for, one click away."""
        self.ensure_one()
        actions = {
            "call": self.action_log_call,
            "find_address": self.partner_id._get_records_action,
            "decide": self._open_decision,
            "approve": self.case_id.action_open_notices_to_approve,
            "post_letter": self._open_posting,
            "settle_delivery": self._open_uncertain,
            "send_invoice": self._open_sending,
            "find_payment": self._open_payments,
            "find_proof": self._open_incomplete_deliveries,
            "check_proof": self._open_proofs,
        }
        return actions.get(self.kind, self.action_open_case)()

    def _open_decision(self):
        return self.env["account.dunning.decision"]._open(self.case_id)

    def _open_posting(self):
        return self.env["account.dunning.post.wizard"]._open(self.case_id.notice_ids.delivery_ids)

    def _open_uncertain(self):
        deliveries = self.case_id.notice_ids.delivery_ids
        uncertain = deliveries.filtered(lambda delivery: delivery.state == "uncertain")
        if not uncertain:
            raise UserError(self.env._("No delivery is uncertain any more: mark the task as done."))
        return uncertain._get_records_action(name=self.env._("Deliveries to Settle"))

    def _open_incomplete_deliveries(self):
        incomplete = self.case_id.notice_ids.delivery_ids.filtered("missing_proofs")
        if not incomplete:
            raise UserError(self.env._("No receipt is missing any more: mark the task as done."))
        return incomplete._get_records_action(name=self.env._("Receipts to Ask For"))

    def _open_proofs(self):
        proofs = self.case_id.notice_ids.proof_ids
        if not proofs:
            raise UserError(self.env._("There is no receipt on this case: mark the task as done."))
        return proofs._get_records_action(name=self.env._("Proofs"))

    def _open_sending(self):
        """Odoo's own dialog for the invoices that were never sent, else again for those that are overdue."""
        unsent = self.case_id.item_ids.filtered(lambda item: item.reason == NOT_SENT)
        invoices = (unsent or self.case_id._get_overdue_items()).move_id.filtered(lambda move: move.is_sale_document())
        if not invoices:
            raise UserError(self.env._("No invoice is overdue any more: mark the task as done."))
        return invoices.action_send_and_print()

    def _open_payments(self):
        payments = self.env["account.payment"].search(
            [("partner_id", "child_of", self.partner_id.id), ("company_id", "=", self.company_id.id)]
        )
        return payments._get_records_action(name=self.env._("Payments of %s", self.partner_id.name))

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
