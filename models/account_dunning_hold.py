from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core.escalation import SETTLED


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
    date_from = fields.Date(required=True, default=fields.Date.context_today)
    date_until = fields.Date(string="Until", help="The last day of the hold; empty while it has no end.")
    amount = fields.Monetary(help="0 holds the whole; an amount lets the rest go on.")
    category = fields.Char(string="Dispute About")
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user)
    date_deadline = fields.Date(string="To Be Settled By")
    date_judgment = fields.Date(string="Opening Judgment")
    date_published = fields.Date(string="Published in BODACC")
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
        return holds

    def write(self, vals):
        result = super().write(vals)
        self._refresh_projection()
        return result

    def _refresh_projection(self):
        for company, holds in self.grouped("company_id").items():
            self.env["account.dunning.night"]._refresh(company, holds.case_id.partner_id)

    def action_lift(self):
        self.filtered(lambda hold: hold.state == "active")._end("lifted")

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
            if outcome == "broken":
                holds.case_id._raise_task("call", note=self.env._("A promise to pay was not kept"))

    def _get_outcome(self):
        if self.kind != "promise":
            return "expired"
        return "kept" if self._is_kept() else "broken"

    def _is_kept(self):
        """All of what was overdue on the day of the promise is settled, or the promised amount was paid since."""
        items = self.item_ids or self.case_id.item_ids.filtered(lambda item: item.date_due <= self.date_from)
        if all(item.reason == SETTLED for item in items):
            return True
        payments = items.move_line_id.matched_credit_ids.filtered(lambda partial: partial.max_date >= self.date_from)
        paid = sum(payments.mapped("debit_amount_currency"))
        return bool(self.amount) and self.currency_id.compare_amounts(paid, self.amount) >= 0
