from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningLevelChangeWizard(models.TransientModel):
    _name = "account.dunning.level.change.wizard"
    _description = "Change the Dunning Level"

    case_ids = fields.Many2many("account.dunning.case", string="Customers", required=True)
    item_ids = fields.Many2many(
        "account.dunning.item", string="Items", help="Empty: all overdue items of the customers."
    )
    level_company_ids = fields.Many2many("res.company", compute="_compute_level_company_ids")
    to_level_id = fields.Many2one(
        "account.dunning.level", string="Level Reached", help="Empty: dunning starts again at the first level."
    )
    reason = fields.Char(required=True)

    @api.depends("case_ids")
    def _compute_level_company_ids(self):
        """A branch uses its parents' levels too."""
        for wizard in self:
            wizard.level_company_ids = wizard.case_ids.company_id.parent_ids

    def action_change(self):
        items = self.item_ids or self.case_ids._get_overdue_items()
        if not items:
            raise UserError(self.env._("Nothing of these customers is overdue."))
        self.env["account.dunning.level.change"].create(
            [{"item_id": item.id, "to_level_id": self.to_level_id.id, "reason": self.reason} for item in items]
        )
        return {"type": "ir.actions.act_window_close"}
