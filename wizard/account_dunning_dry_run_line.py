import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import escalation

NOTHING_CLAIMED = (escalation.EXCLUDED, escalation.COVERED, escalation.HELD)
SAID_WITH_DETAIL = (escalation.HELD, escalation.EXCLUDED)


class AccountDunningDryRunLine(models.TransientModel):
    _name = "account.dunning.dry.run.line"
    _description = "Dunning Dry Run Line"
    _order = "partner_id, date_due, id"

    dry_run_id = fields.Many2one("account.dunning.dry.run", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer")
    move_id = fields.Many2one("account.move", string="Invoice")
    move_line_id = fields.Many2one("account.move.line", string="Journal Item")
    date_due = fields.Date(string="Due Date")
    days_overdue = fields.Integer(string="Days Late")
    amount = fields.Monetary(string="Amount")
    currency_id = fields.Many2one("res.currency", string="Currency")
    level_id = fields.Many2one("account.dunning.level", string="Level")
    notice_level_id = fields.Many2one(
        "account.dunning.level",
        string="Notice Tonight",
        help="The highest level among the items of a notice gives it its text.",
    )
    next_date = fields.Date(string="Next Step On")
    reason = fields.Selection(selection=lambda self: self.env["account.dunning.explanation"]._get_reasons())
    detail = fields.Char()
    why = fields.Char(string="Why, or Why Not")
    is_sent = fields.Boolean(string="Invoice Sent")
    is_reached = fields.Boolean(string="Reminded Before")
    file = fields.Binary(attachment=False, readonly=True)

    @api.depends("move_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.move_id.name or line.partner_id.name

    # === Summing up === #

    def _get_group(self):
        """(kind, name, rank, currency) of the result that this line is counted in."""
        if self.notice_level_id:
            level = self.notice_level_id.sudo()
            rank = 0, escalation.STAGES.index(level.stage), level.sequence, level.id
            name = self.env._("%(policy)s: %(level)s", policy=level.policy_id.name, level=level.name)
            return "notice", name, rank, self.currency_id.id
        explanation = self.env["account.dunning.explanation"]
        name = self.env._("No reason") if not self.reason else dict(explanation._get_reasons())[self.reason]
        if self.reason in SAID_WITH_DETAIL:
            detail = explanation._get_detail(self.detail)
            name = self.env._("%(reason)s: %(detail)s", reason=name, detail=detail)
        rank = 1, escalation.REASONS.index(self.reason), 0, 0
        return "waiting", name, rank, self.currency_id.id

    def _get_anomalies(self):
        """[(what is wrong, overdue lines)]"""
        overdue = self.filtered(lambda line: line.days_overdue > 0 and line.reason != escalation.EXCLUDED)
        customers = overdue.partner_id.sudo().with_company(self.dry_run_id.company_id)
        checks = (
            (self.env._("No e-mail and no postal address"), customers.filtered(self._is_unreachable)),
            (self.env._("Business without SIREN and VAT number"), customers.filtered(self._is_unidentified)),
        )
        found = [(name, overdue.filtered(lambda line, wrong=wrong: line.partner_id in wrong)) for name, wrong in checks]
        found.append((self.env._("Invoice never sent"), overdue.filtered(lambda line: not line.is_sent)))
        return [(name, lines) for name, lines in found if lines]

    @api.model
    def _is_unreachable(self, partner):
        if partner.email_normalized or (partner.city and (partner.street or partner.street2)):
            return False
        return not partner._get_dunning_recipient().email_normalized

    @api.model
    def _is_unidentified(self, partner):
        return partner.is_company and not partner.vat and not partner.company_registry

    def _is_old(self, days):
        return not self.is_reached and self.days_overdue > days and self.reason not in NOTHING_CLAIMED

    # === Opening === #

    def _open(self, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "view_mode": "list",
            "views": [(False, "list")],
            "domain": [("id", "in", self.ids)],
            "context": {"create": False, "edit": False, "delete": False},
        }

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    def action_send_to_me(self):
        """The e-mail and the letter that would claim this item tonight, to the current user only."""
        self.ensure_one()
        notice = self.notice_level_id and self.dry_run_id._get_notice(self)
        if not notice:
            raise UserError(self.env._("No letter claims this item tonight."))
        letter = notice._render_preview_pdf(self.dry_run_id.date)
        address = self.env["account.dunning.mail"]._send_to_oneself(notice, letter)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("The test mail left for %s.", address)},
        }

    def action_preview(self):
        """The letter that would claim this item tonight, as PDF."""
        self.ensure_one()
        content = self.notice_level_id and self.dry_run_id._get_letter(self)
        if not content:
            raise UserError(self.env._("No letter claims this item tonight."))
        self.file = base64.b64encode(content)
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self._name}/{self.id}/file", "target": "new"}
