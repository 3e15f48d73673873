from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

FOLLOWS = {  # the next step that an outcome suggests
    "forgotten": "none",
    "not_received": "send_invoice",
    "awaiting_approval": "call_again",
    "dispute": "dispute",
    "cash": "promise",
    "accounting_error": "correct",
    "not_reached": "call_again",
}
WORKING_DAYS_TO_CALL_AGAIN = {"not_reached": 1}
WORKING_DAYS_TO_APPROVE = 5
DAYS_OF_PAUSE = 7


class AccountDunningContactWizard(models.TransientModel):
    """A call with what follows from it, in one save."""

    _name = "account.dunning.contact.wizard"
    _description = "Log a Call"

    case_id = fields.Many2one("account.dunning.case", string="Customer", required=True)
    item_ids = fields.Many2many(
        "account.dunning.item", string="Items", help="A promise, dispute or pause is about these; empty: all."
    )
    partner_id = fields.Many2one(related="case_id.partner_id", related_sudo=False)
    company_id = fields.Many2one(related="case_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    amount_overdue = fields.Monetary(related="case_id.amount_overdue", related_sudo=False)
    explanation = fields.Char(related="case_id.explanation", related_sudo=False, string="Where It Stands")
    phone = fields.Char(compute="_compute_phone")
    call_script = fields.Text(compute="_compute_call_script", string="What to Say")
    kind = fields.Selection(
        selection=lambda self: self.env["account.dunning.contact"]._fields["kind"]._description_selection(self.env),
        required=True,
        default="call",
    )
    person = fields.Char(
        string="Spoken With", compute="_compute_person", compute_sudo=False, store=True, readonly=False
    )
    outcome = fields.Selection(
        selection=lambda self: self.env["account.dunning.contact"]._fields["outcome"]._description_selection(self.env),
        required=True,
        help="Facts, no judgment: the customer may ask for a copy (GDPR article 15).",
    )
    note = fields.Text()
    next_step = fields.Selection(
        selection=lambda self: (
            self.env["account.dunning.contact"]._fields["next_step"]._description_selection(self.env)
        ),
        compute="_compute_next_step",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        string="Next Step",
    )
    date_call = fields.Date(
        string="Call Again On", compute="_compute_dates", compute_sudo=False, store=True, readonly=False
    )
    date_promise = fields.Date(string="Promised For")
    date_pause = fields.Date(
        string="Pause Until", compute="_compute_dates", compute_sudo=False, store=True, readonly=False
    )
    amount = fields.Monetary(help="0 for the whole; an amount lets the rest go on.")
    category = fields.Char(string="Dispute About")
    date_deadline = fields.Date(string="To Be Settled By")
    # another right contact
    is_other_contact = fields.Boolean(string="Another Person Is in Charge")
    contact_id = fields.Many2one("res.partner", string="Contact", domain="[('id', 'child_of', partner_id)]")
    contact_name = fields.Char(string="Name of the New Contact")
    contact_email = fields.Char(string="E-mail")
    contact_phone = fields.Char(string="Telephone")

    @api.depends("case_id")
    def _compute_phone(self):
        for wizard in self:
            wizard.phone = wizard._get_contact().phone or wizard.partner_id.phone

    @api.depends("case_id")
    def _compute_person(self):
        for wizard in self:
            wizard.person = wizard._get_contact().name

    def _get_contact(self):
        return self.partner_id.with_company(self.company_id).dunning_contact_id

    @api.depends("case_id", "item_ids")
    def _compute_call_script(self):
        for wizard in self:
            wizard.call_script = wizard.case_id and wizard.case_id._get_policy(wizard.item_ids).call_script

    @api.depends("outcome")
    def _compute_next_step(self):
        for wizard in self:
            wizard.next_step = FOLLOWS.get(wizard.outcome, "none")

    @api.depends("outcome", "case_id")
    def _compute_dates(self):
        for wizard in self.filtered("company_id"):
            company = wizard.company_id
            today = company._dunning_today()
            days = WORKING_DAYS_TO_CALL_AGAIN.get(wizard.outcome, WORKING_DAYS_TO_APPROVE)
            wizard.date_call = company._add_working_days(today, days)
            wizard.date_pause = today + timedelta(days=DAYS_OF_PAUSE)

    @api.model
    def _open(self, cases, items):
        if len(cases) != 1:
            raise UserError(self.env._("A call is logged for one customer with something open."))
        return {
            "name": self.env._("Log a Call"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_case_id": cases.id,
                "default_item_ids": [fields.Command.set(items.ids)],
            },
        }

    # === What the save does === #

    def action_log(self):
        self.ensure_one()
        if self.is_other_contact:
            self._change_contact()
        contact = self.env["account.dunning.contact"].create(self._prepare_contact_vals())
        step = getattr(self, f"_follow_{self.next_step}", None)
        return (step and step(contact)) or {"type": "ir.actions.act_window_close"}

    def _prepare_contact_vals(self):
        names = ("kind", "person", "outcome", "note", "next_step")
        return {"case_id": self.case_id.id, **{name: self[name] for name in names}}

    def _follow_call_again(self, contact):
        note = contact._say_missed() if self.outcome == "not_reached" else self._say_outcome()
        self.case_id.sudo()._plan_task("call", self._need("date_call"), note)

    def _follow_send_invoice(self, contact):
        self.case_id.sudo()._plan_task("send_invoice", self.company_id._dunning_today(), self._say_outcome())

    def _follow_correct(self, contact):
        self.case_id.sudo()._plan_task("correct", self.company_id._dunning_today(), self._say_outcome())

    def _follow_promise(self, contact):
        self._hold(contact, kind="promise", date_until=self._need("date_promise"), amount=self.amount)

    def _follow_dispute(self, contact):
        facts = {"category": self.category, "date_deadline": self.date_deadline, "amount": self.amount}
        self._hold(contact, kind="dispute", **facts)

    def _follow_pause(self, contact):
        self._hold(contact, kind="pause", pause_reason="other", date_until=self._need("date_pause"))

    def _follow_plan(self, contact):
        return self.env["account.dunning.plan.wizard"]._open(self.case_id, self.item_ids)

    def _hold(self, contact, **vals):
        contact.hold_id = self.env["account.dunning.hold"].create(
            {
                "case_id": self.case_id.id,
                "item_ids": [fields.Command.set(self.item_ids.ids)],
                "date_from": self.company_id._dunning_today(),
                "note": self.note,
                **vals,
            }
        )

    def _need(self, name):
        if not self[name]:
            raise UserError(self.env._("Enter the date: %s.", self._fields[name]._description_string(self.env)))
        return self[name]

    def _say_outcome(self):
        """What was said, in one line for the task."""
        label = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
        invoices = ", ".join(self.item_ids.move_id.mapped("name"))
        return " · ".join(part for part in (label, invoices, self.person, self.note) if part)

    # === The right contact === #

    def _change_contact(self):
        """Reminders go to this person from now on: an existing contact of the customer, or a new one."""
        contact = self.contact_id or self._make_contact()
        if contact.commercial_partner_id != self.partner_id:
            raise UserError(self.env._("%s is no contact of this customer.", contact.display_name))
        self.partner_id.sudo().with_company(self.company_id).dunning_contact_id = contact

    def _make_contact(self):
        if not self.contact_name or not (self.contact_email or self.contact_phone):
            raise UserError(
                self.env._("Choose the contact, or enter a name and an e-mail address or telephone number.")
            )
        return (
            self.env["res.partner"]
            .sudo()
            .create(
                {
                    "parent_id": self.partner_id.id,
                    "company_id": self.partner_id.company_id.id,
                    "type": "contact",
                    "name": self.contact_name,
                    "email": self.contact_email,
                    "phone": self.contact_phone,
                }
            )
        )
