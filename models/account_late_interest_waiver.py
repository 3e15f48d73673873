from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class AccountLateInterestWaiver(models.Model):
    """Interest or compensation of an invoice that is not asked for: kept with its reason, taken back at any time."""

    _name = "account.late.interest.waiver"
    _description = "Late Interest Waiver"
    _order = "date desc, id desc"
    _rec_name = "reason"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    scope = fields.Selection(
        [
            ("all", "Interest and compensation"),
            ("interest", "Interest only"),
            ("compensation", "Compensation only"),
        ],
        required=True,
        default="all",
        string="Waived",
    )
    reason = fields.Char(required=True, help="Kept with the invoice, and shown in its timeline.")
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today, string="Waived On")
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, default=lambda self: self.env.user
    )
    date_revoked = fields.Date(string="Taken Back On", readonly=True)
    revoked_by = fields.Many2one("res.users", string="Taken Back By", readonly=True)

    _one_in_force = models.UniqueIndex(
        "(move_id) WHERE date_revoked IS NULL", "Interest of this invoice is already waived: take that back first."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """In one's own name, today, and for nobody whom the law protects the supplier against."""
        given = [{name: vals[name] for name in ("move_id", "scope", "reason") if name in vals} for vals in vals_list]
        self.flush_model(["date_revoked"])  # one that was just taken back is no longer in force
        waivers = super().create(given)
        waivers._check_waivable()
        return waivers

    def _check_waivable(self):
        for move in self.move_id:
            problem = move._get_obstacle_to_waive()
            if problem:
                raise UserError(problem)

    def _describe(self):
        """What was waived, why, by whom and when, and whether that was taken back."""
        self.ensure_one()
        scope = dict(self._fields["scope"]._description_selection(self.env))[self.scope]
        said = [scope, self.reason, self.user_id.sudo().name, format_date(self.env, self.date)]
        if self.date_revoked:
            day = format_date(self.env, self.date_revoked)
            said.append(self.env._("taken back by %(user)s on %(date)s", user=self.revoked_by.sudo().name, date=day))
        return " · ".join(said)

    def action_revoke(self):
        """From today on the whole is due again; the waiver stays in the history."""
        self.check_access("write")
        in_force = self.filtered(lambda waiver: not waiver.date_revoked)
        in_force.sudo().write({"date_revoked": fields.Date.context_today(self), "revoked_by": self.env.uid})
        return True

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("A waiver is not changed: take it back and enter another one."))
        return super().write(vals)
