from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..models.account_dunning_task import WORKING_DAYS_BEFORE_EXPIRY
from ..models.file_download import download


class AccountDunningPrint(models.TransientModel):
    """The dialog behind *Print, Follow-up letter* and *Send a reminder now* of invoices."""

    _name = "account.dunning.print"
    _description = "Follow-up Letter"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True, readonly=True)
    by = fields.Selection(
        [("letter", "Printed letter"), ("level", "As the level says")], required=True, default="letter", readonly=True
    )
    kind = fields.Selection(
        [
            ("copy", "The letter that was made already, unchanged"),
            ("next", "The next level"),
            ("repeat", "The level reached once more, with today's figures"),
        ],
        string="Letter",
        compute="_compute_kind",
        store=True,
        readonly=False,
        help="Printing moves no level: the level is reached when the letter is marked as posted.",
    )
    scope = fields.Selection(
        [("invoices", "The selected invoices"), ("customer", "All that the customer owes")],
        string="Claims",
        required=True,
        default="invoices",
    )
    date_letter = fields.Date(
        string="To Be Posted On",
        compute="_compute_date_letter",
        store=True,
        readonly=False,
        help="Printed on the letter, which grants its days from then on, and proposed when it is marked as posted.",
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    is_possible = fields.Boolean(compute="_compute_summary")

    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        moves = self.env["account.move"].browse(self.env.context.get("active_ids", []))
        if "move_ids" in fields_list and self.env.context.get("active_model") == "account.move":
            moves.check_access("read")
            defaults["move_ids"] = [fields.Command.set(moves.ids)]
        return defaults

    @api.depends("move_ids")
    def _compute_kind(self):
        for dialog in self:
            copies = dialog._get_by_hand()._get_copies(dialog.move_ids)
            waits = copies.filtered(lambda notice: not notice.date_left)
            dialog.kind = "copy" if dialog.by == "letter" and waits else "next"

    @api.depends("move_ids")
    def _compute_date_letter(self):
        for dialog in self:
            dialog.date_letter = max(
                company._dunning_today() for company in dialog.move_ids.company_id or self.env.company
            )

    @api.depends("move_ids", "kind", "scope", "by")
    @api.depends_context("lang")
    def _compute_summary(self):
        for dialog in self:
            rows, refusals = dialog._get_rows()
            dialog.is_possible = bool(rows)
            dialog.summary = self.env["ir.qweb"]._render(
                "account_dunning.print_summary", {"rows": rows, "refusals": refusals}
            )

    def _get_by_hand(self):
        return self.env["account.dunning.by.hand"].sudo()

    def _by_company(self):
        """(company, its invoices that have a customer and can be dunned at all)"""
        sound = self.move_ids.filtered(lambda move: not self._get_obstacle(move)).sudo()
        return [(company, moves.with_company(company)) for company, moves in sound.grouped("company_id").items()]

    def _get_options(self):
        return {"all_open": self.scope == "customer", "repeat": self.kind == "repeat"}

    # === What is shown first === #

    def _get_rows(self):
        """(letters that would be made, what is left out and why) as text."""
        refusals = [
            {"name": move.display_name, "why": self._get_obstacle(move)}
            for move in self.move_ids
            if self._get_obstacle(move)
        ]
        rows = []
        for company, moves in self._by_company():
            if self.kind == "copy":
                rows += [self._get_copy_row(notice) for notice in self._get_by_hand()._get_copies(moves)]
                continue
            for asked in self._get_by_hand()._look(company, moves, **self._get_options()):
                rows += [self._get_row(company, asked, notice) for notice in asked.answer.notices]
                refusals += [self._get_refusal(company, asked, step) for step in asked.answer.refused]
        return rows, refusals

    def _get_obstacle(self, move):
        """Why this document is never dunned, in one sentence; empty for a posted customer invoice."""
        if not move.is_sale_document(include_receipts=True) and not move.is_entry():
            return self.env._("Only what customers owe is claimed: this is not a customer invoice.")
        if move.move_type == "out_refund":
            return self.env._("A credit note is not claimed: it is taken off what the customer owes.")
        if move.state != "posted":
            return self.env._("It is not posted: confirm it first.")
        if not move.is_entry() and not move.amount_residual:
            return self.env._("It is paid.")
        return ""

    def _get_copy_row(self, notice):
        return {
            "customer": notice.partner_id.display_name,
            "level": notice.level_id.name,
            "names": ", ".join(sorted(filter(None, notice._get_claimed_lines().mapped("name")))),
            "amount": formatLang(self.env, notice.amount_claimed, currency_obj=notice.currency_id),
            "notes": [self.env._("%(number)s of %(date)s", number=notice.name, date=self._format(notice.date_issued))],
            "approval": False,
            "waits": False,
        }

    def _format(self, day):
        return format_date(self.env, day)

    def _get_row(self, company, asked, notice):
        currency = self.env["res.currency"].browse(asked.decision.standing.currency_id)
        going = {step.item_id for step in notice.steps}
        warned = [step for step in asked.answer.warned if step.item_id in going]
        return {
            "customer": self.env["res.partner"].sudo().browse(asked.decision.standing.partner_id).display_name,
            "level": self._get_level(notice).name,
            "names": ", ".join(sorted({asked.rows[step.item_id]["name"] for step in notice.steps})),
            "amount": formatLang(self.env, float(notice.amount_claimed), currency_obj=currency),
            "notes": list(dict.fromkeys(self._get_sentence(company, asked, step) for step in warned)),
            "approval": bool(notice.own_level_id),
            "waits": bool(warned),
        }

    def _get_level(self, planned):
        return self.env["account.dunning.level"].sudo().browse(planned.level.id if planned.level else False)

    def _get_refusal(self, company, asked, step):
        return {"name": asked.rows[step.item_id]["name"], "why": self._get_sentence(company, asked, step)}

    def _get_sentence(self, company, asked, step):
        reason = step.reason, self._get_level(step), step.next_date, step.until, step.detail
        dates = asked.rows[step.item_id]["date_due"], company._dunning_today()
        return self.env["account.dunning.explanation"]._sentence(*reason, *dates)

    # === What is done === #

    def action_print(self):
        """The letters as one PDF; what waits for approval instead is shown."""
        self.ensure_one()
        if self.kind == "copy":
            notices = self._get_by_hand()._get_copies(self.move_ids)
            return self._download(notices) if notices else self._refuse()
        self._check_date()
        issued, waiting = self._issue(self._get_by_hand()._get_letter_channel, self.date_letter)
        if issued:
            return self._download(issued)
        return self._show(waiting) if waiting else self._refuse()

    def action_statement(self):
        """All that is open with the customers, without a claim: also where no letter can go."""
        self.ensure_one()
        customers = self.move_ids.partner_id.commercial_partner_id
        if not customers:
            raise UserError(self.env._("These documents have no customer."))
        return self.env["account.dunning.statement.wizard"]._open(customers, self.move_ids.company_id[:1])

    def action_send(self):
        """Issue now, by the channel of the level; the sending job takes it from there."""
        self.ensure_one()
        closed = self.move_ids.company_id.filtered(lambda company: company.sudo().dunning_mode != "send")
        if closed:
            raise UserError(
                self.env._("Nothing is sent while the dunning mode of %s is not “Send”: print it.", closed[0].name)
            )
        issued, waiting = self._issue(lambda company: None)
        if not issued and not waiting:
            return self._refuse()
        self.env.ref("account_dunning.ir_cron_deliver").sudo()._trigger()
        return self._show(issued | waiting)

    def _check_date(self):
        """Unposted letters are cancelled after some days: none is dated later than that."""
        for company in self.move_ids.company_id:
            today = company._dunning_today()
            if not today <= self.date_letter <= company._add_working_days(today, WORKING_DAYS_BEFORE_EXPIRY - 1):
                raise UserError(self.env._("The letter is posted today or within the next nine working days."))

    def _issue(self, get_channel, date_letter=None):
        issued = waiting = self.env["account.dunning.notice"].sudo()
        for company, moves in self._by_company():
            how = {"channel": get_channel(company), "date_letter": date_letter, **self._get_options()}
            done, kept = self._get_by_hand()._issue(company, moves, **how)
            issued, waiting = issued | done, waiting | kept
        return issued, waiting

    def _refuse(self):
        _rows, refusals = self._get_rows()
        raise UserError("\n".join(f"{one['name']}: {one['why']}" for one in refusals) or self.env._("Nothing is due."))

    def _download(self, notices):
        """One letter is downloaded as it is stored; several go the way of every selection."""
        if len(notices) > 1:
            return self.env["account.dunning.letter.batch"]._open([(notice, None) for notice in notices])
        return download(notices.sudo().document_id)

    def _show(self, notices):
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Dunning Notices"),
            "res_model": "account.dunning.notice",
        }
        if len(notices) == 1:
            return {**action, "view_mode": "form", "res_id": notices.id}
        return {**action, "view_mode": "list,form", "domain": [("id", "in", notices.ids)]}
