from odoo import fields, models


class AccountDunningTask(models.Model):
    _name = "account.dunning.task"
    _description = "Dunning Task"
    _order = "date_due, id"
    _rec_name = "kind"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
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
        ],
        required=True,
    )
    date_due = fields.Date(required=True)
    user_id = fields.Many2one("res.users", string="Owner")
    note = fields.Char()
    state = fields.Selection([("open", "Open"), ("done", "Done")], required=True, default="open")
    date_done = fields.Date(readonly=True)

    _one_open = models.UniqueIndex("(case_id, kind) WHERE state = 'open'", "This task is already open on the case.")

    def action_done(self):
        self._finish()

    def _finish(self):
        self.write({"state": "done", "date_done": fields.Date.context_today(self)})
