from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from ..core.escalation import SETTLED
from .account_dunning_channel import REGISTERED_EMAILS

FROZEN = frozenset(
    (
        "name", "case_id", "partner_id", "company_id", "currency_id", "policy_id", "level_id", "own_level_id",
        "date_issued", "date_letter", "response_date", "subject", "body", "addressee", "lang", "amount_claimed",
        "amount_interest", "amount_compensation", "amount_total", "line_ids", "channel_id", "repeats",
        "interest_mode", "interest_terms", "payment_reference", "page", "mail_body",
        "enclosures",
    )
)  # fmt: skip
WRITTEN_ONCE = ("document_id", "document_sha256")
PENDING = ("draft", "approved")
IN_VAIN = ("bounced", "failed", "cancelled")  # deliveries after which another may follow
INTEREST_MODES = [("none", "Not printed"), ("mention", "Mentioned, not claimed"), ("claim", "Claimed")]


class AccountDunningNotice(models.Model):
    _name = "account.dunning.notice"
    _description = "Dunning Notice"
    _order = "date_issued desc, id desc"

    name = fields.Char(string="Number", readonly=True, copy=False)
    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    policy_id = fields.Many2one("account.dunning.policy", required=True, ondelete="restrict")
    level_id = fields.Many2one("account.dunning.level", required=True, ondelete="restrict")
    own_level_id = fields.Many2one(
        "account.dunning.level",
        string="Level of Its Own",
        ondelete="restrict",
        help="Empty for the one notice that all ordinary reminders of a customer share.",
    )
    stage = fields.Selection(related="level_id.stage", store=True)
    channel_id = fields.Many2one(
        "account.dunning.channel",
        string="Sent by Hand By",
        readonly=True,
        ondelete="restrict",
        help="Chosen by hand instead of the level's channel; such a notice has no copies.",
    )
    repeats = fields.Boolean(
        string="Repetition", readonly=True, help="The level reached was claimed once more: it moves nothing."
    )
    run_id = fields.Many2one("account.dunning.run", index="btree_not_null", ondelete="set null")
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("issued", "Issued"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        index=True,
    )
    date_prepared = fields.Date(string="Prepared On", default=fields.Date.context_today, readonly=True)
    date_not_before = fields.Date(string="Not Before", help="A call comes first; the notice leaves on this day.")
    date_issued = fields.Date(string="Date", readonly=True)
    date_letter = fields.Date(
        string="Date on the Letter", readonly=True, help="Where its posting is planned for a later day than its issue."
    )
    date_left = fields.Date(string="Left On", readonly=True)
    response_date = fields.Date(string="Last Day to Answer", readonly=True)
    effective_date = fields.Date(string="Served On", readonly=True)
    effective_basis = fields.Selection([("declared", "Declared"), ("proved", "Proved")], readonly=True)
    line_ids = fields.One2many("account.dunning.notice.line", "notice_id", string="Lines")
    amount_claimed = fields.Monetary(string="Claimed", readonly=True)
    amount_interest = fields.Monetary(string="Interest", readonly=True, help="As of the day of issue.")
    amount_compensation = fields.Monetary(string="Compensation", readonly=True)
    amount_total = fields.Monetary(
        string="Total", readonly=True, help="With interest and compensation where the level claims them."
    )
    interest_mode = fields.Selection(
        INTEREST_MODES,
        readonly=True,
        help="What the letter says of interest and compensation.",
    )
    interest_terms = fields.Text(string="Law and Rates", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html(string="Text", readonly=True, sanitize=False)
    payment_reference = fields.Char(readonly=True, help="What the customer is asked to write on his payment.")
    page = fields.Text(
        string="Page of the Letter", readonly=True, copy=False, prefetch=False, help="The PDF is made from it."
    )
    mail_body = fields.Html(string="Text of the E-mail", readonly=True, copy=False, sanitize=False, prefetch=False)
    enclosures = fields.Json(
        readonly=True, copy=False, help="Each file that goes along, with the SHA-256 of its bytes."
    )
    enclosure_names = fields.Char(string="Enclosures", compute="_compute_enclosure_names")
    addressee = fields.Text(readonly=True)
    lang = fields.Char(readonly=True)
    document_id = fields.Many2one(
        "ir.attachment", string="Letter", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    document_sha256 = fields.Char(string="SHA-256", readonly=True)
    delivery_ids = fields.One2many("account.dunning.delivery", "notice_id", string="Deliveries")
    proof_ids = fields.One2many("account.dunning.proof", "notice_id", string="Proofs", readonly=True)
    is_test = fields.Boolean(string="Test", compute="_compute_is_test", compute_sudo=True)
    approved_by = fields.Many2one("res.users", readonly=True)
    approved_at = fields.Datetime(readonly=True)
    approved_lines = fields.Json(readonly=True)
    first_approved_by = fields.Many2one("res.users", string="First Approved By", readonly=True)
    first_approved_at = fields.Datetime(string="First Approved On", readonly=True)
    needs_second_approval = fields.Boolean(compute="_compute_needs_second_approval", compute_sudo=True)
    approval_remark = fields.Char(string="Approval", compute="_compute_approval_remark")
    incomplete = fields.Html(
        string="Before It Can Leave", compute="_compute_incomplete", compute_sudo=True, sanitize=False
    )
    limitation_reason = fields.Char(
        string="Claimed after Limitation",
        readonly=True,
        copy=False,
        help="Why a manager approved it although the limitation date is past.",
    )
    reason = fields.Char(readonly=True, help="Why the notice was cancelled or must be approved again.")

    _one_pending = models.UniqueIndex(
        "(case_id, policy_id, COALESCE(own_level_id, 0)) WHERE state IN ('draft', 'approved')",
        "A notice of this kind is already being prepared for this customer.",
    )
    _left_idx = models.Index("(company_id, partner_id, date_left) WHERE date_left IS NOT NULL")
    _name_unique = models.UniqueIndex("(company_id, name) WHERE name IS NOT NULL", "This number is already used.")

    @api.depends("name", "level_id.name", "partner_id.name")
    def _compute_display_name(self):
        for notice in self:
            drafted = f"{notice.level_id.name}, {notice.partner_id.name}"
            notice.display_name = notice.name or self.env._("Draft: %s", drafted)

    @api.depends("amount_total", "currency_id", "company_id.dunning_second_approval_amount")
    def _compute_needs_second_approval(self):
        """The amount is the company's, the notice in its own currency."""
        for notice in self:
            company = notice.company_id
            limit, day = company.dunning_second_approval_amount, company._dunning_today()
            total = notice.currency_id._convert(notice.amount_total, company.currency_id, company, day) if limit else 0
            notice.needs_second_approval = limit and company.currency_id.compare_amounts(total, limit) >= 0

    @api.depends("delivery_ids.is_test", "delivery_ids.date_left", "delivery_ids.state")
    def _compute_is_test(self):
        """Where it failed there, another way may have taken it in earnest."""
        for notice in self:
            left = notice.delivery_ids.filtered(lambda one: one.leading and one.date_left and one.state not in IN_VAIN)
            notice.is_test = any(left.mapped("is_test"))

    @api.depends("enclosures")
    def _compute_enclosure_names(self):
        for notice in self:
            notice.enclosure_names = ", ".join(file["name"] for file in notice.enclosures or ())

    @api.depends("state", "reason", "first_approved_by", "first_approved_at")
    @api.depends_context("lang", "tz")
    def _compute_approval_remark(self):
        approvals = self.env["account.dunning.approval"]
        for notice in self:
            notice.approval_remark = approvals._say_waiting(notice)

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_incomplete(self):
        """For the form only: each letter is written out to be read."""
        completeness = self.env["account.dunning.completeness"]
        for notice in self:
            points = completeness._find(notice) if notice.state in PENDING and notice._origin else ()
            notice.incomplete = completeness._render_links(notice, points)

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("A notice is not changed by hand: approve, refuse or cancel it."))
        if FROZEN & vals.keys() and any(notice.state in ("issued", "cancelled") for notice in self):
            raise UserError(self.env._("An issued notice cannot be changed: cancel it, and a new one is prepared."))
        if any(name in vals and notice[name] for name in WRITTEN_ONCE for notice in self):
            raise UserError(self.env._("The letter of a notice is made once and never changes."))
        return super().write(vals)

    def unlink(self):
        if any(notice.state != "draft" for notice in self):
            raise UserError(self.env._("Only drafts can be deleted: cancel the notice instead."))
        return super().unlink()

    # === Transitions === #

    def action_approve(self):
        """Approve what can be approved and name the rest; an error where nothing could be."""
        self._check_manager()
        approval = self.env["account.dunning.approval"]._approve(self)
        if approval.refusals and not (approval.approved or approval.first or approval.late):
            raise UserError("\n".join(approval.refusals))
        messages = [*approval.first, *approval.refusals]
        if approval.late:
            return self.env["account.dunning.limitation"]._ask(approval.late, messages)
        return self._notify(messages) if messages else True

    @api.model
    def _notify(self, messages):
        """A message at the edge of the screen; the screen behind it is read anew."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": "\n".join(messages),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def approve_at_desk(self):
        """Approve from the list with the letters; (number approved, what there is to tell)."""
        known = self.exists()
        known._check_manager()
        approval = self.env["account.dunning.approval"]._approve(known)
        gone = [self.env._("A notice is no longer there: it was decided anew.")] if self - known else []
        answer = {"approved": len(approval.approved), "messages": [*approval.first, *approval.refusals, *gone]}
        if approval.late:
            answer["dialog"] = self.env["account.dunning.limitation"]._ask(approval.late, [])
        return answer

    def _finish_approval_tasks(self):
        """Once no notice of the case waits for approval any more."""
        for case in self.sudo().case_id:
            if not case.notice_ids.filtered(lambda notice: notice.state == "draft" and notice.own_level_id):
                case._finish_tasks("approve")

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise UserError(self.env._("Only a dunning manager approves, refuses or cancels notices."))
        self.check_access("write")

    def action_refuse(self, reason=""):
        """Cancel, and hold the claimed items until a manager lifts the pause."""
        self._check_manager()
        settled = self.env["account.dunning.approval"]._get_settled(self)
        if settled and len(settled) == len(self):
            raise UserError("\n".join(settled))
        for notice in self.sudo().filtered(lambda notice: notice.state in PENDING):
            self.env["account.dunning.hold"].create(
                {
                    "case_id": notice.case_id.id,
                    "item_ids": [fields.Command.set(notice._get_claimed_lines().item_id.ids)],
                    "kind": "pause",
                    "pause_reason": "other",
                    "note": reason or self.env._("Refused by %s", self.env.user.name),
                }
            )
            notice._cancel(reason or self.env._("Refused by %s", self.env.user.name))
        self._finish_approval_tasks()
        return True

    def action_cancel(self):
        self._check_manager()
        if any(notice.date_left for notice in self):
            raise UserError(self.env._("A notice that has left cannot be cancelled."))
        if self.sudo().delivery_ids.filtered(lambda delivery: delivery.state in ("sending", "uncertain")):
            raise UserError(self.env._("A notice that may have left cannot be cancelled: settle its delivery first."))
        self.sudo()._cancel(self.env._("Cancelled by %s", self.env.user.name))
        return True

    def action_issue(self):
        """Issue now, also in a quiet period: date, number and letter; what goes by post is printed then."""
        self._check_manager()
        for company, notices in self.sudo().grouped("company_id").items():
            notices.with_company(company)._check_issuable()
            self.env["account.dunning.issue"].sudo().with_company(company)._issue_now(company, notices)
            self.env["account.dunning.night"]._refresh(company, notices.partner_id)
        return self.action_print() if len(self) == 1 else True

    def _check_issuable(self):
        waiting = self.filtered(lambda notice: notice.state != "approved" and notice.own_level_id)
        done = self.filtered(lambda notice: notice.state not in PENDING)
        stale = self._get_stale(self.company_id)
        if done:
            raise UserError(self.env._("%s: already issued or cancelled.", done[0].display_name))
        if waiting:
            raise UserError(self.env._("%s: approve it first.", waiting[0].display_name))
        if stale:
            raise UserError(
                self.env._("%s: less is owed than it claims. The night decides it anew.", stale[0].display_name)
            )
        unreachable = self.filtered(lambda notice: not notice._get_leading_channel())
        if unreachable:
            raise UserError(self.env._("%s: no address for any channel.", unreachable[0].display_name))

    def action_print(self):
        """The stored letter; a notice without one has no letter yet."""
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._get_stored_letter().id}?download=true",
            "target": "self",
        }

    def _get_stored_letter(self):
        self.ensure_one()
        self.check_access("read")
        if not self.document_id:
            raise UserError(self.env._("This notice has no letter yet: it is made when the notice is issued."))
        return self.sudo().document_id

    def _cancel(self, reason):
        if not self:
            return
        self.line_ids.write({"live": False})
        open_deliveries = self.delivery_ids.filtered(lambda delivery: delivery.state == "queued")
        open_deliveries._cancel(reason)
        super().write({"state": "cancelled", "reason": reason})

    def _reopen(self, reason):
        """More is claimed than was approved: the approval no longer covers it."""
        nobody = dict.fromkeys(("approved_by", "approved_at", "first_approved_by", "first_approved_at"), False)
        self.write({"state": "draft", "reason": reason, "limitation_reason": False, **nobody})

    def _wait_for_approval(self, reason):
        """A person looks at it before it is issued, also where one had approved it."""
        if self.state == "approved":
            self._reopen(reason)
        self.filtered(lambda notice: notice.reason != reason).reason = reason

    def _explain_limitation(self, reason):
        """A manager says why it is claimed although no court would hear it any more."""
        self._check_manager()
        notices = self.sudo().filtered(lambda notice: notice.state in PENDING)
        notices.limitation_reason = reason
        for notice in notices:
            said = self.env._(
                "%(notice)s is claimed after the limitation date: %(reason)s", notice=notice.display_name, reason=reason
            )
            notice.case_id._message_log(body=said, author_id=self.env.user.partner_id.id)

    def _was_approved(self):
        """By one or by the first of two."""
        return self.state == "approved" or bool(self.first_approved_by)

    def _leave(self, day):
        """The leading delivery has left: the level of each claimed line is reached."""
        if not self:
            return
        self.env.flush_all()
        query = SQL(
            """
            UPDATE account_dunning_notice SET date_left = %s WHERE id IN %s AND date_left IS NULL RETURNING id
            """,
            day,
            tuple(self.ids),
        )
        self.env.cr.execute(query, log_exceptions=False)
        left = [notice_id for (notice_id,) in self.env.cr.fetchall()]
        self.invalidate_recordset(["date_left"], flush=False)
        self.env["account.dunning.item"]._reach(left, day)

    def _serve(self, day, basis, known):
        """Served on `day`; who has the letter only since it was `known` has his days to answer from then on."""
        self.write({"effective_date": day, "effective_basis": basis})
        items = self._get_claimed_lines().filtered("live").item_id
        items.filtered(lambda item: item.response_date and item.response_date < known).response_date = known

    def _unleave(self):
        """It came back and goes out again by another way: until that has left nothing was reached, nothing climbs."""
        for notice in self.filtered("date_left"):
            notice.date_left = False
            notice._get_claimed_lines()._give_back()

    def _fall_back(self):
        """The notice was not served: its lines no longer count and its items are due for the level again."""
        lines = self._get_claimed_lines().filtered("live")
        lines.write({"live": False})
        if self.date_left:
            lines._give_back()
        for item in lines.item_id:
            item.round += 1

    def _may_still_leave(self, last):
        """False for an issued notice that nothing would send any more after the day `last`."""
        leading = self.delivery_ids.filtered("leading")
        return any(delivery._is_under_way(last) for delivery in leading)

    def _waits_for_nothing(self):
        """A letter that nobody has posted yet, and nothing that it claims is owed any more."""
        waits = any(delivery.leading and delivery._waits_for_post() for delivery in self.delivery_ids)
        items = self._get_claimed_lines().item_id
        return waits and all(item.reason == SETTLED or not item.active for item in items)

    # === Figures === #

    def _get_claimed_lines(self):
        return self.line_ids.filtered(lambda line: line.role == "claimed")

    def _get_claims(self):
        """{item id as text: [level id, principal]} as it is approved."""
        return {str(line.item_id.id): [line.level_id.id, line.amount_claimed] for line in self._get_claimed_lines()}

    def _exceeds_approval(self, claims):
        """True when `claims` has an item, a level or an amount that the approval did not cover."""
        self.ensure_one()
        approved = self.approved_lines or {}
        return any(
            item not in approved
            or approved[item][0] != level
            or self.currency_id.compare_amounts(amount, approved[item][1]) > 0
            for item, (level, amount) in claims.items()
        )

    # === Issuing === #

    def _get_leading_channel(self):
        self.ensure_one()
        if self.channel_id:
            return self.channel_id
        channel, addressee = self.level_id.channel_id._get_way(self.partner_id.with_company(self.company_id))
        return self._pass_over_unserved(channel, addressee)

    def _pass_over_unserved(self, channel, addressee):
        """What was not served by one way goes by the stronger one that the channel names."""
        if not self.own_level_id or channel.method not in REGISTERED_EMAILS:
            return channel
        tried = [("notice_id.line_ids.item_id", "in", self._get_claimed_lines().item_id.ids), ("leading", "=", True)]
        failed = self.env["account.dunning.delivery"].search(
            [*tried, ("notice_id.own_level_id", "=", self.own_level_id.id), ("state", "in", ("refused", "unclaimed"))]
        )
        return channel.fallback_channel_id._reachable(addressee) if channel in failed.channel_id else channel

    def _get_lang(self):
        """The customer's language, else the company's."""
        return get_lang(self.env, self.partner_id.lang or self.company_id.partner_id.lang).code

    def _create_deliveries(self):
        """Of each the leading delivery, and copies by the level's other channels that reach the customer."""
        return self.env["account.dunning.delivery"].create(
            [vals for notice in self for vals in notice._prepare_deliveries_vals()]
        )

    def _get_leading_delivery(self):
        """The delivery that made it leave, or is to."""
        leading = self.delivery_ids.filtered("leading").sorted("id")
        return (leading.filtered("date_left") or leading)[-1:]

    def _prepare_deliveries_vals(self):
        deliveries = self.env["account.dunning.delivery"]
        leading = self._get_leading_channel()
        vals_list = [deliveries._prepare_delivery_vals(self, leading, leading=True)] if leading else []
        for channel in self.level_id.copy_channel_ids - leading if not self.channel_id else ():
            if channel._reachable(self.partner_id) == channel:
                vals_list.append(deliveries._prepare_delivery_vals(self, channel, leading=False))
        return vals_list

    # === Letter and mail === #

    @api.readonly
    def get_letter(self):
        """For the list with the letters: the stored letter's address, or the page as it would be issued today."""
        self.ensure_one()
        self.check_access("read")
        if self.document_id:
            return {"url": f"/web/content/{self.document_id.id}#toolbar=0&navpanes=0", "remark": self.approval_remark}
        notice = self.sudo()
        today = notice.company_id._dunning_today()
        draft = notice.new(origin=notice)
        letter = draft._preview(today)
        completeness = self.env["account.dunning.completeness"]
        points = completeness._get_links(notice, completeness._get_points(notice, letter))
        page = self.env["account.dunning.letter.images"]._put_in(draft)
        return {"html": page, "remark": self.approval_remark, "points": points}

    def _render_preview_pdf(self, today):
        page = self._render_preview(today)
        return self.env["account.dunning.document"]._print(page, self.name)

    def _render_preview(self, today):
        """The letter's page of a notice in memory, as if it were issued today; nothing of it is stored."""
        self._preview(today)
        return self.env["account.dunning.letter.images"]._put_in(self)

    def _preview(self, today):
        self.env["account.dunning.charge"]._charge(self.company_id, self, today)
        letter = self.env["account.dunning.letter"]._compose(
            self, today, number=self.with_context(lang=self._get_lang()).env._("PREVIEW")
        )[self]
        self.update({name: value for name, value in letter.vals.items() if name != "line_ids"})
        return letter

    def _get_printed_date(self):
        return self.date_letter or self.date_issued

    def _read_mail_files(self):
        """All files that go along are looked for at once: left alone, each notice would look for its own."""
        self.document_id.mapped("raw")
        self.env["account.dunning.enclosures"]._locate(self)

    def _get_mail_files(self):
        """(name, bytes, MIME type) of the letter and of its enclosures; an error where one is no longer what it was."""
        letter = self.document_id
        read = self.env["account.dunning.enclosures"]._read
        enclosed = [(file["name"], read(file), file["mimetype"]) for file in self.enclosures or ()]
        return [(letter.name, letter.raw, letter.mimetype), *enclosed]

    # === Rechecking === #

    def _get_stale(self, company):
        """The notices of which any claimed line is now paid, held or lower."""
        if not self:
            return self
        standing = self.env["account.dunning.standing"]
        ledger = standing._read(company, self.partner_id.ids)
        claims = {
            step.item_id: step.claim.claimed
            for decision in standing._decide(ledger).decisions
            for step in decision.steps
        }
        return self.filtered(lambda notice: any(notice._is_lower(line, claims) for line in notice._get_claimed_lines()))

    def _is_lower(self, line, claims):
        now = claims.get(line.item_id.id, Decimal(0))
        return self.currency_id.compare_amounts(float(now), line.amount_claimed) < 0
