from odoo import fields, models
from odoo.exceptions import UserError


class AccountDunningNoticeLine(models.Model):
    _name = "account.dunning.notice.line"
    _description = "Dunning Notice Line"
    _log_access = False  # its case and notices tell who and when; four columns less in each row of a night
    _order = "notice_id, date_due, id"

    notice_id = fields.Many2one("account.dunning.notice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id")
    currency_id = fields.Many2one(related="notice_id.currency_id")
    item_id = fields.Many2one("account.dunning.item", index=True, ondelete="set null")
    move_line_id = fields.Many2one(related="item_id.move_line_id", string="Journal Item")
    move_id = fields.Many2one(related="item_id.move_id", string="Invoice")
    role = fields.Selection(
        [("claimed", "Claimed"), ("informative", "For information"), ("credit", "Credit")], required=True
    )
    level_id = fields.Many2one("account.dunning.level", ondelete="restrict")
    round = fields.Integer()
    live = fields.Boolean(default=True)
    limitation_date = fields.Date(related="item_id.limitation_date")
    name = fields.Char(string="Number")
    date_invoice = fields.Date(string="Invoice Date")
    date_due = fields.Date(string="Due Date")
    days_overdue = fields.Integer(string="Days Late")
    amount_original = fields.Monetary(string="Original")
    amount_residual = fields.Monetary(string="Open")
    amount_credit = fields.Monetary(string="Credits")
    amount_held = fields.Monetary(string="Held")
    amount_claimed = fields.Monetary(string="Claimed")
    amount_interest = fields.Monetary(string="Interest")
    amount_compensation = fields.Monetary(string="Compensation")

    _claimed_once = models.UniqueIndex(
        "(item_id, level_id, round) WHERE live AND role = 'claimed'",
        "This level was already claimed for this due date.",
    )

    def write(self, vals):
        if vals.keys() - {"live", "item_id"} and any(line.notice_id.state in ("issued", "cancelled") for line in self):
            raise UserError(self.env._("The lines of an issued notice cannot be changed."))
        return super().write(vals)

    def unlink(self):
        if any(line.notice_id.state in ("issued", "cancelled") for line in self):
            raise UserError(self.env._("The lines of an issued notice cannot be deleted."))
        return super().unlink()

    def _give_back(self):
        """These lines did not reach the customer: their items return to what they had reached before."""
        moving = self.filtered(lambda line: not line.notice_id.repeats)
        for level, lines in moving.grouped("level_id").items():
            lines.item_id._return(level)
