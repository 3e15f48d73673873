from odoo import fields, models


class AccountDunningCaseAssign(models.TransientModel):
    _name = "account.dunning.case.assign"
    _description = "Assign Dunning Cases"

    case_ids = fields.Many2many("account.dunning.case", string="Customers", required=True)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    with_tasks = fields.Boolean(string="Open Tasks Too", default=True)

    def action_assign(self):
        self.case_ids.user_id = self.user_id
        if self.with_tasks:
            self.case_ids.task_ids.filtered(lambda task: task.state == "open").user_id = self.user_id
        return {"type": "ir.actions.act_window_close"}
