from odoo import api, models
from odoo.tools.misc import format_date
from odoo.tools.translate import LazyTranslate

from ..core import by_hand, escalation

_lt = LazyTranslate(__name__)

LABELS = {
    escalation.DUE: _lt("Due tonight"),
    escalation.NOT_YET: _lt("Not yet"),
    escalation.INTERVAL: _lt("Too soon after the last notice"),
    escalation.HIGHER_STAGE: _lt("Waits behind a formal notice"),
    escalation.BELOW_MINIMUM: _lt("Below the minimum amount"),
    escalation.AWAITS_RESPONSE: _lt("Waits for the answer or the receipt"),
    escalation.NOTICE_UNDER_WAY: _lt("A notice is under way"),
    escalation.NOT_SENT: _lt("Invoice not sent"),
    escalation.HELD: _lt("On hold"),
    escalation.COVERED: _lt("Covered by credits"),
    escalation.SETTLED: _lt("Settled"),
    escalation.EXCLUDED: _lt("Excluded"),
    escalation.NO_DUE_DATE: _lt("No due date"),
    escalation.NO_POLICY: _lt("No policy applies"),
    escalation.END_OF_LADDER: _lt("End of the ladder: decide"),
}
SENTENCES = {
    escalation.DUE: _lt("%(level)s is due: %(days)s days late."),
    escalation.NOT_YET: _lt("%(level)s on %(date)s, %(days)s days late by then."),
    escalation.INTERVAL: _lt("%(level)s on %(date)s: the last notice left only a few days ago."),
    escalation.HIGHER_STAGE: _lt("%(level)s waits: a formal notice goes to this customer first."),
    escalation.BELOW_MINIMUM: _lt("Nothing is sent: the customer owes less than the policy's minimum."),
    escalation.AWAITS_RESPONSE: _lt("%(level)s waits for the answer or the receipt of the last notice."),
    escalation.NOTICE_UNDER_WAY: _lt("A notice was issued and has not left yet."),
    escalation.NOT_SENT: _lt("Nothing is sent: the invoice was never sent to the customer."),
    escalation.HELD: _lt("On hold until %(until)s: %(detail)s."),
    escalation.COVERED: _lt("Nothing is claimed: credits of the customer cover it."),
    escalation.SETTLED: _lt("Settled."),
    escalation.EXCLUDED: _lt("Excluded from dunning: %(detail)s."),
    escalation.NO_DUE_DATE: _lt("Nothing is sent: there is no due date."),
    escalation.NO_POLICY: _lt("Nothing is sent: no dunning policy applies to this customer."),
    escalation.END_OF_LADDER: _lt("All levels were reached: decide how to go on."),
    by_hand.NOT_OVERDUE: _lt("Nothing is sent: it is not overdue yet."),
    by_hand.NOTHING_TO_REPEAT: _lt("There is nothing to repeat: no reminder has left yet."),
}
DETAILS = {
    "pause": _lt("pause"),
    "dispute": _lt("dispute"),
    "promise": _lt("promise to pay"),
    "payment_in_process": _lt("payment on its way"),
    "credit_in_progress": _lt("credit note in preparation"),
    "insolvency": _lt("insolvency"),
    "blocked": _lt("the invoice is blocked"),
    "no_followup": _lt("marked as not to be followed up"),
    "general_journal": _lt("entry of a general journal that the policy does not list"),
    "intercompany": _lt("the customer is a company of this database"),
    "never": _lt("this customer is never dunned automatically"),
}
WAYS = {
    "email": _lt("By e-mail to %(address)s."),
    "letter": _lt("By letter."),
    "registered_letter": _lt("By registered letter."),
    "registered_email": _lt("By electronic registered delivery (eIDAS 43.1)."),
    "qualified_registered_email": _lt("By qualified electronic registered letter (L.100 CPCE)."),
}


class AccountDunningExplanation(models.AbstractModel):
    _name = "account.dunning.explanation"
    _description = "Dunning Explanation"

    @api.model
    def _get_reasons(self):
        return [(reason, self.env._(LABELS[reason])) for reason in escalation.REASONS]  # pylint: disable=translation-not-lazy

    @api.model
    def _get_detail(self, code):
        return self.env._(DETAILS[code]) if code in DETAILS else code or ""

    @api.model
    def _say_short(self, reason, until, code):
        """The reason in a few words, with what holds the item or a part of it, and until when."""
        label = dict(self._get_reasons()).get(reason, "")
        if not code or reason == escalation.SETTLED:
            return label
        facts = {"reason": label, "detail": self._get_detail(code), "until": until and format_date(self.env, until)}
        if reason == escalation.EXCLUDED:
            return self.env._("%(reason)s: %(detail)s", **facts)
        if reason != escalation.HELD:
            return self.env._("%(reason)s; a part is on hold: %(detail)s", **facts)
        facts["detail"] = facts["detail"][:1].upper() + facts["detail"][1:]
        if until:
            return self.env._("%(detail)s, until %(until)s", **facts)
        return self.env._("%(detail)s, without end", **facts)

    @api.model
    def _sentence(self, reason, level=None, next_date=None, until=None, detail="", date_due=None, today=None):
        """One sentence why or why not, in the reader's language; days late are those of the day it speaks of."""
        if not reason:
            return ""
        day = next_date if reason == escalation.NOT_YET else today
        return self.env._(SENTENCES[reason]) % {
            "level": level.name if level else "",
            "date": format_date(self.env, next_date) if next_date else "",
            "until": format_date(self.env, until) if until else self.env._("further notice"),
            "detail": self._get_detail(detail),
            "days": (day - date_due).days if day and date_due else 0,
        }

    @api.model
    def _say_way(self, level, partner):
        """By which way and to whom a notice of `level` goes to `partner`; that there is none, if so."""
        channel, addressee = level.channel_id._get_way(partner)
        if not channel:
            return self.env._("There is no address to send it to.")
        return self.env._(WAYS[channel.method]) % {"address": channel._get_address(addressee)}
