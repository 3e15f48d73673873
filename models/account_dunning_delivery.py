import hashlib
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from .account_dunning_channel import LETTERS, REGISTERED

HAVE_OUTCOMES = {*LETTERS, *REGISTERED}
MAY_HAVE_LEFT = ("sending", "uncertain", "sent")
CONTENT = frozenset(("content_id", "content_sha256", "uuid", "recipient"))
ENTERED_BY_HAND = frozenset(("tracking_number", "date_presented"))


class AccountDunningDelivery(models.Model):
    _name = "account.dunning.delivery"
    _description = "Dunning Delivery"
    _order = "id desc"

    notice_id = fields.Many2one("account.dunning.notice", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="notice_id.company_id", store=True)
    partner_id = fields.Many2one(related="notice_id.partner_id", store=True)
    channel_id = fields.Many2one("account.dunning.channel", required=True, ondelete="restrict")
    method = fields.Selection(related="channel_id.method", store=True)
    leading = fields.Boolean(help="Only the leading delivery makes the level reached, a copy never does.")
    uuid = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()))
    message_id = fields.Char(readonly=True, index="btree_not_null")
    external_ref = fields.Char(string="Provider's Reference", readonly=True)
    recipient = fields.Char(string="Sent To", readonly=True)
    sender = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("received", "Received"),
            ("refused", "Refused"),
            ("unclaimed", "Not claimed"),
            ("bounced", "Returned"),
            ("failed", "Failed"),
            ("uncertain", "Uncertain"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="queued",
        readonly=True,
        index=True,
    )
    date_left = fields.Date(string="Left On", readonly=True)
    date_planned = fields.Date(
        string="To Be Posted On", readonly=True, help="Chosen when the letter was printed; proposed when it is posted."
    )
    is_posted_today = fields.Boolean(compute="_compute_is_posted_today", compute_sudo=True)
    posted_at = fields.Datetime(string="Marked as Posted", readonly=True)
    attempts = fields.Integer(readonly=True)
    attempted_at = fields.Datetime(string="Last Attempt", readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    last_error = fields.Char(readonly=True)
    concluded = fields.Boolean(readonly=True, help="What follows from its having left was done.")
    content_id = fields.Many2one(
        "ir.attachment", readonly=True, ondelete="restrict", string="Content", index="btree_not_null"
    )
    content_sha256 = fields.Char(string="SHA-256", readonly=True)
    tracking_number = fields.Char(string="Registered Number")
    date_presented = fields.Date(string="First Presented On")

    _uuid_unique = models.UniqueIndex("(uuid)", "This delivery already exists.")
    _one_leading = models.UniqueIndex(
        "(notice_id) WHERE \"leading\" AND state NOT IN ('bounced', 'failed', 'cancelled')",
        "A notice has one leading delivery.",
    )
    _to_conclude_idx = models.Index("(id) WHERE date_left IS NOT NULL AND concluded IS NOT TRUE")

    @api.depends("notice_id.display_name", "channel_id.name")
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = f"{delivery.notice_id.display_name}, {delivery.channel_id.name}"

    @api.depends("state", "posted_at")
    def _compute_is_posted_today(self):
        """By the clock of its company: until midnight the posting can be taken back."""
        for delivery in self:
            company = delivery.company_id
            day = delivery.posted_at and company._dunning_local(delivery.posted_at).date()
            delivery.is_posted_today = delivery.state == "sent" and day == company._dunning_today()

    def write(self, vals):
        if not self.env.su and vals.keys() - ENTERED_BY_HAND:
            raise UserError(self.env._("Only number and first presentation of a delivery are entered by hand."))
        if CONTENT & vals.keys() and any(delivery.date_left for delivery in self):
            raise UserError(self.env._("What left is kept as it left."))
        return super().write(vals)

    # === By hand === #

    def action_mark_posted(self, date=None, tracking_number=None):
        """The letter was posted on `date`, today by default; a registered one with its number."""
        self.check_access("write")
        letters = self.sudo()
        for letter in letters:
            letter._check_postable(tracking_number or letter.tracking_number)
        letters.write(
            {"posted_at": fields.Datetime.now(), **({"tracking_number": tracking_number} if tracking_number else {})}
        )
        for company, of_company in letters.grouped("company_id").items():
            of_company._mark_sent(date or company._dunning_today())
        letters._conclude()
        letters._finish_tasks()
        return True

    def action_open_posting(self):
        """The dialog for the letters of a selection, with the day and their registered numbers."""
        return self.env["account.dunning.post.wizard"]._open(self)

    def action_open_printing(self):
        """The dialog for the letters of a selection, with the day for which the posting is planned."""
        return self.env["account.dunning.letter.batch"]._open_waiting(self)

    def action_undo_posted(self):
        """Marked by mistake: on the same day the letter waits again and its level is given back."""
        self.check_access("write")
        for delivery in self.sudo():
            delivery._check_undoable()
            if delivery.leading:
                delivery.notice_id._unleave()
            delivery.write({"state": "queued", "date_left": False, "posted_at": False, "concluded": False})
        self.sudo()._log_letters(lambda letter: letter._say_not_posted())
        self._refresh_projection()
        return True

    def _check_undoable(self):
        if not self.is_posted_today:
            raise UserError(self.env._("Only a letter marked as posted today can wait again."))

    def _refresh_projection(self):
        for company, deliveries in self.sudo().grouped("company_id").items():
            self.env["account.dunning.night"]._refresh(company, deliveries.partner_id)

    def _waits_for_post(self):
        return self.state == "queued" and self.method in LETTERS

    def _is_under_way(self, last):
        """A letter waits for the post; what we send ourselves must leave on its day, at the latest on `last`."""
        day = (
            self.company_id._dunning_local(self.next_attempt).date()
            if self.next_attempt
            else self.notice_id.date_issued
        )
        return self.state in MAY_HAVE_LEFT or self._waits_for_post() or (self.state == "queued" and day > last)

    def _check_postable(self, tracking_number):
        if not self._waits_for_post():
            raise UserError(self.env._("Only a letter that waits to be posted can be marked as posted."))
        if self.method == "registered_letter" and not tracking_number:
            raise UserError(self.env._("Enter the number of the registered letter."))

    def action_declare_received(self):
        return self._declare_outcome("received")

    def action_declare_refused(self):
        return self._declare_outcome("refused")

    def action_declare_unclaimed(self):
        return self._declare_outcome("unclaimed")

    def action_declare_returned(self):
        """Returned undelivered: the addressee is unknown at this address, so nothing was served."""
        return self._declare_outcome("bounced")

    def _declare_outcome(self, outcome):
        """What the receipt says; the day of the first presentation was entered on the delivery."""
        self.check_access("write")
        for delivery in self.sudo():
            if delivery.state != "sent" or delivery.method not in HAVE_OUTCOMES:
                raise UserError(self.env._("Only a letter or registered delivery that has left has an outcome."))
            if outcome == "bounced":
                delivery._return_undelivered(self.env._("Returned by the post"))
            else:
                delivery._check_presented()
                delivery._conclude_outcome(outcome, delivery.date_presented, "declared")
        self._refresh_projection()
        return True

    def _check_presented(self):
        if not self.date_presented:
            raise UserError(self.env._("Enter the day of the first presentation."))

    def action_settle_left(self):
        """A person has looked: the uncertain delivery left, on the day when it was tried."""
        for delivery in self._get_uncertain():
            delivery._record_sent(delivery._get_day_of_attempt())
            delivery._finish_tasks()
        return True

    def action_settle_not_left(self):
        """A person has looked: the uncertain delivery did not leave, and is tried again while its notice stands."""
        uncertain = self._get_uncertain()
        standing = uncertain.filtered(lambda delivery: delivery.notice_id.state == "issued")
        standing.write({"state": "queued", "next_attempt": False})
        (uncertain - standing)._cancel(self.env._("Its notice was cancelled"))
        uncertain._finish_tasks()
        return True

    def _get_day_of_attempt(self):
        company = self.company_id
        return company._dunning_local(self.attempted_at).date() if self.attempted_at else company._dunning_today()

    def _finish_tasks(self):
        """What was asked of a person about deliveries of these cases, once there is no more of it."""
        for case in self.notice_id.case_id:
            open_deliveries = case.notice_ids.delivery_ids
            if not open_deliveries.filtered(lambda delivery: delivery.state == "uncertain"):
                case._finish_tasks("settle_delivery")
            if not open_deliveries.filtered(lambda delivery: delivery._waits_for_post()):
                case._finish_tasks("post_letter")

    def _get_uncertain(self):
        self.check_access("write")
        return self.sudo().filtered(lambda delivery: delivery.state == "uncertain")

    # === Transitions === #

    def _begin(self):
        """queued -> sending; False when somebody else has begun or cancelled it.

        A test is what goes by a provider that is in test now, whatever it was when the delivery was made.
        """
        begun = self._execute(
            """
            UPDATE account_dunning_delivery delivery
               SET state = 'sending', attempts = COALESCE(attempts, 0) + 1, attempted_at = %(now)s,
                   is_test = EXISTS (
                       SELECT 1 FROM account_dunning_channel channel
                         JOIN account_dunning_provider provider ON provider.id = channel.provider_id
                        WHERE channel.id = delivery.channel_id AND provider.state = 'test'
                   )
             WHERE id IN %(ids)s AND state = 'queued' RETURNING id
            """,
            now=fields.Datetime.now(),
        )
        return bool(begun)

    def _mark_sent(self, day, external_ref=""):
        """-> sent, in this one row that nobody else writes; what follows from it waits for `_conclude`."""
        self._execute(
            """
            UPDATE account_dunning_delivery
               SET state = 'sent', date_left = %(day)s, external_ref = %(external_ref)s, last_error = NULL
             WHERE id IN %(ids)s RETURNING id
            """,
            day=day,
            external_ref=external_ref or None,
        )

    def _record_sent(self, day, external_ref=""):
        self._mark_sent(day, external_ref)
        self._conclude()

    def _execute(self, statement, **values):
        """A transition by one statement: between two commits nothing is in the cache, and nothing need be read."""
        self.flush_recordset()
        self.env.cr.execute(SQL(statement, ids=tuple(self.ids), **values), log_exceptions=False)
        self.invalidate_recordset(flush=False)
        return self.env.cr.fetchall()

    # === What follows from having left === #

    @api.model
    def _get_unconcluded(self):
        query = SQL(
            "SELECT id FROM account_dunning_delivery WHERE date_left IS NOT NULL AND concluded IS NOT TRUE ORDER BY id"
        )
        self.flush_model(["date_left", "concluded"])
        return self.browse([delivery_id for (delivery_id,) in self.env.execute_query(query)])

    def _conclude(self):
        """Once for each that has left: its level is reached where it leads; the case's log and next step show it."""
        new = self.filtered(lambda delivery: delivery.date_left and not delivery.concluded)
        for day, deliveries in new.filtered("leading").grouped("date_left").items():
            deliveries.notice_id._leave(day)
        new.filtered("message_id")._log_on_case()
        new.filtered(lambda delivery: delivery.method in LETTERS)._log_letters(lambda letter: letter._say_posted())
        new.write({"concluded": True})
        new._refresh_projection()

    # === When it does not go well === #

    def _record_retry(self, error):
        self.write(
            {
                "state": "queued",
                "last_error": error.reason,
                "next_attempt": fields.Datetime.now() + timedelta(seconds=error.seconds),
            }
        )

    def _record_uncertain(self, reason):
        self.write({"state": "uncertain", "last_error": reason})
        self.notice_id.case_id._raise_task("settle_delivery", note=reason)

    def _record_failed(self, reason, state="failed"):
        """It did not arrive: the fallback starts with the same letter, else the level falls back."""
        self.write({"state": state, "last_error": reason})
        self.flush_recordset(["state"])  # the index allows one leading delivery that is not over
        for delivery in self.filtered("leading"):
            delivery._start_fallback()

    def _return_undelivered(self, reason):
        self._conclude()
        self._record_failed(reason, "bounced")
        self._finish_tasks()
        self._refresh_projection()

    def _cancel(self, reason):
        self.write({"state": "cancelled", "last_error": reason})

    def _withdraw(self, reason):
        """It must not leave as it was made, by no channel: its items are due again, and somebody is told."""
        self.write({"state": "failed", "last_error": reason})
        if self.leading:
            self.notice_id._fall_back()
        self.notice_id.case_id._raise_task("decide", self.company_id._dunning_today(), reason)

    def _start_fallback(self):
        notice = self.notice_id
        fallback = self.channel_id.fallback_channel_id._reachable(notice.partner_id)
        today = self.company_id._dunning_today()
        outdated = notice.response_date and notice.response_date <= today
        if fallback and not outdated:
            notice._unleave()
            vals = self._prepare_delivery_vals(notice, fallback, leading=True)
            self.create({**vals, "next_attempt": fields.Datetime.now()})
            return
        notice._fall_back()
        notice.case_id._raise_task("find_address", today, self.last_error or "")

    def _prepare_delivery_vals(self, notice, channel, leading):
        vals = {"notice_id": notice.id, "channel_id": channel.id, "leading": leading}
        return {**vals, "date_planned": notice.date_letter if channel.method in LETTERS else False}

    # === The content that leaves === #

    @api.model
    def _store_contents(self, contents):
        """Keep the exact bytes that leave, with their SHA-256; `contents` is {delivery: bytes}."""
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": f"{delivery.notice_id.name}.eml",
                    "raw": content,
                    "mimetype": "message/rfc822",
                    "res_model": self._name,
                    "res_id": delivery.id,
                }
                for delivery, content in contents.items()
            ]
        )
        for attachment, (delivery, content) in zip(attachments, contents.items(), strict=True):
            delivery.write({"content_id": attachment.id, "content_sha256": hashlib.sha256(content).hexdigest()})

    def _log_letters(self, say):
        """An internal note with the letter, by whoever said that it was posted."""
        author = self.env.user.partner_id.id
        self._log({letter: {"body": say(letter), "author_id": author} for letter in self})

    def _say_posted(self):
        """Who reads the case sees what was posted, and opens it from here."""
        words = self._get_words()
        if self.tracking_number:
            return self.env._(
                "%(level)s, %(letter)s, posted on %(day)s as a registered letter, number %(number)s.", **words
            )
        return self.env._("%(level)s, %(letter)s, posted on %(day)s.", **words)

    def _say_not_posted(self):
        return self.env._("%(level)s, %(letter)s: not posted after all.", **self._get_words())

    def _get_words(self):
        return {
            "level": self.notice_id.level_id.name,
            "letter": self.notice_id._get_html_link(),
            "day": format_date(self.env, self.date_left),
            "number": self.tracking_number,
        }

    def _log_on_case(self):
        """An internal note with our Message-ID: replies and bounces find the case by it."""
        self._log(
            {
                mail: {"message_id": mail.message_id, "subject": mail.notice_id.subject, "body": mail.notice_id.body}
                for mail in self
            }
        )

    @api.model
    def _log(self, contents):
        """Notes on the cases, each with its letter; `contents` is {delivery: what the note says}."""
        if not contents:
            return
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        self.union(*contents).notice_id.document_id.mapped("res_model")  # all at once: each note looks at its own
        vals_list = [{**delivery._prepare_log_vals(note), **vals} for delivery, vals in contents.items()]
        self.env["mail.message"].sudo().create(vals_list)

    def _prepare_log_vals(self, note):
        return {
            "model": "account.dunning.case",
            "res_id": self.notice_id.case_id.id,
            "message_type": "notification",
            "subtype_id": note,
            "is_internal": True,
            "author_id": self.company_id.partner_id.id,
            "email_from": self.company_id.email_formatted,
            "reply_to": self.company_id.email_formatted,
            "attachment_ids": [fields.Command.link(self.notice_id.document_id.id)],
        }
