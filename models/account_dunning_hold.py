from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ..core.instalments import plus_months

MONTHS_TO_DECLARE = 2


class AccountDunningHold(models.Model):
    _name = "account.dunning.hold"
    _description = "Dunning Hold"
    _order = "date_from desc, id desc"
    _rec_name = "kind"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    item_ids = fields.Many2many("account.dunning.item", string="Items", help="Empty: all items of the case.")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    kind = fields.Selection(
        [
            ("pause", "Pause"),
            ("dispute", "Dispute"),
            ("promise", "Promise to pay"),
            ("payment_in_process", "Payment on its way"),
            ("insolvency", "Insolvency"),
        ],
        required=True,
    )
    pause_reason = fields.Selection(
        [
            ("agreement", "Agreement"),
            ("lawyer", "Handed over to a lawyer"),
            ("factor", "Assigned to a factor"),
            ("retention", "Retention"),
            ("sensitive", "Sensitive case"),
            ("einvoice_status", "E-invoice status"),
            ("write_off", "To be written off"),
            ("other", "Other"),
        ]
    )
    why = fields.Char(compute="_compute_why", string="Reason")
    date_from = fields.Date(required=True, default=fields.Date.context_today)
    date_until = fields.Date(string="Until", help="The last day of the hold; empty while it has no end.")
    amount = fields.Monetary(help="0 holds the whole; an amount lets the rest go on.")
    category = fields.Char(string="Dispute About")
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user)
    date_deadline = fields.Date(string="To Be Settled By")
    date_judgment = fields.Date(string="Opening Judgment")
    date_published = fields.Date(string="Published in BODACC")
    amount_reported = fields.Monetary(
        string="Payments Reported", readonly=True, help="Payments of which a task has told the lawyer already."
    )
    plan_id = fields.Many2one("account.dunning.plan", string="Plan", readonly=True, index=True, ondelete="cascade")
    document_id = fields.Many2one("ir.attachment", string="Signed Document")
    note = fields.Text()
    state = fields.Selection(
        [("active", "Active"), ("ended", "Ended")], required=True, default="active", readonly=True, index=True
    )
    outcome = fields.Selection(
        [
            ("kept", "Kept"),
            ("broken", "Broken"),
            ("settled", "Settled"),
            ("lifted", "Lifted"),
            ("expired", "Expired"),
        ],
        readonly=True,
    )
    date_ended = fields.Date(readonly=True)

    _dates_in_order = models.Constraint(
        "CHECK (date_until IS NULL OR date_until >= date_from)", "A hold must not end before it begins."
    )
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "The amount of a hold must not be negative.")

    @api.depends("kind", "pause_reason", "category", "date_judgment", "plan_id")
    @api.depends_context("lang")
    def _compute_why(self):
        reasons = dict(self._fields["pause_reason"]._description_selection(self.env))
        for hold in self:
            hold.why = {
                "pause": reasons.get(hold.pause_reason),
                "dispute": hold.category,
                "promise": bool(hold.plan_id) and self.env._("Instalment of a plan"),
                "insolvency": hold.date_judgment
                and self.env._("Judgment of %s", format_date(self.env, hold.date_judgment)),
            }.get(hold.kind)

    @api.depends("kind", "date_until")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for hold in self:
            until = hold.date_until and format_date(self.env, hold.date_until)
            hold.display_name = " · ".join(part for part in (kinds.get(hold.kind), until) if part)

    @api.constrains("kind", "pause_reason", "date_until", "date_judgment")
    def _check_facts(self):
        for hold in self:
            if hold.kind == "pause" and not hold.pause_reason:
                raise ValidationError(self.env._("Say why dunning is paused."))
            if hold.kind == "promise" and not hold.date_until:
                raise ValidationError(self.env._("Enter the day for which the payment was promised."))
            if hold.kind == "insolvency" and not hold.date_judgment:
                raise ValidationError(self.env._("Enter the date of the opening judgment."))

    @api.constrains("case_id", "item_ids")
    def _check_items(self):
        for hold in self:
            if hold.item_ids.case_id - hold.case_id:
                raise ValidationError(self.env._("The items of a hold belong to its case."))

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds._refresh_projection()
        holds._plan_declaration()
        return holds

    def write(self, vals):
        result = super().write(vals)
        self._refresh_projection()
        if "date_published" in vals:
            self._plan_declaration()
        return result

    def _refresh_projection(self):
        for company, holds in self.grouped("company_id").items():
            self.env["account.dunning.night"]._refresh(company, holds.case_id.partner_id)

    def action_lift(self):
        lifted = self.filtered(lambda hold: hold.state == "active")
        lifted._end("lifted")
        lifted.plan_id._follow("lifted")
        lifted.filtered(lambda hold: hold.kind == "insolvency").case_id._finish_tasks("declare_claim")

    def _end(self, outcome):
        self.write({"state": "ended", "outcome": outcome, "date_ended": fields.Date.context_today(self)})

    # === When the last day is over === #

    @api.model
    def _end_expired(self, company):
        """A promise was kept or broken, anything else has run out."""
        over = [
            ("company_id", "=", company.id),
            ("state", "=", "active"),
            ("date_until", "<", company._dunning_today()),
        ]
        for outcome, holds in self.search(over).grouped(lambda hold: hold._get_outcome()).items():
            holds._end(outcome)
            holds.plan_id._follow(outcome)
            if outcome == "broken":
                (holds - holds.plan_id.hold_ids)._react()

    def _get_outcome(self):
        if self.kind != "promise":
            return "expired"
        return "kept" if self._is_kept() else "broken"

    def _is_kept(self):
        """All of what was overdue on the day of the promise is settled, or the promised amount was paid since."""
        promised = self._get_promised()
        return self._is_settled() or (
            bool(promised) and self.currency_id.compare_amounts(self._get_paid(), promised) >= 0
        )

    def _get_promised(self):
        """What was to be paid up to the last day of this promise: of a plan all instalments up to this one."""
        until_now = self.plan_id.hold_ids.filtered(lambda hold: hold.date_until <= self.date_until)
        return sum((until_now or self).mapped("amount"))

    def _get_promised_items(self):
        return self.item_ids or self.case_id.item_ids.filtered(
            lambda item: item.date_due and item.date_due <= self.date_from
        )

    def _is_settled(self):
        """From the ledger: the night has not looked at these items yet."""
        lines = self._get_promised_items().move_line_id
        return not any(line.parent_state == "posted" and line.amount_residual_currency > 0 for line in lines)

    def _get_paid(self):
        """Paid since the promise: matched with its items, or on the customer's account without being matched yet."""
        matched = self._get_promised_items().move_line_id.matched_credit_ids
        paid = matched.filtered(lambda partial: partial.max_date >= self.date_from)
        return sum(paid.mapped("debit_amount_currency")) - sum(
            self._get_open_credits().mapped("amount_residual_currency")
        )

    def _get_open_credits(self):
        return self.env["account.move.line"].search(
            [
                ("partner_id", "child_of", self.case_id.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
                ("date", ">=", self.date_from),
            ]
        )

    # === What a broken promise leads to === #

    def _react(self, note=""):
        """What the policy says of a promise that was not kept."""
        note = note or self.env._("A promise to pay was not kept")
        for hold in self:
            reaction = hold.case_id._get_policy(hold.item_ids).broken_promise_reaction or "call"
            getattr(hold, f"_react_by_{reaction}")(note)

    def _react_by_call(self, note):
        self.case_id._raise_task("call", note=note)

    def _react_by_decide(self, note):
        self.case_id._raise_task("decide", note=note)

    def _react_by_next_level(self, note):
        """The next level of what was promised waits for no delay, only for the days between two notices."""
        self._get_promised_items().sudo().at_once = True
        self._refresh_projection()

    # === At the lawyer's === #

    @api.model
    def _report_to_lawyers(self, company):
        """A payment of what was handed over: whoever has the file is told, once."""
        handed_over = [("company_id", "=", company.id), ("state", "=", "active"), ("pause_reason", "=", "lawyer")]
        for hold in self.search(handed_over):
            paid = hold._get_paid()
            if hold.currency_id.compare_amounts(paid, hold.amount_reported) > 0:
                hold.amount_reported = paid
                hold.case_id._raise_task("tell_lawyer", note=hold.note or "")

    # === Insolvency === #

    def _plan_declaration(self):
        """A task with the last day to declare the claim, or with the question for the day it counts from."""
        for hold in self.filtered(lambda hold: hold.kind == "insolvency" and hold.state == "active"):
            today = hold.company_id._dunning_today()
            hold.case_id.sudo()._plan_task("declare_claim", hold._get_declaration_date() or today, hold._say_deadline())

    def _get_declaration_date(self):
        """Two months after the publication (commercial code, R622-24)."""
        return self.date_published and plus_months(self.date_published, MONTHS_TO_DECLARE)

    def _say_deadline(self):
        if not self.date_published:
            return self.env._(
                "Enter the day of publication in BODACC: the claim is to be declared within two months of it."
            )
        return self.env._(
            "To be declared to the court-appointed creditors' representative by %(date)s, two months after the "
            "publication of %(published)s (French commercial code, R622-24)",
            date=format_date(self.env, self._get_declaration_date()),
            published=format_date(self.env, self.date_published),
        )
