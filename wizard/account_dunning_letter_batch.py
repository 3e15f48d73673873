from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf


class AccountDunningLetterBatch(models.TransientModel):
    _name = "account.dunning.letter.batch"
    _description = "Print Letters to Post"

    delivery_list = fields.Json(required=True, readonly=True)
    letter_count = fields.Integer(string="Letters", readonly=True)
    date_planned = fields.Date(
        string="To Be Posted On",
        required=True,
        help="Proposed when these letters are marked as posted. A letter keeps the date that is printed on it.",
    )
    remark = fields.Char(compute="_compute_remark")

    @api.model
    def _open(self, deliveries):
        """The dialog for those of these letters that wait to be posted, in the order of the list."""
        waiting = deliveries.filtered(lambda delivery: delivery._waits_for_post())
        if not waiting:
            raise UserError(self.env._("None of these letters waits to be posted."))
        day = max(company._dunning_today() for company in waiting.company_id)
        batch = self.create({"delivery_list": waiting.ids, "letter_count": len(waiting), "date_planned": day})
        return {
            "name": self.env._("Print Letters"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": batch.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_deliveries(self):
        deliveries = self.env["account.dunning.delivery"].browse(self.delivery_list)
        deliveries.check_access("read")
        return deliveries

    @api.depends("date_planned", "delivery_list")
    @api.depends_context("lang")
    def _compute_remark(self):
        for batch in self:
            notices = batch._get_deliveries().notice_id
            other = notices.filtered(lambda notice, day=batch.date_planned: notice._get_printed_date() != day)
            batch.remark = self._say_other_date(len(other), len(notices)) if other else ""

    @api.model
    def _say_other_date(self, count, total):
        return self.env._(
            "%(count)s of %(all)s letters carry another date than the planned one: an issued letter never changes.",
            count=count,
            all=total,
        )

    def action_print(self):
        """One PDF of all letters, in the order of the list; the planned day is kept for the posting."""
        self.ensure_one()
        deliveries = self._get_deliveries()
        self._check_planned(deliveries)
        deliveries.sudo().date_planned = self.date_planned
        letter = self.env["ir.attachment"].create(
            {
                "name": self.env._("Letters to post.pdf"),
                "raw": merge_pdf([delivery.notice_id.document_id.raw for delivery in deliveries.sudo()]),
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {"type": "ir.actions.act_url", "url": f"/web/content/{letter.id}?download=true", "close": True}

    def _check_planned(self, deliveries):
        if any(self.date_planned < company._dunning_today() for company in deliveries.company_id):
            raise UserError(self.env._("The day of posting lies in the past: choose today or a later day."))
        missing = deliveries.filtered(lambda delivery: not delivery.sudo().notice_id.document_id)
        if missing:
            raise UserError(self.env._("%s has no letter yet: leave it out.", missing[0].display_name))
