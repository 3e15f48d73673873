from itertools import takewhile

from odoo import api, fields, models

from .account_dunning_notice import PENDING

NOT_REACHED, TRIES = "not_reached", 3


class AccountDunningContact(models.Model):
    _name = "account.dunning.contact"
    _description = "Dunning Contact"
    _order = "date desc, id desc"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    kind = fields.Selection([("call", "Call"), ("reply", "Reply"), ("meeting", "Meeting")], required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="By", required=True, default=lambda self: self.env.user)
    person = fields.Char(string="Spoken With")
    outcome = fields.Selection(
        [
            ("forgotten", "Forgotten"),
            ("not_received", "Invoice not received"),
            ("awaiting_approval", "Awaiting approval"),
            ("dispute", "Dispute"),
            ("cash", "Short of cash"),
            ("accounting_error", "Accounting error"),
            ("not_reached", "Not reached"),
        ],
        help="Facts, no judgment: the customer may ask for a copy (GDPR article 15).",
    )
    next_step = fields.Selection(
        [
            ("none", "Nothing more"),
            ("call_again", "Call again"),
            ("promise", "Promise to pay"),
            ("plan", "Instalment plan"),
            ("dispute", "Dispute"),
            ("pause", "Pause"),
            ("send_invoice", "Send the invoice again"),
            ("correct", "Correct an invoice or an entry"),
        ]
    )
    hold_id = fields.Many2one("account.dunning.hold", string="Led To", readonly=True, ondelete="set null")
    note = fields.Text()

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        contacts.filtered(lambda contact: contact.kind == "call")._answer_call()
        return contacts

    def _answer_call(self):
        """Somebody was reached: the task ends, and the notice that waited for the call may leave."""
        missed = self.filtered(lambda contact: contact.outcome == NOT_REACHED)
        cases = (self - missed).case_id.sudo()
        cases._finish_tasks("call")
        cases.notice_ids.filtered(lambda notice: notice.state in PENDING).date_not_before = False
        for contact in missed:
            contact._try_again()

    def _try_again(self):
        """Nobody was reached: the task goes on, from the next working day."""
        company = self.case_id.company_id
        day = company._add_working_days(company._dunning_today(), 1)
        self.case_id.sudo()._plan_task("call", day, self._say_missed())

    def _say_missed(self):
        calls = self.case_id.contact_ids.filtered(lambda contact: contact.kind == "call")
        tries = len(list(takewhile(lambda call: call.outcome == NOT_REACHED, calls.sorted(_by_date, reverse=True))))
        if tries < TRIES:
            return self.env._("Not reached yet, tries: %s", tries)
        return self.env._("Not reached, tries: %s. Look for another number or person, or write.", tries)


def _by_date(contact):
    return contact.date, contact.id
