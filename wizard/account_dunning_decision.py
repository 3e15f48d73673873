from odoo import api, fields, models
from odoo.exceptions import UserError

PAUSE_REASONS = {"lawyer": "lawyer", "write_off": "write_off", "wait": "other"}


class AccountDunningDecision(models.TransientModel):
    """The answer to the end of the ladder: a plan, or a pause with its reason; once over, the question comes back."""

    _name = "account.dunning.decision"
    _description = "Decide How to Go On"

    case_id = fields.Many2one("account.dunning.case", required=True, readonly=True)
    company_id = fields.Many2one(related="case_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    amount_overdue = fields.Monetary(related="case_id.amount_overdue", related_sudo=False)
    explanation = fields.Char(related="case_id.explanation", related_sudo=False, string="Where It Stands")
    choice = fields.Selection(
        [
            ("lawyer", "Hand over to a lawyer or bailiff"),
            ("plan", "Instalments were agreed"),
            ("write_off", "Write off"),
            ("wait", "Wait"),
        ],
        string="Decision",
        required=True,
        default="lawyer",
    )
    date_until = fields.Date(string="Until", help="The last day of the waiting; then the question is asked again.")
    note = fields.Char(string="Why", help="Kept with the pause: the lawyer's name, the reason.")

    @api.model
    def _open(self, case):
        return {
            "name": self.env._("Decide How to Go On"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": case.id},
        }

    def action_decide(self):
        self.ensure_one()
        if self.choice == "plan":
            return self.env["account.dunning.plan.wizard"]._open(self.case_id, self.case_id._get_overdue_items())
        self._check_until()
        self.env["account.dunning.hold"].create(self._prepare_hold_vals())
        self.case_id.sudo()._finish_tasks("decide")
        return self._open_items() if self.choice == "write_off" else {"type": "ir.actions.act_window_close"}

    def _check_until(self):
        if self.choice == "wait" and (not self.date_until or self.date_until <= self.company_id._dunning_today()):
            raise UserError(self.env._("Enter a later day: on it the question is asked again."))

    def _prepare_hold_vals(self):
        items = self.case_id._get_overdue_items()
        return {
            "case_id": self.case_id.id,
            "item_ids": [fields.Command.set(items.ids)],
            "kind": "pause",
            "pause_reason": PAUSE_REASONS[self.choice],
            "date_from": self.company_id._dunning_today(),
            "date_until": self.date_until if self.choice == "wait" else False,
            "note": self.note,
        }

    def _open_items(self):
        """The open journal items, which Odoo's own reconciliation writes off."""
        lines = self.case_id._get_overdue_items().move_line_id
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type"),
            "domain": [("id", "in", lines.move_id.ids)],
            "context": {"create": False},
        }
