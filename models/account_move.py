from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import escalation

READERS = "account_dunning.group_dunning_user,account_dunning.group_dunning_auditor"  # not the customer in his portal
ITEM_FIELDS = ["move_id", "case_id", "level_id", "next_level_id", "next_date", "reason"]
ITEM_FIELDS += [
    "active",
    "company_id",
    "rank",
    "date_due",
    "amount_claimed",
    "currency_id",
    "reason_until",
    "reason_detail",
]  # shown on the form
COMING = (escalation.DUE, escalation.NOT_YET, escalation.INTERVAL)


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_policy_id = fields.Many2one(
        "account.dunning.policy",
        copy=False,
        check_company=True,
        string="Dunning Policy",
        help="Empty: the customer's policy, else the first whose conditions match, else the company's.",
        groups=READERS,
    )
    dunning_level_id = fields.Many2one(
        "account.dunning.level",
        compute="_compute_dunning",
        compute_sudo=True,
        search="_search_dunning_level_id",
        string="Dunning Level",
        groups=READERS,
    )
    dunning_state = fields.Selection(
        [
            ("none", "None"),
            ("scheduled", "Scheduled"),
            ("on_hold", "On hold"),
            ("in_progress", "In progress"),
            ("formal_notice", "Formal notice"),
            ("done", "Done"),
        ],
        compute="_compute_dunning",
        compute_sudo=True,
        search="_search_dunning_state",
        string="Dunning State",
        groups=READERS,
    )
    dunning_next_level_id = fields.Many2one(
        "account.dunning.level",
        compute="_compute_dunning",
        compute_sudo=True,
        search="_search_dunning_next_level_id",
        string="Next Dunning Level",
        groups=READERS,
    )
    dunning_next_date = fields.Date(
        compute="_compute_dunning",
        compute_sudo=True,
        search="_search_dunning_next_date",
        string="Next Dunning",
        groups=READERS,
    )
    dunning_case_id = fields.Many2one(
        "account.dunning.case", compute="_compute_dunning", compute_sudo=True, groups=READERS
    )
    dunning_reason = fields.Selection(
        selection=lambda self: self.env["account.dunning.explanation"]._get_reasons(),
        compute="_compute_dunning",
        compute_sudo=True,
        search="_search_dunning_reason",
        string="Why Dunned, or Not",
        groups=READERS,
    )
    dunning_item_ids = fields.Many2many(
        "account.dunning.item",
        compute="_compute_dunning",
        compute_sudo=True,
        string="Dunning Items",
        groups=READERS,
    )
    dunning_explanation = fields.Char(
        compute="_compute_dunning_explanation",
        compute_sudo=True,
        string="Why, or Why Not",
        groups=READERS,
    )
    dunning_notice_ids = fields.Many2many(
        "account.dunning.notice",
        compute="_compute_dunning_notice_ids",
        compute_sudo=True,
        string="Dunning Notices",
        groups=READERS,
    )

    def _compute_dunning(self):
        items = self.env["account.dunning.item"].search_fetch(
            [("move_id", "in", self.ids), ("company_id", "in", self.company_id.ids)], ITEM_FIELDS
        )
        by_move = items.grouped("move_id")
        projected = self._read_dunning_projection(self.ids)
        for move in self:
            move._set_dunning(by_move.get(move, items.browse()), projected.get(move.id, {}))

    def _set_dunning(self, items, projected):
        open_items = items.filtered(lambda item: item.reason != escalation.SETTLED)
        upcoming = open_items.filtered("next_date").sorted("next_date")[:1]
        levels = self.env["account.dunning.level"]
        self.dunning_item_ids = items
        self.dunning_reason = (upcoming or open_items)[:1].reason
        self.dunning_case_id = (open_items or items).case_id[:1]
        self.dunning_level_id = levels.browse(projected.get("level_id"))
        self.dunning_next_level_id = levels.browse(projected.get("next_level_id"))
        self.dunning_next_date = projected.get("next_date")
        self.dunning_state = projected.get("state", "none")

    def _search_dunning_reason(self, operator, value):
        items = self.env["account.dunning.item"].sudo()
        of_companies = Domain("company_id", "in", self.env.companies.ids)
        found = items._search(
            of_companies & Domain("reason", "!=", escalation.SETTLED) & Domain("reason", operator, value)
        )
        return Domain("id", "in", found.subselect("move_id"))

    def _compute_dunning_notice_ids(self):
        lines = self.env["account.dunning.notice.line"].search_fetch(
            [("item_id.move_id", "in", self.ids), ("notice_id.company_id", "in", self.company_id.ids)],
            ["item_id", "notice_id"],
        )
        by_move = lines.grouped("move_id")
        for move in self:
            move.dunning_notice_ids = by_move.get(move, lines.browse()).notice_id

    @api.depends_context("lang")
    def _compute_dunning_explanation(self):
        """Decided live from the ledger, by the same function as the night."""
        steps = self._get_live_steps()
        for move in self:
            move.dunning_explanation = move._explain(*steps.get(move.id, (None, None)))

    def _get_live_steps(self):
        """{move id: (the step of its item that comes next, the due date of that item)}"""
        standing = self.env["account.dunning.standing"]
        found = {}
        for company, moves in self.filtered(lambda move: move.state == "posted").grouped("company_id").items():
            customers = moves.commercial_partner_id
            if not customers:
                continue
            _ledger, standings = standing._look(company, customers.ids)
            for decision in standings.decisions:
                for step in decision.steps:
                    row = standings.rows_by_item[step.item_id]
                    one = step, row["date_due"]
                    found[row["move_id"]] = min(found.get(row["move_id"], one), one, key=_soonest)
        return found

    def _explain(self, step, date_due):
        explanation = self.env["account.dunning.explanation"]
        if self.state != "posted" or not self.is_sale_document(include_receipts=True):
            return False
        if not step:
            return explanation._sentence(escalation.SETTLED)
        level = self.env["account.dunning.level"].browse(step.level.id if step.level else False)
        today = self.company_id._dunning_today()
        return explanation._sentence(step.reason, level, step.next_date, step.until, step.detail, date_due, today)

    # === What the form asks for beside itself === #

    def get_dunning_way(self):
        """By which way and to whom the next notice goes, as a sentence; empty where nothing is on its way to go."""
        self.ensure_one()
        self.check_access("read")
        self.env["account.dunning.item"].check_access("read")
        level = self.sudo().dunning_next_level_id
        if not level or self.dunning_reason not in COMING:
            return ""
        partner = self.sudo().commercial_partner_id.with_company(self.company_id)
        return self.env["account.dunning.explanation"]._say_way(level, partner)

    def get_dunning_timeline(self):
        """What happened about this invoice, latest first, for its page: see `account.dunning.event`."""
        self.ensure_one()
        self.check_access("read")
        events = self.env["account.dunning.event"]
        events.check_access("read")
        return events._search_of_items(self.dunning_item_ids)._read_for_timeline()

    def _get_dunning_portal_link(self):
        """The address of its page in the portal, where that has its key already: no job writes to invoices."""
        self.ensure_one()
        return f"{self.get_base_url()}{self.access_url}?access_token={self.access_token}" if self.access_token else ""

    # === Actions of the form and the list === #

    def action_dunning_hold(self):
        """The dialog of a hold for these invoices; the context says which kind."""
        items = self._get_items_to_hold()
        return self.env["account.dunning.hold.wizard"]._open(items.case_id, items)

    def action_dunning_plan(self):
        """The dialog of a plan for what these invoices of one customer owe."""
        items = self._get_items_to_hold()
        return self.env["account.dunning.plan.wizard"]._open(items.case_id, items)

    def action_dunning_log_call(self):
        """The dialog of a call about these invoices of one customer."""
        items = self._get_items_to_hold()
        return self.env["account.dunning.contact.wizard"]._open(items.case_id, items)

    def _get_items_to_hold(self):
        """The open items of these invoices, each in an open case, also where no night has been by yet."""
        self.check_access("read")
        self.env["account.dunning.hold"].check_access("create")
        posted = self.filtered(lambda move: move.state == "posted" and move.commercial_partner_id)
        for company, moves in posted.grouped("company_id").items():
            self.env["account.dunning.night"]._refresh(company, moves.commercial_partner_id)
        items = self.env["account.dunning.item"].sudo()
        found = items.search([("move_id", "in", posted.ids), ("reason", "!=", escalation.SETTLED)])
        self.env["account.dunning.case"].sudo()._open_for(found.filtered(lambda item: item.case_id.state != "open"))
        return found.sudo(False)

    def action_open_dunning_case(self):
        self.ensure_one()
        if not self.dunning_case_id:
            raise UserError(self.env._("No dunning case was opened for this customer yet."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.dunning.case",
            "res_id": self.dunning_case_id.id,
            "view_mode": "form",
        }

    # === For platforms of electronic invoices === #

    def dunning_set_einvoice_status(self, code, date=None, reason="", amount=0):
        """Tell what the e-invoicing platform says of this invoice: it pauses, disputes or resumes dunning.

        For connectors, which call it on one posted customer invoice for every status that they receive, in any order
        and as often as they like: the same status of the same day is recorded once.

        :param str code: code of the life cycle, such as "207"; the known ones are under Configuration
        :param date: day of the status (`datetime.date` or "YYYY-MM-DD"), today when empty
        :param str reason: the motive that the platform or the customer gives
        :param float amount: the part disputed or not approved, 0 for the whole invoice
        :raise UserError: for an unknown code, a draft, a day that lies ahead or an amount above the invoice's
        :return: True
        """
        self.ensure_one()
        self.check_access("write")
        statuses = self.env["account.dunning.einvoice.status"].sudo()
        statuses._record(self.sudo(), str(code).strip(), fields.Date.to_date(date or None), reason or "", amount or 0)
        return True

    # === Draft again === #

    def button_draft(self):
        """Override of `account`: what has not left is cancelled with the reason."""
        result = super().button_draft()
        self._cancel_pending_notices()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._cancel_pending_notices()
        return result

    def _cancel_pending_notices(self):
        """What may have left stays until somebody has looked."""
        if not self.ids:
            return
        self.env.flush_all()
        query = SQL(
            """
            SELECT DISTINCT line.notice_id FROM account_dunning_notice_line line
              JOIN account_dunning_notice notice ON notice.id = line.notice_id
              JOIN account_dunning_item item ON item.id = line.item_id
             WHERE item.move_id IN %s AND line.live AND notice.date_left IS NULL AND notice.state != 'cancelled'
               AND NOT EXISTS (SELECT 1 FROM account_dunning_delivery delivery
                                WHERE delivery.notice_id = notice.id AND delivery.state IN ('sending', 'uncertain'))
            """,
            tuple(self.ids),
        )
        notice_ids = [notice_id for (notice_id,) in self.env.execute_query(query)]
        notices = self.env["account.dunning.notice"].sudo().browse(notice_ids)
        notices._cancel(self.env._("An invoice of it was reset to draft"))

    def _post(self, soft=True):
        """Override of `account`: a move posted again finds its items by the rank of their due dates."""
        posted = super()._post(soft)
        self.env["account.dunning.item"].sudo()._match_again(posted)
        return posted


def _soonest(found):
    step, _date_due = found
    return step.reason != escalation.DUE, step.next_date or date.max, step.item_id
