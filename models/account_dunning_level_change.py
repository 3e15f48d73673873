from odoo import api, fields, models


class AccountDunningLevelChange(models.Model):
    _name = "account.dunning.level.change"
    _description = "Dunning Level Change"
    _order = "date desc, id desc"

    item_id = fields.Many2one("account.dunning.item", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="item_id.company_id", store=True)
    from_level_id = fields.Many2one("account.dunning.level", string="From", readonly=True, ondelete="restrict")
    to_level_id = fields.Many2one("account.dunning.level", string="To", ondelete="restrict")
    date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True)
    user_id = fields.Many2one("res.users", string="By", required=True, default=lambda self: self.env.user)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["from_level_id"] = self.env["account.dunning.item"].browse(vals["item_id"]).level_id.id
        changes = super().create(vals_list)
        for change in changes:
            change._apply()
        for company, of_company in changes.grouped("company_id").items():
            self.env["account.dunning.night"]._refresh(company, of_company.item_id.partner_id)
        return changes

    def _apply(self):
        self.item_id.sudo().write(
            {
                "level_id": self.to_level_id.id,
                "stage_count": self.to_level_id._rank(),
                "round": self.item_id.round + 1,
                "last_notice_date": self.date if self.to_level_id else False,
                "response_date": False,
                "at_once": False,
            }
        )
