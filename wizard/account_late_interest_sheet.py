from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang, get_lang
from odoo.tools.translate import LazyTranslate

from ..core import compensation
from ..models.file_download import download_from

_lt = LazyTranslate(__name__)

REASONS = {
    compensation.NOT_LATE: _lt("none: not late"),
    compensation.NO_DEBTOR: _lt("none: due by businesses and public bodies only"),
    compensation.NO_TIER: _lt("none by this law"),
    compensation.INSOLVENT: _lt("none: late only after the opening judgment"),
    compensation.DISPUTED: _lt("none while the invoice is disputed"),
    compensation.BELOW_MINIMUM: _lt("none: the rest is below the policy's minimum"),
}


class AccountLateInterestSheet(models.TransientModel):
    """*How is this computed?* of one or more invoices, at any day; printed as an annex."""

    _name = "account.late.interest.sheet"
    _description = "Working of Late-Payment Interest"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True, readonly=True)
    date = fields.Date(
        string="Up To", required=True, default=fields.Date.context_today, help="The last day that counts, included."
    )
    working = fields.Html(compute="_compute_working", sanitize=False)

    @api.depends("move_ids", "date")
    @api.depends_context("lang")
    def _compute_working(self):
        for sheet in self:
            words = {"invoices": sheet._get_invoices() if sheet.date else []}
            sheet.working = self.env["ir.qweb"]._render("account_dunning.late_interest_working", words)

    def action_print(self):
        """The same as PDF in the customer's language, one customer at a time."""
        self.ensure_one()
        customer = self.move_ids.commercial_partner_id
        if len(customer) > 1 or len(self.move_ids.company_id) > 1:
            raise UserError(self.env._("An annex is about one customer of one company: choose his invoices only."))
        return download_from(self, self.env._("Interest.pdf"), self._render_annex(customer))

    def _render_annex(self, customer, lang=None):
        company = self.move_ids.company_id.sudo()
        lang = get_lang(self.env, lang or customer.lang or company.partner_id.lang).code
        sheet = self.with_context(lang=lang)
        words = {
            "company": company,
            "customer": customer,
            "day": format_date(sheet.env, self.date),
            "invoices": sheet._get_invoices(),
        }
        page = self.env["ir.qweb"]._render("account_dunning.late_interest_annex", words, lang=lang)
        return self.env["account.dunning.document"]._print(page, "")

    # === As text === #

    def _get_invoices(self):
        """What the templates show of each invoice, in the reader's language."""
        invoices = self.move_ids._origin  # the dialog computes before it is saved
        invoices.check_access("read")
        found = {}
        for company, moves in invoices.sudo().grouped("company_id").items():
            engine = self.env["account.late.interest"].sudo().with_company(company)
            for late in engine._get_late(company, self.date, moves.ids).values():
                found.setdefault(late.move_id, []).append(late)
        return [self._get_invoice(move, found[move.id]) for move in invoices.sudo() if move.id in found]

    def _get_invoice(self, move, found):
        interest, amount = sum(one.interest for one in found), sum(one.compensation for one in found)
        known = not any(one.missing for one in found)
        return {
            "name": move.name,
            "law": next((one.regime.law for one in found if one.regime), ""),
            "items": [self._get_item(move, one) for one in found],
            "interest": self._format(move, interest) if known else self.env._("not known"),
            "compensation": self._format(move, amount),
            "compensation_reason": self._say_compensation(found),
            "total": self._format(move, interest + amount) if known else self.env._("not known"),
            "waiver": self._say_waiver(move),
            "is_interest": move.dunning_is_interest,
        }

    def _get_item(self, move, late):
        return {
            "due": format_date(self.env, late.date_due),
            "principal": self._format(move, late.principal),
            "missing": late.missing,
            "interest": self._format(move, late.interest),
            "slices": [self._get_slice(move, part) for part in late.slices],
        }

    def _get_slice(self, move, part):
        return {
            "start": format_date(self.env, part.start),
            "end": format_date(self.env, part.end),
            "days": part.days,
            "balance": self._format(move, part.balance),
            "rate": self.env["account.late.interest"]._format_percent(part.rate),
            "source": part.source,
            "amount": self._format(move, part.amount),
        }

    def _say_compensation(self, found):
        """Why there is none; empty where there is one."""
        if any(one.compensation for one in found):
            return ""
        if any(one.waives_compensation for one in found):
            return self.env._("waived")
        reasons = {one.compensation_reason for one in found}
        reason = next(iter(sorted(reasons - {compensation.NOT_LATE})), compensation.NOT_LATE)
        return self.env._(REASONS[reason]) if reason in REASONS else ""

    def _say_waiver(self, move):
        waiver = self.env["account.late.interest.waiver"].sudo()
        in_force = waiver.search([("move_id", "=", move.id), ("date_revoked", "=", False)])
        return in_force._describe() if in_force else ""

    def _format(self, move, amount):
        return formatLang(self.env, float(amount), currency_obj=move.currency_id)
