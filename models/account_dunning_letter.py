"""What a letter says: composed when its notice is issued, in the customer's language, and frozen with it.

Everything is text here: amounts and dates are formatted before the templates see them, since widgets of the templates
are slow and leave their own marks in the HTML. Until the notice has its number, NUMBER stands where it will be.
"""

from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from odoo import Command, api, models
from odoo.tools import is_html_empty
from odoo.tools.misc import formatLang

from .letter_dates import format_day, format_long
from .mail_styles import inline
from .pdf_pages import keep_one_heading
from .placeholders import fill_in

NUMBER = "\ue000"  # of the private use area: it stands in no text and needs no escaping
DAYS_TO_PRESENT = 15  # a registered letter may wait so long for its addressee after the first presentation
DOCTYPE = "<!DOCTYPE html>\n"  # without it the engine gives nested tables another size of type
AS_HTML = ("body", "page", "mail_body")


class Letter(NamedTuple):
    """`vals`: what is frozen on the notice; `shown`: the words of its page, by name."""

    vals: dict
    shown: dict

    def numbered(self, number):
        """What is written on the notice once it has its number."""
        written = {False: number, True: str(escape(number))}
        return {
            name: value.replace(NUMBER, written[name in AS_HTML]) if isinstance(value, str) else value
            for name, value in self.vals.items()
        }


class AccountDunningLetter(models.AbstractModel):
    _name = "account.dunning.letter"
    _description = "Dunning Letter"

    @api.model
    def _compose(self, notices, today, number=NUMBER):
        """{notice: Letter} of notices whose figures are known; nothing is written."""
        surroundings = self.env["account.dunning.surroundings"]._look(notices, today)
        return {notice: self._compose_one(notice, surroundings[notice], today, number) for notice in notices}

    @api.model
    def _compose_one(self, notice, around, today, number):
        lang = notice._get_lang()
        return self.with_context(lang=lang)._write(notice.with_context(lang=lang), around, today, number)

    @api.model
    def _write(self, notice, around, today, number):
        vals = self._prepare_dates(notice, today)
        words = self._get_words(notice, vals, number)
        vals |= self._prepare_texts(notice, vals, words, number)
        shown = self._get_shown(notice, vals, words, around)
        vals |= {
            "line_ids": self._prepare_lines(around),
            "enclosures": list(around.enclosures.files),
            "page": DOCTYPE + keep_one_heading(self._render("account_dunning.notice_letter", shown)),
            "mail_body": inline(self._render("account_dunning.notice_mail", shown)),
        }
        return Letter(vals, shown)

    @api.model
    def _render(self, template, shown):
        return str(self.env["ir.qweb"]._render(template, {"letter": shown}, lang=self.env.lang)).strip()

    # === What is frozen === #

    @api.model
    def _prepare_dates(self, notice, today):
        """The day on the letter, and the last day granted; a formal one counts from when it was first presented."""
        day = max(notice.date_letter or today, today)
        return {
            "date_issued": today,
            "date_letter": day if day > today else False,
            "response_date": self._get_deadline(notice, day) if notice.level_id.response_days else False,
        }

    @api.model
    def _get_deadline(self, notice, day):
        """The last day granted by a letter of `day`: one on which somebody works."""
        wait = DAYS_TO_PRESENT if notice.stage != "reminder" else 0
        deadline = day + timedelta(days=notice.level_id.response_days + wait)
        company = notice.company_id
        return deadline if company._is_working_day(deadline) else company._add_working_days(deadline, 1)

    @api.model
    def _prepare_texts(self, notice, vals, words, number):
        level = notice.level_id
        return {
            "name": number,
            "lang": self.env.lang,
            "addressee": "\n".join(self._get_addressee(notice)),
            "payment_reference": self._get_payment_reference(notice, number),
            "subject": fill_in(level.subject, words),
            "body": fill_in(level.body or "", words),
            "state": "issued",
            "reason": False,
        }

    @api.model
    def _prepare_lines(self, around):
        """Credits and informative items are frozen beside what is claimed."""
        return [Command.create(vals) for vals in (*(one.vals for one in around.credits), *around.others)]

    @api.model
    def _get_payment_reference(self, notice, number):
        """Of a single invoice its own, which the books know; else the number of the notice."""
        moves = notice._get_claimed_lines().move_id
        return (len(moves) == 1 and (moves.payment_reference or moves.name)) or number

    @api.model
    def _get_words(self, notice, vals, number):
        """{placeholder: text in the customer's language}"""
        day, deadline = vals["date_letter"] or vals["date_issued"], vals["response_date"]
        return {
            "number": number,
            "company": notice.company_id.name,
            "customer": notice.partner_id.name,
            "amount": self._format_amount(notice, notice.amount_total),
            "principal": self._format_amount(notice, notice.amount_claimed),
            "date": format_long(self.env, day),
            "response_date": format_long(self.env, deadline) if deadline else "",
            "days": str(notice.level_id.response_days or ""),
        }

    @api.model
    def _format_amount(self, notice, amount):
        return formatLang(self.env, amount, currency_obj=notice.currency_id)

    # === What the page shows === #

    @api.model
    def _get_shown(self, notice, vals, words, around):
        company = notice.company_id
        earlier = [self._get_earlier(one) for one in around.earlier]
        return {
            **self._get_stationery(company, notice.partner_id, words["date"]),
            "stage": notice.stage,
            "addressee": vals["addressee"].splitlines(),
            "sent_by": self._say_way(notice),
            "deadline": words["response_date"],
            "number": vals["name"],
            "subject": vals["subject"],
            "body": Markup(vals["body"]),
            **self._get_tables(notice, around),
            "earlier": earlier,
            "formal": self._get_formal(notice, vals, words) if notice.stage != "reminder" else {},
            "payment": self._get_payment(notice, vals),
            "contact": self._say_contact(company),
            "disregard": self.env._(
                "If you have paid the whole amount in the meantime, please disregard this message."
            ),
            "signature": self._get_signature(notice),
            "privacy": self._say_privacy(notice),
            **self.env["account.dunning.enclosures"]._say(notice, around.enclosures),
        }

    @api.model
    def _get_stationery(self, company, partner, day):
        """What the layout shows around any letter to `partner`; `day` as text."""
        return {
            "lang": self.env.lang,
            "window": company.dunning_window,
            "has_logo": bool(company.logo_web) and not company.uses_default_logo,
            "sender": self._get_sender(company),
            "addressee": self._get_address(partner, company),
            "addressee_registration": self._say_registration(partner),
            "customer_reference": partner.ref or "",
            "sent_by": "",
            "number": "",
            "privacy": "",
            "place": company.city or "",
            "place_and_date": self._say_place(company, day),
            "date": day,
        }

    @api.model
    def _say_place(self, company, day):
        return self.env._("%(place)s, %(date)s", place=company.city, date=day) if company.city else day

    @api.model
    def _get_sender(self, company):
        partner = company.partner_id
        return {
            "name": company.name,
            "address": ", ".join(self._get_address(partner, company)[1:]),
            "registration": self._say_registration(partner),
            "vat": company.vat or "",
            "phone": company.phone or "",
            "email": company.email or "",
            "website": (company.website or "").removeprefix("https://").removeprefix("http://"),
            "footer": "" if is_html_empty(company.report_footer) else Markup(company.report_footer),
        }

    @api.model
    def _get_addressee(self, notice):
        return self._get_address(notice.partner_id, notice.company_id)

    @api.model
    def _get_address(self, partner, company):
        """Name and postal address; the country is named only abroad, as posts ask for."""
        lines = partner.with_context(lang=self.env.lang)._get_dunning_address().splitlines()
        at_home = partner.country_id and partner.country_id == company.country_id
        return lines[:-1] if at_home and lines[-1:] == [partner.country_id.name] else lines

    @api.model
    def _say_registration(self, partner):
        """« SIREN 552 100 554 »; numbers of other countries without a name of their own."""
        number = "".join((partner.company_registry or "").split())
        if not number:
            return partner.vat if partner.vat and partner.is_company else ""
        if number.isdigit() and len(number) in (9, 14) and partner.country_id.code in ("FR", False):
            kind = "SIREN" if len(number) == 9 else "SIRET"
            groups = (number[0:3], number[3:6], number[6:9], number[9:])
            return f"{kind} {' '.join(group for group in groups if group)}"
        return number

    @api.model
    def _say_way(self, notice):
        """How a letter goes whose way is part of what it is."""
        ways = {
            "registered_letter": self.env._("Registered letter with acknowledgement of receipt"),
            "registered_email": self.env._("By electronic registered delivery (article 43(1) of regulation eIDAS)"),
            "qualified_registered_email": self.env._("By qualified electronic registered letter (article L100 CPCE)"),
        }
        return ways.get(notice._get_leading_channel().method, "")

    # === Tables === #

    @api.model
    def _get_tables(self, notice, around):
        """Rows as text, and the sums of what is printed in them."""
        lines = notice._get_claimed_lines()
        credit = sum(lines.mapped("amount_credit"))
        return {
            "lines": lines,
            "rows": [self._get_row(notice, line) for line in lines],
            "is_mixed": len(lines.level_id) > 1,
            "has_held": any(lines.mapped("amount_held")),
            "interest_name": self._name_interest(notice),
            "has_interest": notice.interest_mode == "claim" and any(lines.mapped("amount_interest")),
            "credits": [self._get_credit_row(notice, credit) for credit in around.credits],
            "others": [self._get_other_row(notice, vals) for vals in around.others],
            "invoices_total": self._format_amount(notice, notice.amount_claimed + credit) if credit else "",
            "principal": self._format_amount(notice, notice.amount_claimed),
            "charges": self._get_charges(notice),
            "total": self._format_amount(notice, notice.amount_total),
        }

    @api.model
    def _get_row(self, notice, line):
        paid = line.amount_original - line.amount_residual
        return {
            "name": line.name,
            "reference": line.move_id.ref or "",
            "invoiced": format_day(self.env, line.date_invoice),
            "due": format_day(self.env, line.date_due),
            "days": line.days_overdue,
            "level": line.level_id.name,
            "original": self._format_amount(notice, line.amount_original),
            "paid": self._format_amount(notice, paid),
            "held": self._format_amount(notice, line.amount_held) if line.amount_held else "",
            "balance": self._format_amount(notice, line.amount_residual - line.amount_held),
            "interest": self._format_amount(notice, line.amount_interest),
        }

    @api.model
    def _get_credit_row(self, notice, credit):
        vals = credit.vals
        words = {"name": vals["name"], "date": format_day(self.env, vals["date_invoice"])}
        return {
            "label": self.env._("Credit note %(name)s of %(date)s, taken off", **words)
            if credit.is_credit_note
            else self.env._("Payment %(name)s of %(date)s, not allocated yet, taken off", **words),
            "taken": self._format_amount(notice, -vals["amount_credit"]),
        }

    @api.model
    def _get_other_row(self, notice, vals):
        return {
            "name": vals["name"],
            "invoiced": format_day(self.env, vals["date_invoice"]),
            "due": format_day(self.env, vals["date_due"]),
            "balance": self._format_amount(notice, vals["amount_residual"]),
        }

    @api.model
    def _name_interest(self, notice):
        """Public procurement has a word of its own: there the other one names what the supplier owes."""
        if notice.partner_id.debtor_kind == "public":
            return self.env._("Interest for late payment by a public body")
        return self.env._("Late-payment interest")

    @api.model
    def _get_charges(self, notice):
        """Interest and compensation as the letter shows them, {} where it says nothing of them."""
        if notice.interest_mode not in ("mention", "claim") or not notice.interest_terms:
            return {}
        words = {
            "interest": self._format_amount(notice, notice.amount_interest) if notice.amount_interest else "",
            "compensation": self._format_amount(notice, notice.amount_compensation)
            if notice.amount_compensation
            else "",
        }
        claimed = notice.interest_mode == "claim"
        day = format_day(self.env, notice.company_id._dunning_today())
        return {
            **words,
            "claimed": claimed,
            "interest_line": self.env._("%(interest)s, up to %(day)s", interest=self._name_interest(notice), day=day),
            "mentions": [] if claimed else self._mention(notice, words, day),
            "terms": notice.interest_terms.splitlines(),
        }

    @api.model
    def _mention(self, notice, words, day):
        """What is told and not claimed, a sentence each; a formal notice reserves it."""
        compensation = self.env._("Fixed compensation for recovery costs")
        told = {"interest": self._name_interest(notice), "compensation": compensation}
        return [
            self._say_mention(notice, name, words[kind], day if kind == "interest" else "")
            for kind, name in told.items()
            if words[kind]
        ]

    @api.model
    def _say_mention(self, notice, name, amount, day):
        words = {
            "name": name,
            "amount": self.env._("%(amount)s up to %(day)s", amount=amount, day=day) if day else amount,
        }
        if notice.stage == "reminder":
            return self.env._("%(name)s: %(amount)s (for information, not claimed to date).", **words)
        return self.env._("Due in addition by right: %(name)s, %(amount)s.", **words)

    # === A formal notice === #

    @api.model
    def _get_formal(self, notice, vals, words):
        """What a reminder does not have: source of the debt, deadline, consequences, law."""
        level = notice.level_id
        abroad = notice.partner_id.country_id and notice.partner_id.country_id != notice.company_id.country_id
        consequences = (abroad and level.consequences_abroad) or level.consequences or ""
        return {
            "obligation": self._say_obligation(notice, words),
            "days": level.response_days,
            "deadline_in_words": self.env["account.dunning.spelling"]._spell_date(vals["response_date"]),
            "deadline": self._say_deadline(level.response_days, vals["response_date"]) if vals["response_date"] else "",
            "consequences": Markup(fill_in(consequences, words)),
            "legal_texts": level.legal_texts or "",
        }

    @api.model
    def _say_obligation(self, notice, words):
        """Nature and source of the debt, with the orders that the invoices name, each once, in their order."""
        obligation = fill_in(notice.policy_id.obligation or "", words)
        origins = [move.invoice_origin for move in notice._get_claimed_lines().move_id if move.invoice_origin]
        orders = self.env._("(orders %s)", ", ".join(dict.fromkeys(origins))) if origins else ""
        return f"{obligation} {orders}".strip() if obligation else ""

    @api.model
    def _say_deadline(self, days, deadline):
        """The time granted and the last day of it, each in figures and in words."""
        spelling = self.env["account.dunning.spelling"]
        return Markup(
            self.env._(
                "You have <strong>%(days)s days from the first presentation of this letter</strong> to pay the whole "
                "amount. This time ends in any case on <strong>%(deadline)s</strong>."
            )
        ) % {
            "days": self._put_beside(spelling._spell_number(days), days),
            "deadline": self._put_beside(format_long(self.env, deadline), spelling._spell_date(deadline)),
        }

    @api.model
    def _put_beside(self, first, second):
        return f"{first} ({second})" if first and second else str(first or second)

    @api.model
    def _get_earlier(self, earlier):
        words = {
            "name": earlier.level_id.with_context(lang=self.env.lang).name,
            "date": format_long(self.env, earlier.date_left),
            "channel": self._say_channel(earlier._get_leading_delivery().channel_id),
        }
        return {**words, "label": self.env._("%(name)s of %(date)s (%(channel)s)", **words)}

    @api.model
    def _say_channel(self, channel):
        ways = {
            "email": self.env._("by e-mail"),
            "letter": self.env._("by letter"),
            "registered_letter": self.env._("by registered letter"),
            "registered_email": self.env._("by electronic registered delivery"),
            "qualified_registered_email": self.env._("by qualified electronic registered letter"),
        }
        return ways.get(channel.method, channel.name or "")

    # === How to pay, whom to ask, who signs === #

    @api.model
    def _get_payment(self, notice, vals):
        """The trusted bank account, the reference and, where customers pay online, the address of a single invoice."""
        bank = notice.company_id._get_dunning_bank()
        return {
            **self._get_account(bank),
            "reference": vals["payment_reference"],
            "link": self._get_payment_link(notice),
            "has_code": self.env["account.dunning.letter.images"]._has_payment_code(notice, bank),
        }

    @api.model
    def _get_account(self, bank):
        return {
            "holder": bank.acc_holder_name or bank.partner_id.name or "",
            "account_name": "IBAN" if bank.acc_type == "iban" else self.env._("Account"),
            "account": bank.acc_number or "",
            "bic": bank.bank_bic or "",
            "bank": bank.bank_name or "",
        }

    @api.model
    def _get_payment_link(self, notice):
        """Of a single invoice, where the customer can pay on its page."""
        moves = notice._get_claimed_lines().move_id.sudo()
        link = moves._get_dunning_portal_link() if len(moves) == 1 else ""
        return link if link and notice.company_id._takes_dunning_payments_online() else ""

    @api.model
    def _say_contact(self, company):
        """The company's own address and telephone: a person may be away when the customer calls."""
        ways = {"email": company.email or "", "phone": company.phone or ""}
        if ways["email"] and ways["phone"]:
            return self.env._("Any question? Write to %(email)s or call %(phone)s.", **ways)
        if ways["email"]:
            return self.env._("Any question? Write to %s.", ways["email"])
        return self.env._("Any question? Call %s.", ways["phone"]) if ways["phone"] else ""

    @api.model
    def _say_privacy(self, notice):
        """What a person is told of his data (GDPR article 13); a business is none."""
        if (notice.partner_id.debtor_kind or "consumer") != "consumer":
            return ""
        return self.env._(
            "Your data are used to manage this unpaid claim, on the basis of the contract between us. To see them, to "
            "have them corrected or their use limited, write to %s. You may also turn to your data protection "
            "authority.",
            notice.company_id.email or notice.company_id.name,
        )

    @api.model
    def _get_signature(self, notice):
        signing = notice.company_id._get_dunning_signing_company()
        return {
            "company": notice.company_id.name,
            "name": signing.dunning_signatory or "",
            "role": signing.dunning_signatory_role or "",
            "has_image": bool(signing.dunning_signature) and notice.stage != "reminder",
        }
