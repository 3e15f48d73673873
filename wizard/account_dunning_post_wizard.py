from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningPostWizard(models.TransientModel):
    _name = "account.dunning.post.wizard"
    _description = "Mark Letters as Posted"

    date = fields.Date(string="Posted On", required=True, default=lambda self: self.env.company._dunning_today())
    line_ids = fields.One2many("account.dunning.post.wizard.line", "wizard_id", string="Letters")

    @api.model
    def _open(self, deliveries):
        """The dialog with one line for each of these letters that still waits."""
        waiting = deliveries.filtered(lambda delivery: delivery._waits_for_post())
        if not waiting:
            raise UserError(self.env._("None of these letters waits to be posted."))
        lines = [
            fields.Command.create({"delivery_id": delivery.id, "tracking_number": delivery.tracking_number})
            for delivery in waiting
        ]
        return {
            "name": self.env._("Letters Posted"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": lines, "default_date": self._get_proposed_date(waiting)},
        }

    @api.model
    def _get_proposed_date(self, deliveries):
        """The day that was planned for all of them when they were printed, once it has come; else today."""
        today = min(company._dunning_today() for company in deliveries.company_id)
        planned = set(deliveries.mapped("date_planned"))
        day = planned.pop() if len(planned) == 1 else None
        return day if day and day <= today else today

    def action_post(self):
        for line in self.line_ids:
            self._check_date(line.delivery_id)
        for line in self.line_ids.filtered("tracking_number"):
            line.delivery_id.tracking_number = line.tracking_number
        self.line_ids.delivery_id.action_mark_posted(self.date)
        return {"type": "ir.actions.act_window_close"}

    def _check_date(self, delivery):
        """By the clock of the company whose letter it is, which may be far from the user's."""
        company = delivery.company_id
        if self.date > company._dunning_today():
            raise UserError(
                self.env._(
                    "A letter is marked as posted once it was posted: at %s that day lies ahead.", company.sudo().name
                )
            )
        if self.date < delivery.notice_id.date_issued:
            raise UserError(
                self.env._("%s was made later than the day entered: enter the day of posting.", delivery.display_name)
            )
