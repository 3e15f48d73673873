from odoo import api, fields, models


class AccountDunningLimitationWizard(models.TransientModel):
    _name = "account.dunning.limitation.wizard"
    _description = "Approve after the Limitation Date"

    notice_ids = fields.Many2many("account.dunning.notice", string="Notices", required=True)
    line_ids = fields.Many2many("account.dunning.notice.line", string="Late Lines", compute="_compute_line_ids")
    reason = fields.Char(required=True, help="Kept with the notice and in the log of the case.")

    @api.depends("notice_ids")
    def _compute_line_ids(self):
        limitation = self.env["account.dunning.limitation"]
        for wizard in self:
            late = limitation._get_late_lines(wizard.notice_ids._origin)
            wizard.line_ids = self.env["account.dunning.notice.line"].concat(*late.values())

    def action_approve(self):
        self.notice_ids._explain_limitation(self.reason)
        answer = self.notice_ids.action_approve()
        return {"type": "ir.actions.act_window_close"} if answer is True else answer
