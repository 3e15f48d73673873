from odoo import api, fields, models


class AccountDunningEinvoiceWizard(models.TransientModel):
    _name = "account.dunning.einvoice.wizard"
    _description = "Set the E-invoicing Status"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    code_id = fields.Many2one("account.dunning.einvoice.code", string="Status", required=True)
    effect = fields.Selection(related="code_id.effect", related_sudo=False)
    note = fields.Char(related="code_id.note", related_sudo=False)
    date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(string="Motive")
    amount = fields.Monetary(string="Disputed or Not Approved", help="0 for the whole invoice.")
    status_ids = fields.Many2many(
        "account.dunning.einvoice.status", compute="_compute_status_ids", string="What the Platform Said"
    )

    @api.depends("move_ids")
    def _compute_currency_id(self):
        """An amount is entered for one invoice only."""
        for wizard in self:
            wizard.currency_id = wizard.move_ids.currency_id if len(wizard.move_ids) == 1 else False

    @api.depends("move_ids")
    def _compute_status_ids(self):
        for wizard in self:
            wizard.status_ids = self.env["account.dunning.einvoice.status"].search(
                [("move_id", "in", wizard.move_ids._origin.ids or wizard.move_ids.ids)]
            )

    def action_set(self):
        self.ensure_one()
        amount = self.amount if self.currency_id and self.effect == "dispute" else 0
        for move in self.move_ids:
            move.dunning_set_einvoice_status(self.code_id.code, self.date, self.reason, amount)
        return {"type": "ir.actions.act_window_close"}
