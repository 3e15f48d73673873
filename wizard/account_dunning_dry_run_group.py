from odoo import fields, models


class AccountDunningDryRunGroup(models.TransientModel):
    _name = "account.dunning.dry.run.group"
    _description = "Dunning Dry Run Result"
    _order = "id"

    dry_run_id = fields.Many2one("account.dunning.dry.run", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [("notice", "Notice"), ("waiting", "Not dunned tonight"), ("anomaly", "To be put right")], required=True
    )
    name = fields.Char(string="What", required=True)
    notice_count = fields.Integer(string="Notices")
    customer_count = fields.Integer(string="Customers")
    item_count = fields.Integer(string="Invoices")
    amount = fields.Monetary(string="Amount")
    currency_id = fields.Many2one("res.currency")
    line_ids = fields.Many2many("account.dunning.dry.run.line")

    def action_open(self):
        self.ensure_one()
        return self.line_ids._open(self.name)
