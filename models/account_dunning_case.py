from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.escalation import DUE, SETTLED
from .account_dunning_notice import PENDING

AGES = ("amount_not_due", "amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90")
IDENTITY = ("partner_id", "company_id", "currency_id", "state", "date_closed", "item_ids", "notice_ids")
PROJECTED = ("amount_overdue", *AGES, "level_id", "next_level_id", "next_date", "projected_at")
NOT_BY_HAND = frozenset(IDENTITY + PROJECTED)


class AccountDunningCase(models.Model):
    _name = "account.dunning.case"
    _description = "Dunning Case"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "amount_overdue desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    state = fields.Selection([("open", "Open"), ("closed", "Closed")], required=True, default="open", tracking=True)
    user_id = fields.Many2one("res.users", string="Responsible", tracking=True)
    item_ids = fields.One2many("account.dunning.item", "case_id", string="Items")
    notice_ids = fields.One2many("account.dunning.notice", "case_id", string="Notices")
    plan_ids = fields.One2many("account.dunning.plan", "case_id", string="Plans")
    hold_ids = fields.One2many("account.dunning.hold", "case_id", string="Holds")
    interruption_ids = fields.One2many("account.dunning.interruption", "case_id", string="Limitation Interrupted")
    contact_ids = fields.One2many("account.dunning.contact", "case_id", string="Contacts")
    task_ids = fields.One2many("account.dunning.task", "case_id", string="Tasks")
    event_ids = fields.One2many("account.dunning.event", "case_id", string="Timeline")
    date_closed = fields.Date(string="Closed On")
    # projection: written by the night and after our own actions
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    amount_not_due = fields.Monetary(string="Not Due", readonly=True)
    amount_1_30 = fields.Monetary(string="1-30 Days", readonly=True)
    amount_31_60 = fields.Monetary(string="31-60 Days", readonly=True)
    amount_61_90 = fields.Monetary(string="61-90 Days", readonly=True)
    amount_over_90 = fields.Monetary(string="Over 90 Days", readonly=True)
    level_id = fields.Many2one("account.dunning.level", string="Level", readonly=True, ondelete="set null")
    next_level_id = fields.Many2one("account.dunning.level", string="Next Level", readonly=True, ondelete="set null")
    next_date = fields.Date(string="Next Step On", readonly=True)
    explanation = fields.Char(string="Why", compute="_compute_explanation", compute_sudo=True)
    projected_at = fields.Datetime(string="As Of", readonly=True)
    # from the ledger, now
    amount_open = fields.Monetary(
        string="Open in the Books",
        compute="_compute_amount_open",
        compute_sudo=True,
        help="What the items still owe, before credits and what is on hold.",
    )

    _one_open = models.UniqueIndex(
        "(partner_id, company_id, currency_id) WHERE state = 'open'",
        "This customer already has an open case in this currency.",
    )

    def write(self, vals):
        if not self.env.su and NOT_BY_HAND & vals.keys():
            raise UserError(
                self.env._("A case is opened, closed and added up by itself: only its work is entered here.")
            )
        return super().write(vals)

    @api.depends("item_ids.reason", "item_ids.next_date", "item_ids.next_level_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        """The sentence of the item that comes next, from the projection."""
        sentence = self.env["account.dunning.explanation"]._sentence
        for case in self:
            open_items = case.item_ids.filtered(lambda item: item.reason != SETTLED)
            item = open_items.sorted(_get_urgency)[:1]
            today = case.company_id._dunning_today()
            reason = item.reason, item.next_level_id, item.next_date, item.reason_until, item.reason_detail
            case.explanation = sentence(*reason, item.date_due, today)

    @api.depends("item_ids")
    def _compute_amount_open(self):
        query = SQL(
            """
            SELECT item.case_id, SUM(line.amount_residual_currency)
              FROM account_dunning_item item JOIN account_move_line line ON line.id = item.move_line_id
             WHERE item.case_id IN %s AND item.active AND line.parent_state = 'posted' GROUP BY item.case_id
            """,
            tuple(self.ids) or (0,),
        )
        self.env["account.move.line"].flush_model(["amount_residual_currency", "parent_state"])
        amounts = dict(self.env.execute_query(query))
        for case in self:
            case.amount_open = amounts.get(case.id, 0)

    @api.model
    def _open_for(self, items):
        """Open a case, or take the open one, for items that are in none yet: those that are not overdue."""
        for (partner, company, currency), of_case in items.grouped(_get_identity).items():
            identity = {"partner_id": partner.id, "company_id": company.id, "currency_id": currency.id}
            known = self.search([*((name, "=", value) for name, value in identity.items()), ("state", "=", "open")])
            of_case.case_id = known or self.create(identity)

    def _get_overdue_items(self):
        return self.item_ids.filtered(
            lambda item: item.reason != SETTLED and item.date_due and item.date_due < item.company_id._dunning_today()
        )

    def action_hold(self):
        return self.env["account.dunning.hold.wizard"]._open(self, self.env["account.dunning.item"])

    def action_plan(self):
        return self.env["account.dunning.plan.wizard"]._open(self, self.env["account.dunning.item"])

    def action_log_call(self):
        """The dialog of a call on this case; saving it does the task."""
        return self.env["account.dunning.contact.wizard"]._open(self, self.env["account.dunning.item"])

    def action_open_notices_to_approve(self):
        """Those of these customers, with their letters; a message where there are none."""
        waiting = [("case_id", "in", self.ids), ("state", "=", "draft"), ("own_level_id", "!=", False)]
        if not self.env["account.dunning.notice"].search_count(waiting, limit=1):
            raise UserError(self.env._("No notice of these customers waits for approval."))
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.account_dunning_notice_action_approve")
        return {**action, "domain": waiting}

    def action_print_letters(self):
        """The last letter of each of these customers, in the order of the list."""
        self.check_access("read")
        letters = self._get_last_letters()
        if not letters:
            raise UserError(self.env._("No letter was made for these customers yet."))
        missing = [
            {"number": "", "customer": case.partner_id.display_name, "reason": self.env._("No letter was made yet.")}
            for case in self
            if case not in letters
        ]
        asked = [(letters[case], None) for case in self if case in letters]
        return self.env["account.dunning.letter.batch"]._open(asked, missing)

    def _get_last_letters(self):
        """{case: its last notice with a letter}"""
        made = [("case_id", "in", self.ids), ("state", "=", "issued"), ("document_id", "!=", False)]
        notices = self.env["account.dunning.notice"].search(made, order="date_issued, id")
        return {notice.case_id: notice for notice in notices}

    def action_assign_to_me(self):
        self.user_id = self.env.user

    def _close(self):
        nothing = {**dict.fromkeys(AGES, 0), "amount_overdue": 0, "next_level_id": False, "next_date": False}
        self.write({"state": "closed", "date_closed": fields.Date.today(), **nothing})
        self.task_ids.filtered(lambda task: task.state == "open")._finish()

    def _join_for_merge(self, src_partners, dst_partner):
        """Before partners are merged: their open cases of one company and currency become one."""
        cases = self.search([("partner_id", "in", (src_partners | dst_partner).ids), ("state", "=", "open")])
        for same in cases.grouped(lambda case: (case.company_id, case.currency_id)).values():
            kept = (same.filtered(lambda case: case.partner_id == dst_partner) or same)[0]
            (same - kept)._join(kept)
        self.env.flush_all()

    def _join(self, kept):
        """Hand everything over to the case `kept` and close; what has not left is decided anew."""
        self.notice_ids.filtered(lambda notice: notice.state in PENDING)._cancel(
            self.env._("The customer was merged with another")
        )
        self.task_ids.filtered(lambda task: task.state == "open")._finish()
        self.env["account.dunning.item"].with_context(active_test=False).search(
            [("case_id", "in", self.ids)]
        ).case_id = kept
        self.hold_ids.case_id = kept
        self.plan_ids.case_id = kept
        self.contact_ids.case_id = kept
        self._close()

    def _raise_task(self, kind, date_due=None, note=""):
        """Make a task of this kind on each case that has none open; the unique index settles races."""
        existing = self.task_ids.filtered(lambda task: task.state == "open" and task.kind == kind)
        missing = self - existing.case_id
        self.task_ids.flush_recordset(["state"])  # the index knows what was just done
        return self.env["account.dunning.task"].create(
            [
                {
                    "case_id": case.id,
                    "kind": kind,
                    "date_due": date_due or case.company_id._dunning_today(),
                    "user_id": case._get_task_owner(kind).id,
                    "note": note,
                }
                for case in missing
            ]
        )

    def _plan_task(self, kind, day, note=""):
        """The open task of this kind is put off to `day`; where none is open, one is made for it."""
        tasks = self.task_ids.filtered(lambda task: task.kind == kind and task.state == "open")
        tasks.write({"date_due": day, "note": note} if note else {"date_due": day})
        self._raise_task(kind, day, note)

    def _get_policy(self, items=None):
        """The policy of the first of `items` whose invoice has its own, else the customer's."""
        self.ensure_one()
        policies = self.env["account.dunning.policy"]
        facts = policies._get_facts(self.partner_id.sudo().with_company(self.company_id))
        own = items.move_id.sudo().dunning_policy_id[:1] if items else policies
        return policies.browse(policies._resolve_row(self.company_id.id, {**facts, "move_policy_id": own.id}))

    def _finish_tasks(self, kind):
        self.task_ids.filtered(lambda task: task.kind == kind and task.state == "open")._finish()

    def _was_called(self):
        """True when a call was logged or asked for on this case already."""
        called = self.contact_ids.filtered(lambda contact: contact.kind == "call")
        return bool(called or self.task_ids.filtered(lambda task: task.kind == "call"))

    def _get_task_owner(self, kind=None):
        """Whoever approves gets what is to be approved; else the customer's own, else the company's responsible."""
        approver = self.company_id.dunning_approver_id.filtered("active")
        if kind == "approve" and approver:
            return approver
        owners = self.user_id | self.partner_id.with_company(self.company_id).dunning_user_id
        return (owners.filtered("active") or self.company_id.dunning_user_id.filtered("active"))[:1]


def _get_identity(item):
    return item.partner_id, item.company_id, item.currency_id


def _get_urgency(item):
    """What is due tonight first, of that the highest level; as the projection chooses the case's next level."""
    return item.reason != DUE, item.next_date or date.max, -item.next_level_id.sequence, item.id
