"""A delivery by electronic registered mail: what the service is asked after it was handed over."""

from datetime import timedelta

from odoo import api, fields, models

from ..core.service import OUTCOMES
from .account_dunning_channel import REGISTERED_EMAILS

LOOK_UPS = 2
GRACE = timedelta(minutes=15)  # between the two: the service may take a letter some time after it was handed over
POLL = timedelta(hours=1)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60))


class AccountDunningDelivery(models.Model):
    _inherit = "account.dunning.delivery"

    collect_at = fields.Datetime(
        string="Next Look", readonly=True, help="When the service is asked again; empty once nothing more is expected."
    )
    collect_attempts = fields.Integer(string="Looks in Vain", readonly=True)
    collect_error = fields.Char(string="What Is Missing", readonly=True)
    look_ups = fields.Integer(string="Not Found by the Service", readonly=True)

    _collect_idx = models.Index("(collect_at, id) WHERE collect_at IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        deliveries = super().create(vals_list)
        deliveries.filtered(lambda delivery: delivery.channel_id.provider_id.state == "test").is_test = True
        return deliveries

    def _is_registered_email(self):
        return self.method in REGISTERED_EMAILS

    # === After it was handed over === #

    def _conclude(self):
        """The service is asked from now on how it goes on; the case's log has the letter."""
        new = self.filtered(lambda one: one.date_left and not one.concluded and one._is_registered_email())
        super()._conclude()
        new._expect_news()
        new._log({one: {"body": one._say_handed_over(), "author_id": self.env.user.partner_id.id} for one in new})

    def _say_handed_over(self):
        words = {**self._get_words(), "channel": self.channel_id.name, "reference": self.external_ref or ""}
        if self.is_test:
            return self.env._("TEST, without value: %(level)s, %(letter)s, by %(channel)s, %(reference)s.", **words)
        return self.env._("%(level)s, %(letter)s, left on %(day)s by %(channel)s, %(reference)s.", **words)

    def _expect_news(self):
        """Something is new at the service, or may be: look with the next job."""
        self.write({"collect_at": fields.Datetime.now(), "collect_attempts": 0, "collect_error": False})

    def _record_uncertain(self, reason):
        """A service that knows our reference is asked before a person is."""
        registered = self.filtered(lambda delivery: delivery._is_registered_email())
        registered.write({"state": "uncertain", "last_error": reason, "look_ups": 0})
        registered._expect_news()
        others = self - registered
        return super(AccountDunningDelivery, others)._record_uncertain(reason) if others else None

    def _record_refused_call(self, error):
        """The service would not look at anything of ours: no attempt, and this letter waits as all others do."""
        self.write({"state": "queued", "last_error": error.reason, "attempts": max(0, self.attempts - 1)})

    def _record_found(self, external_ref):
        """The service has it: it left on the day of the attempt."""
        self._record_sent(self._get_day_of_attempt(), external_ref)
        self._finish_tasks()

    def _record_not_found(self):
        """Looked for twice, some time apart, and not found: a person decides, with these facts."""
        self.look_ups += 1
        if self.look_ups < LOOK_UPS:
            self.collect_at = fields.Datetime.now() + GRACE
            return
        self.collect_at = False
        self._ask_person(self.env._("%(error)s The service was asked twice and does not know it.", **self._get_facts()))

    def _ask_person(self, note):
        self.last_error = note
        self.notice_id.case_id._raise_task("settle_delivery", note=note)

    def _get_facts(self):
        return {"error": self.last_error or ""}

    def _needs_person(self):
        """An uncertain delivery about which no service can be asked, or was asked in vain."""
        return self.filtered(lambda one: not one._is_registered_email() or not one.collect_at)

    # === When the service does not answer as it should === #

    def _find_doubt(self, is_over):
        """What of the service's proofs does not count and is fetched again, as a sentence; empty for nothing."""
        counting = self.proof_ids.filtered("counts")
        broken = self.proof_ids.filtered(lambda proof: proof.source == "collection" and proof.seal_state == "broken")
        unsound = broken.filtered(lambda proof: proof.external_id not in counting.mapped("external_id"))
        if unsound:
            names = ", ".join(unsound.mapped("display_name"))
            return self.env._("The service gave a file whose seal is broken, and is asked again: %s", names)
        if is_over and not OUTCOMES.keys() & set(counting.mapped("kind")):
            return self.env._("The service says that it is over, and the proof of it that is here does not count.")
        return ""

    def _look_again(self, reason):
        """Later and later; at the end of the series somebody is told, and it goes on once a day."""
        step = min(self.collect_attempts, len(BACK_OFF) - 1)
        self.write(
            {
                "collect_at": fields.Datetime.now() + BACK_OFF[step],
                "collect_attempts": self.collect_attempts + 1,
                "collect_error": reason,
            }
        )
        if step == len(BACK_OFF) - 1:
            kind = "settle_delivery" if self.state == "uncertain" else "find_proof"
            self.notice_id.case_id._raise_task(kind, note=reason)

    def _record_looked(self, is_complete):
        """All that there was is kept; the next look is within the hour, none once nothing more is expected."""
        self.write(
            {
                "collect_at": False if is_complete else fields.Datetime.now() + POLL,
                "collect_attempts": 0,
                "collect_error": False,
            }
        )
