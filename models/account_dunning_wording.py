"""What no letter says to a debtor, and what to write instead."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools.translate import LazyTranslate

from ..core import wording
from ..core.mentions import visible_text
from .placeholders import TEXTS

_lt = LazyTranslate(__name__)

INSTEAD = {
    wording.LIMITATION: _lt("between private parties no letter interrupts the limitation period: leave it out"),
    wording.BAILIFF: _lt("the profession is called commissaire de justice"),
    wording.SEIZURE: _lt("nothing may be seized without a court's decision: write that you will go to the court"),
    wording.REGISTER: _lt("a creditor may not threaten with a register of bad payers: leave it out"),
    wording.RATE_OF_CREDIT: _lt("this is a term of loans: name the rate of the late-payment interest"),
    wording.COSTS: _lt("without a court's decision the costs of recovery stay with the creditor: leave it out"),
    wording.FEES: _lt("no fee may be charged for a reminder: leave it out"),
    wording.ENFORCEABLE_TITLE: _lt("there is no court's decision yet: write that you will go to the court"),
    wording.OFFICIAL_LOOK: _lt("a letter must not look like one of an authority: leave it out"),
    wording.PAYMENT_ORDER: _lt(
        "there is no order for payment against a public body: write of interest, of an interim payment ordered by the "
        "administrative court, or of payment ordered by the prefect"
    ),
    wording.COMPENSATION: _lt("a consumer owes no compensation for recovery costs: leave it out"),
    wording.BUSINESS_LAW: _lt(
        "this law is about businesses: a consumer owes interest by article 1231-6 of the civil code"
    ),
    wording.PENALTIES: _lt(
        "a consumer owes penalties only by a clause of the contract: write of interest at the legal rate"
    ),
}


class AccountDunningWording(models.AbstractModel):
    _name = "account.dunning.wording"
    _description = "Wording of Dunning Letters"

    @api.model
    def _check_level(self, level):
        """Refuse a text of this level, in the language of its context, with words that its debtors must not read.

        A policy for customers of any kind is held to what no business is told: each letter is read again for its own.
        """
        for text in self._get_texts(level).values():
            self._check(text, level.policy_id.debtor_kind or wording.BUSINESS)

    @api.model
    def _get_texts(self, level):
        """{name of a field: its text without its markup}"""
        return {name: visible_text(str(level[name] or "")) for name in TEXTS}

    @api.model
    def _check(self, text, debtor_kind):
        found = wording.banned(text, debtor_kind)
        if found:
            raise ValidationError("\n".join(self._say(one.words) for one in found))

    @api.model
    def _say(self, words):
        """Why these words cannot stand, and what to write."""
        instead = INSTEAD.get(wording.reason_of(words))
        if not instead:
            return self.env._("“%s” must not stand in this letter.", words)
        instead = self.env._(instead)  # pylint: disable=translation-not-lazy
        return self.env._("“%(words)s” must not stand in this letter: %(instead)s.", words=words, instead=instead)
