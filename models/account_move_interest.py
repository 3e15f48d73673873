"""Late-payment interest and compensation of invoices, as lists, the form and dialogs show them."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from .account_move import READERS


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_is_interest = fields.Boolean(
        string="Invoice of Interest",
        copy=False,
        help="It claims late-payment interest or compensation, and bears neither itself.",
        groups=READERS,
    )
    late_interest_amount = fields.Monetary(
        compute="_compute_late_interest",
        compute_sudo=True,
        string="Interest to Date",
        help="Late-payment interest up to today, by the law or the contract; what was waived is taken off.",
        groups=READERS,
    )
    late_compensation_amount = fields.Monetary(
        compute="_compute_late_interest",
        compute_sudo=True,
        string="Compensation",
        help="Fixed compensation for recovery costs, once for each invoice paid late.",
        groups=READERS,
    )
    late_interest_remark = fields.Char(
        compute="_compute_late_interest",
        compute_sudo=True,
        string="Remark on Interest",
        help="Why the interest is not known: it is not zero then.",
        groups=READERS,
    )

    @api.depends_context("lang")
    def _compute_late_interest(self):
        """To date, in the invoice's currency, for all these invoices at once."""
        found = self._get_late_today()
        for move in self:
            late = found[move.id]
            remark = next((one.missing for one in late if one.missing), "")
            move.late_interest_remark = remark
            move.late_interest_amount = 0 if remark else float(sum(one.interest for one in late))
            move.late_compensation_amount = float(sum(one.compensation for one in late))

    def _get_late_today(self):
        """{move id: [Late] of what it claims from a customer}"""
        found = defaultdict(list)
        posted = self.filtered(lambda move: move.state == "posted" and isinstance(move.id, int))
        for company, moves in posted.grouped("company_id").items():
            engine = self.env["account.late.interest"].with_company(company)
            for late in engine._get_late(company, company._dunning_today(), moves.ids).values():
                found[late.move_id].append(late)
        return found

    # === What the form asks for beside itself === #

    def get_late_interest(self):
        """For the invoice's page *Dunning*: the amounts as text, why they are not known, what was waived."""
        self.ensure_one()
        self.check_access("read")
        waivers = self.env["account.late.interest.waiver"]
        waivers.check_access("read")
        waiver = waivers.search([("move_id", "=", self.id), ("date_revoked", "=", False)])
        return {
            "interest": self._format_late(self.late_interest_amount),
            "compensation": self._format_late(self.late_compensation_amount),
            "is_due": bool(self.late_interest_amount or self.late_compensation_amount),
            "remark": self.late_interest_remark,
            "waiver": waiver._describe() if waiver else "",
            "can_waive": not waiver and waivers.has_access("create") and not self._get_obstacle_to_waive(),
            "can_revoke": bool(waiver) and waivers.has_access("write"),
        }

    def _format_late(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _get_obstacle_to_waive(self):
        """Why nothing is waived of this invoice, in one sentence; empty where it may be."""
        if self.sudo().commercial_partner_id.debtor_kind == "public":
            return self.env._(
                "Interest of a public body is not waived: it is due by law (code de la commande publique)."
            )
        if not self.is_sale_document(include_receipts=True) or self.state != "posted":
            return self.env._("Interest is waived on posted customer invoices only.")
        return ""

    # === Actions === #

    def action_late_interest(self):
        """*How is this computed?*"""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How Is This Computed?"),
            "res_model": "account.late.interest.sheet",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }

    def action_waive_late_interest(self):
        self.ensure_one()
        problem = self._get_obstacle_to_waive()
        if problem:
            raise UserError(problem)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Interest"),
            "res_model": "account.late.interest.waiver",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    def action_revoke_waiver(self):
        """What was waived is due again."""
        self.check_access("read")
        waivers = self.env["account.late.interest.waiver"]
        return waivers.search([("move_id", "in", self.ids), ("date_revoked", "=", False)]).action_revoke()
