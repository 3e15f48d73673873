from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class AccountDunningItem(models.Model):
    _name = "account.dunning.item"
    _description = "Dunning Item"
    _log_access = False  # its case and notices tell who and when; four columns less in each row of a night
    _order = "date_due, id"

    move_line_id = fields.Many2one("account.move.line", string="Journal Item", ondelete="set null")
    move_id = fields.Many2one("account.move", string="Invoice", index=True, ondelete="cascade")
    rank = fields.Integer(help="The position of this instalment among those of its invoice, by due date.")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    case_id = fields.Many2one("account.dunning.case", index=True, ondelete="set null")
    active = fields.Boolean(default=True)
    date_due = fields.Date(string="Due Date")
    # what was reached: changes only when a notice left, fell back, or a manager moved the item
    level_id = fields.Many2one("account.dunning.level", string="Level", readonly=True, ondelete="restrict")
    stage = fields.Selection(related="level_id.stage", store=True)
    stage_count = fields.Integer(string="Notices of the Stage", readonly=True)
    round = fields.Integer(readonly=True)
    last_notice_date = fields.Date(string="Last Notice", readonly=True)
    response_date = fields.Date(string="Last Day to Answer", readonly=True)
    sent_on = fields.Date(string="Invoice Sent On", readonly=True)
    at_once = fields.Boolean(
        string="Next Level at Once", readonly=True, help="A promise was broken: the next level waits for no delay."
    )
    # projection
    amount_claimed = fields.Monetary(string="Claimed", readonly=True)
    next_level_id = fields.Many2one("account.dunning.level", string="Next Level", readonly=True, ondelete="set null")
    next_date = fields.Date(string="Next Step On", readonly=True, index="btree_not_null")
    reason = fields.Selection(selection="_selection_reason", readonly=True)
    reason_until = fields.Date(string="Until", readonly=True)
    reason_detail = fields.Char(string="Detail", readonly=True)
    projected_at = fields.Datetime(string="As Of", readonly=True)
    why = fields.Char(compute="_compute_why", string="Reason and Hold")

    limitation_date = fields.Date(
        string="Limitation On",
        compute="_compute_limitation_date",
        compute_sudo=True,
        help="The last day on which this can be claimed in court, from its due date and from what is documented since: "
        "payments, promises and plans with a document, interruptions entered on the case. Empty where the years of the "
        "law are not known.",
    )

    # each index of this table is written with every row of the night: these also serve the foreign keys
    _one_per_line = models.UniqueIndex("(move_line_id)", "This journal item is already dunned.")
    _partner_idx = models.Index("(partner_id, company_id)")
    _archived_has_no_line = models.Constraint(
        "CHECK (active OR move_line_id IS NULL)", "An archived item has no journal item any more."
    )

    @api.depends("move_id.name", "rank")
    def _compute_display_name(self):
        for item in self:
            item.display_name = f"{item.move_id.sudo().name or ''} ({item.rank})"

    @api.depends("reason", "reason_until", "reason_detail", "amount_claimed")
    @api.depends_context("lang")
    def _compute_why(self):
        say = self.env["account.dunning.explanation"]._say_short
        for item in self:
            item.why = say(item.reason, item.reason_until, item.reason_detail)

    @api.depends("date_due")
    def _compute_limitation_date(self):
        last_days = self.env["account.dunning.limitation"]._get_last_days(self._origin)
        for item in self:
            item.limitation_date = last_days.get(item._origin)

    @api.model
    def _search_display_name(self, operator, value):
        """By the number of the invoice, also for who may not open invoices."""
        return Domain("move_id", "in", self.env["account.move"].sudo()._search(Domain("name", operator, value)))

    def _selection_reason(self):
        return self.env["account.dunning.explanation"]._get_reasons()

    @api.model
    def _reach(self, notice_ids, day):
        """The items that these notices claim have reached their levels: the notices left on `day`."""
        if not notice_ids:
            return
        query = SQL(
            """
            UPDATE account_dunning_item item
               SET level_id = level.id, stage = level.stage, last_notice_date = %(day)s,
                   response_date = notice.response_date, at_once = FALSE,
                   stage_count = CASE WHEN notice.repeats THEN item.stage_count
                                      WHEN item.stage = level.stage THEN COALESCE(item.stage_count, 0) + 1
                                      ELSE 1 END
              FROM account_dunning_notice_line line
              JOIN account_dunning_level level ON level.id = line.level_id
              JOIN account_dunning_notice notice ON notice.id = line.notice_id
             WHERE line.notice_id IN %(notices)s AND line.role = 'claimed' AND line.live
               AND item.id = line.item_id
            """,
            day=day,
            notices=tuple(notice_ids),
        )
        self.env.cr.execute(query, log_exceptions=False)
        self.invalidate_model(flush=False)

    def _return(self, level):
        """The notice of `level`, which had left, did not arrive: back to what was reached before it."""
        for item in self:
            earlier = item._get_reached_lines()[:1]
            count = item.stage_count - 1 if earlier.level_id.stage == level.stage else 0
            ranked = earlier.level_id._rank() if earlier and not count else count
            item.write(
                {
                    "level_id": earlier.level_id.id,
                    "stage_count": ranked,
                    "last_notice_date": earlier.notice_id.date_left,
                    "response_date": earlier.notice_id.response_date,
                }
            )

    def _get_reached_lines(self):
        """The claimed lines of notices that left and still count, latest first."""
        domain = [("item_id", "in", self.ids), ("role", "=", "claimed"), ("live", "=", True)]
        lines = self.env["account.dunning.notice.line"].sudo().search(domain)
        left = lines.filtered(lambda line: line.notice_id.date_left)
        return left.sorted(lambda line: (line.notice_id.date_left, line.id), reverse=True)

    def _match_again(self, moves):
        """Items follow the due-date rank of their move's lines: ids are reused for other instalments."""
        items = self.with_context(active_test=False).search([("move_id", "in", moves.ids)])
        items.write({"active": False, "move_line_id": False})
        items.flush_recordset()  # lines may change places, and the index knows one item a line
        for move, of_move in items.grouped("move_id").items():
            receivable = move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
            lines = receivable.sorted(lambda line: (line.date_maturity or line.date, line.id))
            by_rank = dict(enumerate(lines, 1))
            for item in of_move.filtered(lambda item, by_rank=by_rank: item._is_of(by_rank.get(item.rank))):
                line = by_rank[item.rank]
                item.write({"active": True, "move_line_id": line.id, "date_due": line.date_maturity or line.date})

    def _is_of(self, line):
        """True when `line` claims from the same customer in the same currency: another one starts at none."""
        return line and (line.partner_id.commercial_partner_id, line.currency_id) == (self.partner_id, self.currency_id)
