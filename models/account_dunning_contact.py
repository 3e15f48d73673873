from odoo import api, fields, models

from .account_dunning_notice import PENDING


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
    note = fields.Text()

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        contacts.filtered(lambda contact: contact.kind == "call")._answer_call()
        return contacts

    def _answer_call(self):
        """The call is done: its task ends, and the notice that waited for it may leave."""
        cases = self.case_id.sudo()
        cases._finish_tasks("call")
        cases.notice_ids.filtered(lambda notice: notice.state in PENDING).date_not_before = False
