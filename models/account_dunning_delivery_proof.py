"""What follows from proofs: the state of the delivery, and whether its notice was served."""

from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..core.escalation import REMINDER
from ..core.service import (
    DISPATCH,
    FINAL,
    GIVEN_UP,
    LEAVING,
    NOT_SERVED,
    OUTCOMES,
    derive,
    effective_date,
    expect,
    last_day_to_claim,
    served_by,
)
from .account_dunning_channel import REGISTERED

NEVER_LEFT = ("queued", "sending", "uncertain")


class AccountDunningDelivery(models.Model):
    _inherit = "account.dunning.delivery"

    is_test = fields.Boolean(string="Test", readonly=True, help="It went to a test service: nobody received it.")
    proof_ids = fields.One2many("account.dunning.proof", "delivery_id", string="Proofs", readonly=True)
    date_notified = fields.Date(
        string="Addressee Told On", readonly=True, help="From its proof: from the next day on it can be claimed."
    )
    last_day_to_claim = fields.Date(string="May Be Claimed until", compute="_compute_last_day_to_claim")
    missing_proofs = fields.Char(compute="_compute_missing_proofs", string="Proofs Still Expected")
    is_proof_late = fields.Boolean(compute="_compute_missing_proofs")
    asked_for = fields.Char(readonly=True, help="The late proofs of which somebody was told.")

    @api.depends("date_notified", "method")
    def _compute_last_day_to_claim(self):
        """R53-3 CPCE: fifteen days from the day after the notice."""
        for delivery in self:
            notified = delivery.date_notified
            delivery.last_day_to_claim = notified and last_day_to_claim(notified)

    @api.depends("state", "date_left", "date_notified", "proof_ids.kind", "proof_ids.counts")
    @api.depends_context("lang")
    def _compute_missing_proofs(self):
        for delivery in self:
            expected = delivery._get_expected()
            delivery.is_proof_late = any(one.is_late for one in expected)
            delivery.missing_proofs = "; ".join(delivery._say_expected(one) for one in expected)

    def _get_expected(self):
        """What a registered delivery lacks; once it is over nothing is late any more, and paper lacks nothing."""
        over = self.state in FINAL
        if self.method not in REGISTERED or not self.date_left or self.state in GIVEN_UP:
            return ()
        by_provider = self.method != "registered_letter"
        if over and not by_provider:
            return ()
        held = self.proof_ids.filtered("counts" if by_provider else "attachment_id").mapped("kind")
        today = self.date_left if over else self.company_id._dunning_today()
        expected = expect(self.date_left, self.date_notified or None, held, today)
        return tuple(one for one in expected if by_provider or len(one.kinds) > 1)

    def _say_expected(self, expectation):
        kinds = dict(self.env["account.dunning.proof"]._fields["kind"]._description_selection(self.env))
        if len(expectation.kinds) == 1:
            name = kinds[expectation.kinds[0]]
        elif self.method == "registered_letter":
            name = self.env._("Receipt or returned letter")
        else:
            name = self.env._("Receipt, refusal or non-claim")
        day = format_date(self.env, expectation.due)
        if expectation.is_late:
            return self.env._("%(proof)s, due on %(day)s, is late", proof=name, day=day)
        return self.env._("%(proof)s, due on %(day)s", proof=name, day=day)

    # === From a proof === #

    def _follow_proofs(self):
        """The state that its proofs say; what contradicts it is kept, and somebody looks."""
        self.ensure_one()
        if self.is_test and not self.company_id._dunning_is_trial():
            return
        proofs = self.proof_ids.filtered("counts").sorted("id")
        derived = derive(self.state, proofs.mapped("kind"))
        if derived.contradicts or self._is_doubted():
            self._tell_contradiction()
        self._note_notified(proofs)
        if derived.state != self.state:
            self._pass_to(derived.state, proofs)
        if self.state in FINAL and self.state in {OUTCOMES.get(kind) for kind in proofs.mapped("kind")}:
            self._serve_by(self._get_day_proved(proofs, *OUTCOMES), "proved")

    def _is_doubted(self):
        """A file that proves nothing by itself says another outcome than the one that is known."""
        told = {OUTCOMES.get(proof.kind) for proof in self.proof_ids if proof.seal_state != "broken"} - {None}
        return self.state in FINAL and bool(told - {self.state})

    def _tell_contradiction(self):
        kinds = dict(self.env["account.dunning.proof"]._fields["kind"]._description_selection(self.env))
        note = self.env._(
            "The proofs of %(delivery)s do not agree (%(proofs)s): both are kept, ask the provider.",
            delivery=self.display_name,
            proofs=", ".join(kinds[kind] for kind in dict.fromkeys(self.proof_ids.sorted("id").mapped("kind"))),
        )
        self.notice_id.case_id._raise_task("check_proof", note=note)

    def _pass_to(self, state, proofs):
        if self.state in NEVER_LEFT or not self.date_left:
            self._record_sent(self._get_day_proved(proofs, *LEAVING) or self._get_day_of_attempt(), self.external_ref)
            self._finish_tasks()
        if state == "sent":
            return
        if state == "bounced":
            self._return_undelivered(self.env._("Returned: the addressee was not reached"))
            return
        self.state = state
        self._finish_tasks()
        self._refresh_projection()

    def _note_notified(self, proofs):
        notified = self._get_day_proved(proofs, DISPATCH)
        if notified and notified != self.date_notified:
            self.date_notified = notified

    def _get_day_proved(self, proofs, *kinds):
        """The day, by the clock of the company, of the first proof of one of these kinds."""
        for proof in proofs.filtered(lambda proof: proof.kind in kinds):
            return self.company_id._dunning_local(proof._get_moment()).date()
        return None

    def _conclude_outcome(self, outcome, day, basis):
        """received, refused or unclaimed, as a person declares it."""
        self.state = outcome
        self._finish_tasks()
        self._serve_by(day, basis)
        self._refresh_projection()

    def _serve_by(self, day, basis):
        """Whether what became of it serves the notice, by table T6; worked out anew with each proof that comes."""
        if not self.leading or self.state == "bounced":
            return
        presented = self.date_notified if basis == "proved" else self.date_presented
        served = effective_date(self.method, self.state, presented, day)
        notice = self.notice_id
        if served and served < self.date_left:
            self._tell_too_early(served)
        elif served:
            notice._serve(served, basis, max(served, day))
        elif served_by(self.method, self.state) == NOT_SERVED and notice.stage != REMINDER:
            self._tell_not_served(self.state)

    def _tell_too_early(self, day):
        note = self.env._(
            "A receipt of %(delivery)s names %(day)s, before it left: ask the provider.",
            delivery=self.display_name,
            day=format_date(self.env, day),
        )
        self.notice_id.case_id._raise_task("check_proof", note=note)

    def _tell_not_served(self, outcome):
        """It has left and serves nothing: the level is given back, once, and a stronger way waits for approval."""
        if not any(self.notice_id._get_claimed_lines().mapped("live")):
            return
        self.notice_id._fall_back()
        note = self.env._(
            "%(notice)s was not served: what was sent by %(channel)s and %(outcome)s does not count. "
            "The next night prepares it by a stronger way.",
            notice=self.notice_id.name,
            channel=self.channel_id.name,
            outcome=dict(self._fields["state"]._description_selection(self.env))[outcome].lower(),
        )
        self.notice_id.case_id._raise_task("decide", note=note)

    # === By a person === #

    def action_add_receipt(self):
        """The dialog for a receipt as a file: dropped, chosen, or scanned from paper."""
        return self.env["account.dunning.receipt.wizard"]._open(self)

    def open_receipts(self, files):
        """The same dialog with files that were dropped: [[name, content as base64]]."""
        self.check_access("write")
        return self.env["account.dunning.receipt.wizard"]._open(self, files)

    def _get_noon(self, day):
        """A day that a person entered, as a moment in UTC that is on this day by the clock of the company."""
        return day and self.company_id._dunning_utc(datetime.combine(day, time(12)))

    def _check_told(self, name, kind, day):
        """What a person has read in the receipt `name` can have happened."""
        if kind in OUTCOMES and not day:
            raise UserError(self.env._("%s: enter the day that the receipt names.", name))
        if day and day > self.company_id._dunning_today():
            raise UserError(self.env._("%s: this day is still to come.", name))
        if day and not (self.date_left and day >= self.date_left):
            raise UserError(self.env._("%s: on this day it had not left yet.", name))

    def _declare_told(self, kind, day):
        """What a person has read in a file that did not prove it by itself."""
        if kind in OUTCOMES and self.state == "sent":
            self.date_presented = day
            self._declare_outcome(OUTCOMES[kind])

    # === What is late === #

    @api.model
    def _watch_proofs(self, company):
        """A proof that does not come is asked for; where the last one came nobody need ask any more."""
        under_way = self.search([("company_id", "=", company.id), ("method", "in", REGISTERED), ("state", "=", "sent")])
        for delivery in under_way.filtered(lambda one: one.is_proof_late and one.asked_for != one.missing_proofs):
            delivery.asked_for = delivery.missing_proofs
            delivery.notice_id.case_id._raise_task("find_proof", note=delivery.missing_proofs)
        waiting = self.env["account.dunning.task"].search(
            [("company_id", "=", company.id), ("kind", "=", "find_proof"), ("state", "=", "open")]
        )
        for case in waiting.case_id:
            if not case.notice_ids.delivery_ids.filtered(lambda one: one.is_proof_late or one.collect_error):
                case._finish_tasks("find_proof")
