"""What stands around the claims of notices: credits taken off, other open items, earlier reminders, enclosures."""

from typing import NamedTuple

from odoo import api, models

from ..core.escalation import COVERED, EXCLUDED, HELD, SETTLED
from .account_dunning_enclosures import NOTHING, Enclosures

NOT_LISTED = (COVERED, EXCLUDED, HELD, SETTLED)  # nothing of these is owed, or it is not the time to speak of it


class Credit(NamedTuple):
    """`vals`: of the notice line that keeps what of it was taken off."""

    vals: dict
    is_credit_note: bool


class Surroundings(NamedTuple):
    """`others`: values of notice lines; `earlier`: the notices of the same debts that have left."""

    credits: list
    others: list
    earlier: models.Model
    enclosures: Enclosures = NOTHING


class AccountDunningSurroundings(models.AbstractModel):
    _name = "account.dunning.surroundings"
    _description = "Surroundings of Dunning Notices"

    @api.model
    def _look(self, notices, today):
        """{notice: Surroundings} with the same few queries for any number of notices."""
        taken_off, others = self._find_credits(notices), self._find_others(notices, today)
        earlier = self._find_earlier(notices)
        enclosures = self.env["account.dunning.enclosures"]._find(notices)
        return {
            notice: Surroundings(
                self._get_credits(notice, taken_off.get(self._get_key(notice), ())),
                self._get_others(notice, others, today),
                self._get_earlier(notice, earlier),
                enclosures.get(notice, NOTHING),
            )
            for notice in notices
        }

    @api.model
    def _get_key(self, notice):
        return notice.company_id, notice.partner_id, notice.currency_id

    # === Credits === #

    @api.model
    def _find_credits(self, notices):
        """{(company, customer, currency): journal items in the customer's favour} of those whose claims they lower."""
        lowered = notices.filtered(lambda notice: any(notice._get_claimed_lines().mapped("amount_credit")))
        if not lowered:
            return {}
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "in", lowered.company_id.ids),
                ("partner_id.commercial_partner_id", "in", lowered.partner_id.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
            ],
            order="date, id",
        )
        return lines.grouped(lambda line: (line.company_id, line.partner_id.commercial_partner_id, line.currency_id))

    @api.model
    def _get_credits(self, notice, found):
        """The credits in their order, each with the part of it that these claims take."""
        rest = sum(notice._get_claimed_lines().mapped("amount_credit"))
        rows = []
        for line in found:
            taken = notice.currency_id.round(min(rest, -line.amount_residual_currency))
            if notice.currency_id.is_zero(taken):
                break
            rest -= taken
            rows.append(Credit(self._prepare_credit(line, taken), line.move_id.move_type == "out_refund"))
        return rows

    @api.model
    def _prepare_credit(self, line, taken):
        return {
            "role": "credit",
            "live": False,
            "name": line.move_id.name,
            "date_invoice": line.move_id.invoice_date or line.date,
            "amount_original": -line.amount_currency,
            "amount_residual": -line.amount_residual_currency,
            "amount_credit": taken,
        }

    # === Other open items === #

    @api.model
    def _find_others(self, notices, today):
        """{case: items past due} of the notices that list what they do not claim."""
        listing = notices.filtered(lambda notice: notice.stage == "reminder" and notice.level_id.list_other_items)
        if not listing:
            return {}
        items = self.env["account.dunning.item"].search(
            [("case_id", "in", listing.case_id.ids), ("reason", "not in", NOT_LISTED)], order="id"
        )
        items.move_line_id.mapped("date_maturity")  # all at once
        return items.filtered(lambda item: self._is_overdue(item, today)).grouped("case_id")

    @api.model
    def _is_overdue(self, item, today):
        line = item.move_line_id
        return line.amount_residual_currency > 0 and (line.date_maturity or line.date) < today

    @api.model
    def _get_others(self, notice, others, today):
        if notice.stage != "reminder" or not notice.level_id.list_other_items:
            return []
        items = others.get(notice.case_id, self.env["account.dunning.item"])
        return [self._prepare_other(item, today) for item in items - notice._get_claimed_lines().item_id]

    @api.model
    def _prepare_other(self, item, today):
        line = item.move_line_id
        due = line.date_maturity or line.date
        return {
            "role": "informative",
            "live": False,
            "item_id": item.id,
            "name": line.move_id.name,
            "date_invoice": line.move_id.invoice_date or line.date,
            "date_due": due,
            "days_overdue": (today - due).days,
            "amount_original": line.amount_currency,
            "amount_residual": line.amount_residual_currency,
        }

    # === Earlier reminders === #

    @api.model
    def _find_earlier(self, notices):
        """{item: notices that left with it}"""
        lines = self.env["account.dunning.notice.line"].search(
            [
                ("item_id", "in", notices._get_claimed_lines().item_id._origin.ids),
                ("role", "=", "claimed"),
                ("notice_id.date_left", "!=", False),
            ]
        )
        return {item: found.notice_id for item, found in lines.grouped("item_id").items()}

    @api.model
    def _get_earlier(self, notice, earlier):
        found = notice.browse()
        for item in notice._get_claimed_lines().item_id:
            found |= earlier.get(item._origin, found.browse())
        return found.filtered(lambda one: one.state == "issued").sorted(lambda one: (one.date_left, one.id))
