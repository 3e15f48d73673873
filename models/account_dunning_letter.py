"""What a letter says: composed when its notice is issued, in the customer's language, and frozen with it.

Everything is text here: amounts and dates are formatted before the templates see them, since widgets of the templates
are slow and leave their own marks in the HTML. Until the notice has its number, NUMBER stands where it will be.
"""

import re
from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from odoo import Command, api, models
from odoo.tools import is_html_empty
from odoo.tools.misc import format_date, formatLang

from .pdf_pages import keep_one_heading
from .placeholders import fill_in

NUMBER = "\ue000"  # of the private use area: it stands in no text and needs no escaping
DAYS_TO_PRESENT = 15  # a registered letter may wait so long for its addressee after the first presentation
LONG = "d MMMM yyyy"
DOCTYPE = "<!DOCTYPE html>\n"  # without it the engine gives nested tables another size of type
AS_HTML = ("body", "page", "mail_body")


# Mail programs drop style sheets: in a mail the classes of the page become styles of their own
STYLES = {
    "claims": "width: 100%; border-collapse: collapse; font-size: 13px; margin: 14px 0;",
    "th": "text-align: left; padding: 5px 6px; background: #eef0f3; border-bottom: 1px solid #333;",
    "td": "padding: 4px 6px; border-bottom: 1px solid #ddd; vertical-align: top;",
    "d": "padding: 4px 6px; border-bottom: 1px solid #ddd; vertical-align: top; white-space: nowrap;",
    "n": "padding: 4px 6px; border-bottom: 1px solid #ddd; vertical-align: top; white-space: nowrap; text-align: right;",
    "total": "font-weight: bold; background: #eef0f3;",
    "caption": "font-weight: bold; margin: 14px 0 4px;",
    "demand": "border-left: 3px solid #333; padding: 2px 0 2px 12px; margin: 14px 0;",
    "note": "font-size: 12px; color: #555;",
}
CLASS = re.compile(r'<(th|td)>|(?<= )class="(\w+)"')


def inline(html):
    """`html` with the classes that STYLES knows turned into styles."""
    return CLASS.sub(_get_style, html)


def _get_style(found):
    tag, name = found.groups()
    style = STYLES.get(tag or name)
    written = f'style="{style}"' if style else ""
    return f"<{tag} {written}>" if tag else written


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
        days = notice.level_id.response_days
        wait = DAYS_TO_PRESENT if notice.stage != "reminder" else 0
        return {
            "date_issued": today,
            "date_letter": day if day > today else False,
            "response_date": day + timedelta(days=days + wait) if days else False,
        }

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
            "date": self._format_date(day, LONG),
            "response_date": self._format_date(deadline, LONG) if deadline else "",
            "days": str(notice.level_id.response_days or ""),
        }

    @api.model
    def _format_amount(self, notice, amount):
        return formatLang(self.env, amount, currency_obj=notice.currency_id)

    @api.model
    def _format_date(self, day, date_format=None):
        return format_date(self.env, day, date_format=date_format) if day else ""

    # === What the page shows === #

    @api.model
    def _get_shown(self, notice, vals, words, around):
        company = notice.company_id
        earlier = [self._get_earlier(one) for one in around.earlier]
        return {
            "lang": self.env.lang,
            "window": company.dunning_window,
            "stage": notice.stage,
            "has_logo": bool(company.logo_web) and not company.uses_default_logo,
            "sender": self._get_sender(company),
            "addressee": vals["addressee"].splitlines(),
            "addressee_registration": self._say_registration(notice.partner_id),
            "customer_reference": notice.partner_id.ref or "",
            "sent_by": self._say_way(notice),
            "place": company.city or "",
            "place_and_date": self._say_place(company, words["date"]),
            "date": words["date"],
            "deadline": words["response_date"],
            "number": vals["name"],
            "subject": vals["subject"],
            "body": Markup(vals["body"]),
            **self._get_tables(notice, around),
            "earlier": earlier,
            "earlier_list": "; ".join(one["label"] for one in earlier),
            "formal": self._get_formal(notice, vals, words) if notice.stage != "reminder" else {},
            "payment": self._get_payment(notice, vals),
            "contact": self._say_contact(company),
            "disregard": self.env._("If you have paid in the meantime, please disregard this message."),
            "signature": self._get_signature(notice),
            **self.env["account.dunning.enclosures"]._say(notice, around.enclosures),
            "is_consumer": (notice.partner_id.debtor_kind or "consumer") == "consumer",
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
            return self.env._("VAT %s", partner.vat) if partner.vat and partner.is_company else ""
        if number.isdigit() and len(number) in (9, 14) and partner.country_id.code in ("FR", False):
            kind = "SIREN" if len(number) == 9 else "SIRET"
            groups = (number[0:3], number[3:6], number[6:9], number[9:])
            return f"{kind} {' '.join(group for group in groups if group)}"
        return self.env._("Registration no. %s", number)

    @api.model
    def _say_way(self, notice):
        """How a letter goes whose way is part of what it is."""
        ways = {
            "registered_letter": self.env._("By registered letter with acknowledgement of receipt"),
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
            "invoiced": self._format_date(line.date_invoice),
            "due": self._format_date(line.date_due),
            "days": line.days_overdue,
            "level": line.level_id.name,
            "original": self._format_amount(notice, line.amount_original),
            "paid": self._format_amount(notice, paid),
            "held": self._format_amount(notice, line.amount_held) if line.amount_held else "",
            "balance": self._format_amount(notice, line.amount_residual - line.amount_held),
        }

    @api.model
    def _get_credit_row(self, notice, credit):
        vals = credit.vals
        words = {"name": vals["name"], "date": self._format_date(vals["date_invoice"])}
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
            "invoiced": self._format_date(vals["date_invoice"]),
            "due": self._format_date(vals["date_due"]),
            "balance": self._format_amount(notice, vals["amount_residual"]),
        }

    @api.model
    def _get_charges(self, notice):
        """Interest and compensation as the letter shows them, {} where it says nothing of them."""
        if notice.interest_mode not in ("mention", "claim") or not notice.interest_terms:
            return {}
        return {
            "claimed": notice.interest_mode == "claim",
            "day": self._format_date(notice.company_id._dunning_today()),
            "interest": self._format_amount(notice, notice.amount_interest) if notice.amount_interest else "",
            "compensation": self._format_amount(notice, notice.amount_compensation)
            if notice.amount_compensation
            else "",
            "terms": notice.interest_terms.splitlines(),
        }

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
        return Markup(  # noqa: S704  (what is put in is escaped)
            self.env._(
                "You have <strong>%(days)s days from the first presentation of this letter</strong> to pay the whole "
                "amount, that is until <strong>%(deadline)s</strong> at the latest."
            )
        ) % {
            "days": self._put_beside(spelling._spell_number(days), days),
            "deadline": self._put_beside(self._format_date(deadline, LONG), spelling._spell_date(deadline)),
        }

    @api.model
    def _put_beside(self, first, second):
        return f"{first} ({second})" if first and second else str(first or second)

    @api.model
    def _get_earlier(self, earlier):
        words = {
            "name": earlier.level_id.with_context(lang=self.env.lang).name,
            "date": self._format_date(earlier.date_left, LONG),
            "channel": self._say_channel(earlier._get_leading_delivery().channel_id),
        }
        return {**words, "label": self.env._("%(name)s of %(date)s, %(channel)s", **words)}

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
            "holder": bank.acc_holder_name or bank.partner_id.name or "",
            "account": bank.acc_number or "",
            "bic": bank.bank_bic or "",
            "bank": bank.bank_name or "",
            "reference": vals["payment_reference"],
            "link": self._get_payment_link(notice),
            "has_code": self.env["account.dunning.letter.images"]._has_payment_code(notice, bank),
        }

    @api.model
    def _get_payment_link(self, notice):
        """Only of an invoice whose portal page has its key already: no job writes to invoices."""
        moves = notice._get_claimed_lines().move_id
        if len(moves) != 1 or not moves.sudo().access_token or not notice.company_id._takes_dunning_payments_online():
            return ""
        return f"{moves.get_base_url()}{moves.sudo().access_url}?access_token={moves.sudo().access_token}"

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
    def _get_signature(self, notice):
        company = notice.company_id
        return {
            "company": company.name,
            "name": company.dunning_signatory or "",
            "role": company.dunning_signatory_role or "",
            "has_image": bool(company.dunning_signature) and notice.stage != "reminder",
        }
