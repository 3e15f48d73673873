"""What keeps a letter from leaving, said to a bookkeeper, with the record and the field that mend it."""

from odoo import api, models
from odoo.tools.translate import LazyTranslate

from ..core import mentions

_lt = LazyTranslate(__name__)

SENTENCES = {
    mentions.PLACE: _lt("The letter names no place: enter the city of your company's address."),
    mentions.DATE: _lt("The letter shows no date: take back the change that somebody made to the letter's layout."),
    mentions.SENDER: _lt("Your own address is incomplete: enter your company's name, street, postcode and city."),
    mentions.SENDER_REGISTRATION: _lt("Your company's registration number is missing: enter its SIREN or company ID."),
    mentions.ADDRESSEE: _lt("The customer's address is incomplete: enter street, postcode and city."),
    mentions.ADDRESSEE_REGISTRATION: _lt(
        "The letter does not show the customer's registration number: take back the change of the letter's layout."
    ),
    mentions.REFERENCE: _lt("The letter does not show its reference: take back the change of the letter's layout."),
    mentions.ITEMS: _lt("The letter claims no invoice: cancel this notice, the night decides anew."),
    mentions.ITEM_NUMBER: _lt(
        "An invoice that is claimed has no number in the letter: look at the lines of the notice."
    ),
    mentions.ITEM_DATE: _lt("The date of the invoice is missing: enter its invoice date."),
    mentions.ITEM_DUE_DATE: _lt("The due date of the invoice is missing: enter it on the invoice."),
    mentions.ITEM_BALANCE: _lt(
        "The letter does not show what is still to pay of an invoice: look at the notice's lines."
    ),
    mentions.ITEM_NOT_DUE: _lt("This invoice is not due yet and must not be claimed: take it off the notice."),
    mentions.PRINCIPAL: _lt("The letter does not show the principal apart from interest and compensation."),
    mentions.INTEREST: _lt("The letter does not show the late-payment interest: look at what its level charges."),
    mentions.COMPENSATION: _lt("The letter does not show the compensation: look at what its level charges."),
    mentions.TOTAL: _lt("The letter does not show the total to pay: take back the change of the letter's layout."),
    mentions.BANK_ACCOUNT: _lt(
        "The letter names no account to pay to: enter a bank account of your company and mark it as trusted."
    ),
    mentions.BANK_UNTRUSTED: _lt(
        "Nobody has confirmed your bank account: compare it with a statement of your bank, then mark it as trusted."
    ),
    mentions.BANK_OTHER: _lt(
        "The letter shows another bank account than your company's trusted one: take it out of the level's text."
    ),
    mentions.CONTACT: _lt(
        "The letter names nobody to write to or to call: enter your company's e-mail or phone number."
    ),
    mentions.DISREGARD: _lt(
        "The letter does not say “if you have paid in the meantime, disregard this”: take back the change of the "
        "letter's layout."
    ),
    mentions.ANNOUNCEMENT: _lt(
        "This reminder sets a date but does not say that a formal notice follows: say so in the level's text."
    ),
    mentions.NOT_A_REMINDER: _lt(
        "This reminder already is a formal notice by its words: announce the formal notice instead, or make it one by "
        "the level's stage."
    ),
    mentions.LANGUAGE: _lt(
        "There is no checked wording of a formal notice in this language: give the customer another language for "
        "letters, such as English or French."
    ),
    mentions.FORMAL_NOTICE: _lt(
        "The letter is not called a formal notice in its own language: write it in the level's text, in French “mise "
        "en demeure”."
    ),
    mentions.OBLIGATION: _lt(
        "The letter does not say what the debt comes from: enter nature and source of the obligation on the policy."
    ),
    mentions.EARLIER: _lt("The letter does not list an earlier reminder with its date and channel."),
    mentions.RESPONSE_DAYS: _lt(
        "The letter does not grant days to pay from its first presentation: enter the days to answer of the level."
    ),
    mentions.RESPONSE_DATE: _lt("The letter does not name the last day to pay: enter the days to answer of the level."),
    mentions.RESPONSE_DATE_WORDS: _lt(
        "The letter does not name the last day to pay in words: take back the change of the letter's layout."
    ),
    mentions.CONSEQUENCES: _lt("The letter does not say what follows without payment: enter the level's consequences."),
    mentions.LEGAL_TEXTS: _lt("The letter names no legal text: enter the legal texts of the level."),
    mentions.SIGNATORY: _lt("Nobody signs this letter: enter the signatory in Settings > Dunning."),
    mentions.SIGNATORY_ROLE: _lt("The role of who signs is missing: enter it in Settings > Dunning."),
    mentions.CONSUMER_COMPENSATION: _lt(
        "A consumer owes no compensation: take it off what the level charges, or correct the customer's kind."
    ),
}
# code: what leads from the notice to the record, and the field
PLACES = {
    mentions.PLACE: ("company_id", "city"),
    mentions.DATE: ("", "date_letter"),
    mentions.SENDER: ("company_id", "street"),
    mentions.SENDER_REGISTRATION: ("company_id", "company_registry"),
    mentions.ADDRESSEE: ("partner_id", "street"),
    mentions.ADDRESSEE_REGISTRATION: ("partner_id", "company_registry"),
    mentions.REFERENCE: ("", "name"),
    mentions.ITEMS: ("", "line_ids"),
    mentions.PRINCIPAL: ("", "amount_claimed"),
    mentions.INTEREST: ("level_id", "interest_mode"),
    mentions.COMPENSATION: ("level_id", "interest_mode"),
    mentions.TOTAL: ("", "amount_total"),
    mentions.BANK_ACCOUNT: ("company_id.partner_id", "bank_ids"),
    mentions.BANK_OTHER: ("level_id", "body"),
    mentions.CONTACT: ("company_id", "email"),
    mentions.DISREGARD: ("", "body"),
    mentions.ANNOUNCEMENT: ("level_id", "body"),
    mentions.NOT_A_REMINDER: ("level_id", "body"),
    mentions.LANGUAGE: ("partner_id", "lang"),
    mentions.FORMAL_NOTICE: ("level_id", "body"),
    mentions.OBLIGATION: ("policy_id", "obligation"),
    mentions.EARLIER: ("case_id", "notice_ids"),
    mentions.RESPONSE_DAYS: ("level_id", "response_days"),
    mentions.RESPONSE_DATE: ("level_id", "response_days"),
    mentions.RESPONSE_DATE_WORDS: ("level_id", "response_days"),
    mentions.LEGAL_TEXTS: ("level_id", "legal_texts"),
    mentions.SIGNATORY: ("company_id", "dunning_signatory"),
    mentions.SIGNATORY_ROLE: ("company_id", "dunning_signatory_role"),
    mentions.CONSUMER_COMPENSATION: ("level_id", "interest_mode"),
}
INVOICE_FIELDS = {
    mentions.ITEM_NUMBER: "name",
    mentions.ITEM_DATE: "invoice_date",
    mentions.ITEM_DUE_DATE: "invoice_date_due",
    mentions.ITEM_BALANCE: "amount_residual",
    mentions.ITEM_NOT_DUE: "invoice_date_due",
}


class AccountDunningMentions(models.AbstractModel):
    _name = "account.dunning.mentions"
    _description = "Mentions of a Dunning Letter"

    @api.model
    def _say(self, point):
        """What is wrong and what to do, in the user's language; in brackets what of it."""
        if point.code == mentions.BANNED:
            return self.env["account.dunning.wording"]._say(point.detail)
        sentence = self.env._(SENTENCES[point.code])  # pylint: disable=translation-not-lazy
        return f"{sentence} ({point.detail})" if point.detail else sentence

    @api.model
    def _get_place(self, point, notice):
        """(record, name of its field) that mends this point of this notice's letter."""
        if point.code in INVOICE_FIELDS:
            return self._get_invoice(point, notice), INVOICE_FIELDS[point.code]
        find = getattr(self, f"_get_place_of_{point.code}", None)
        if find:
            return find(point, notice)
        path, name = PLACES[point.code]
        return notice.mapped(path) if path else notice, name

    @api.model
    def _get_invoice(self, point, notice):
        lines = notice.line_ids
        return (lines.filtered(lambda line: line.name == point.detail) or lines)[:1].move_id

    @api.model
    def _get_place_of_bank_untrusted(self, point, notice):
        accounts = notice.company_id.partner_id.bank_ids
        number = "".join(point.detail.split()).upper()
        untrusted = accounts.filtered(lambda account: account.sanitized_acc_number == number)
        return (untrusted or accounts)[:1], "allow_out_payment"

    @api.model
    def _get_place_of_consequences(self, _point, notice):
        is_abroad = notice.partner_id.country_id not in (notice.company_id.country_id, self.env["res.country"])
        return notice.level_id, "consequences_abroad" if is_abroad else "consequences"

    @api.model
    def _get_place_of_banned(self, point, notice):
        """The text that has the words, in the letter's language."""
        level = notice.level_id.with_context(lang=notice.lang or notice._get_lang())
        texts = self.env["account.dunning.wording"]._get_texts(level)
        return level, next((name for name, text in texts.items() if point.detail.lower() in text.lower()), "body")
