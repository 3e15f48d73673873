from odoo import fields, models


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
