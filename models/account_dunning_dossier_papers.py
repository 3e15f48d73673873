"""What is drawn up for a dossier: the numbered list of its pieces, the summary, and tables; in its language."""

import re
from datetime import datetime

from markupsafe import Markup

from odoo import api, models

from .account_dunning_event import KINDS, MODELS
from .account_dunning_letter import DOCTYPE
from .letter_dates import format_day, format_long

ORDER = [kind for kind, _label, _model in KINDS]
LONG_WORD, SHORT_CELL = 22, 20  # letters: what must break to fit, what stays in one line
# what of an address stays together: up to its next sign, or so many letters
TOGETHER = re.compile(rf"[^\s@._/-]{{1,{LONG_WORD}}}[@._/-]*\s*|[@._/-]+\s*|\s+")


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    @api.model
    def _draw_up(self, asked, pieces, missing, proofs):
        """{file name: PDF bytes} of what stands before the pieces."""
        return {
            "bordereau.pdf": self._draw_list(asked, pieces, missing, proofs),
            "summary.pdf": self._draw_summary(asked, pieces),
        }

    @api.model
    def _draw(self, asked, title, tables):
        """A PDF of tables: [{heads, rows; caption, remarks}], all of it text."""
        shown = [{**table, "rows": [list(map(_style, row)) for row in table["rows"]]} for table in tables]
        return self._print(asked, "account_dunning.dossier_tables", {"title": title, "tables": shown})

    @api.model
    def _print(self, asked, template, words):
        case = asked.case
        day = format_long(self.env, asked.day)
        parties = case.company_id.name, case.partner_id.name or ""
        words = {
            "lang": (self.env.lang or "en_US").replace("_", "-"),
            "headline": self.env._(
                "%(creditor)s / %(debtor)s, as of %(day)s", creditor=parties[0], debtor=parties[1], day=day
            ),
            **words,
        }
        page = self.env["ir.qweb"]._render(template, words, lang=self.env.lang)
        label = f"{parties[0]} / {parties[1]}, {format_day(self.env, asked.day)}"
        return self.env["account.dunning.document"]._print(Markup(DOCTYPE) + page.strip(), label)

    # === The list of pieces === #

    @api.model
    def _draw_list(self, asked, pieces, missing, proofs):
        sections = self._get_sections()
        groups = [
            {"caption": caption, "rows": [self._get_listed(one) for one in pieces if one.source.section == section]}
            for section, caption in sections.items()
        ]
        words = {
            "headline": self.env._(
                "For %(recipient)s, as of %(day)s; pieces: %(count)s",
                recipient=asked.recipient,
                day=format_long(self.env, asked.day),
                count=len(pieces),
            ),
            "parties": self._get_parties(asked),
            "sections": [group for group in groups if group["rows"]],
            "missing": [{"title": one.title, "remedy": one.remedy, "sha256": one.sha256} for one in missing],
            "changed": self._say_changed([one.added.piece.number for one in pieces if one.added.is_changed]),
            "sums": self.env._(
                "Under each piece stands its SHA-256: whoever computes the same of a file has the same file. The "
                "program verify.py of this dossier checks all of them."
            ),
            "scope": self._say_scope(asked),
            "chain": self._say_chain(proofs),
        }
        return self._print(asked, "account_dunning.dossier_list", words)

    @api.model
    def _get_listed(self, one):
        piece = one.added.piece
        return {
            "number": piece.number,
            "title": piece.title,
            "remark": one.source.remark,
            "date": format_day(self.env, one.source.day),
            "sha256": one.added.sha256,
            "warning": self.env._("CHANGED: not the file that was recorded"),
            "recorded": piece.recorded_sha256 if one.added.is_changed else "",
        }

    @api.model
    def _say_changed(self, numbers):
        if not numbers:
            return ""
        return self.env._(
            "Attention: the stored file is no longer the one that was recorded, of piece %s. It is enclosed as it was "
            "found.",
            ", ".join(map(str, numbers)),
        )

    @api.model
    def _say_scope(self, asked):
        if asked.is_whole:
            return ""
        numbers = ", ".join(notice.name for notice in asked.notices)
        return self.env._("This dossier has the notices %s and what they claim, not the whole case.", numbers)

    @api.model
    def _say_chain(self, proofs):
        if not proofs:
            return ""
        return self.env._(
            "The proofs stand in the chain %(chain)s; its last record, number %(last)s, has the hash %(hash)s.",
            chain=proofs.uuid,
            last=proofs.head.sequence,
            hash=proofs.head.record_hash,
        )

    # === The summary === #

    @api.model
    def _draw_summary(self, asked, pieces):
        words = {
            "headline": self.env._(
                "%(target)s, for %(recipient)s, as of %(day)s",
                target=self._get_targets()[asked.target],
                recipient=asked.recipient,
                day=format_long(self.env, asked.day),
            ),
            "more": self.env._(
                "To be added: interest from the next day on until payment, at the rates below, and the costs of the "
                "proceedings."
            ),
            "is_court": asked.target == "court",
            "parties": self._get_parties(asked),
            "debt": self._show_debt(asked, asked.debt),
            "events": self._get_events(asked),
            "served": [self._say_served(notice) for notice in asked.notices if notice.effective_date],
            "court": self._say_court(asked),
            "stops": self._say_insolvency(asked.case),
        }
        return self._print(asked, "account_dunning.dossier_summary", words)

    @api.model
    def _get_parties(self, asked):
        company, partner = asked.case.company_id, asked.case.partner_id
        signing = company._get_dunning_signing_company()
        creditor = self._get_party(self.env._("Creditor"), company.partner_id, company)
        if signing.dunning_signatory:
            person = ", ".join(filter(None, (signing.dunning_signatory, signing.dunning_signatory_role)))
            creditor["represented"] = self.env._("Represented by %s", person)
        return [creditor, self._get_party(self.env._("Debtor"), partner, company)]

    @api.model
    def _get_party(self, caption, partner, company):
        letter = self.env["account.dunning.letter"]
        return {
            "caption": caption,
            "lines": letter._get_address(partner, company),
            "registration": letter._say_registration(partner) or self.env._("registration number not known"),
            "vat": partner.vat or "",
            "email": partner.email or "",
            "phone": partner.phone or "",
            "represented": "",
        }

    @api.model
    def _get_events(self, asked):
        """What happened, oldest first; of notices those that left."""
        events = self.env["account.dunning.event"].search([("case_id", "=", asked.case.id)])
        told = events.filtered(lambda event: self._is_told(asked, event))
        return [
            {
                "date": format_day(self.env, event.date),
                "kind": event._label(event, "kind"),
                "description": event.description,
                "amount": self._format(asked, event.amount) if event.amount else "",
            }
            for event in told.sorted(self._get_moment)
        ]

    @api.model
    def _get_moment(self, event):
        """Of one day in the order in which it was written down, a notice before its delivery."""
        written = self.env[MODELS[event.kind]].browse(event.res_id).create_date
        return event.date, written or datetime.min, ORDER.index(event.kind), event.id

    @api.model
    def _is_told(self, asked, event):
        if not event.date:
            return False
        if event.kind == "notice":
            return event.res_id in asked.notices.ids
        return event.kind != "delivery" or event.res_id in asked.notices.delivery_ids.ids

    @api.model
    def _say_court(self, asked):
        """Whom a petition goes to; for a debtor at home in France only, where the rule is known."""
        partner, company = asked.case.partner_id, asked.case.company_id
        if asked.target != "court" or {partner.country_id.code or "FR", company.country_id.code or "FR"} != {"FR"}:
            return ""
        if partner.debtor_kind == "business":
            return self.env._(
                "Between traders: president of the commercial court (or court of economic activities) of the debtor's "
                "seat (articles 1405 and 1406 of the code of civil procedure, L721-3 of the commercial code)."
            )
        return self.env._(
            "For a debtor who is no trader: judicial court of the place where he lives (articles 1405 and 1406 of the "
            "code of civil procedure). To be checked by the nature of the claim."
        )

    @api.model
    def _say_insolvency(self, case):
        judged = case.hold_ids.filtered(lambda hold: hold.kind == "insolvency" and hold.state == "active")
        if not judged:
            return ""
        return self.env._(
            "Insolvency proceedings were opened on %s: earlier claims are declared, no longer pursued.",
            format_long(self.env, min(judged.mapped("date_judgment"))),
        )


def _style(text):
    """A cell of a table: a long address breaks behind its signs, a date or a number does not."""
    if any(len(word) > LONG_WORD for word in text.split()):
        return {"text": Markup("<wbr/>").join(TOGETHER.findall(text)), "style": ""}
    return {"text": text, "style": "d" if len(text) <= SHORT_CELL else ""}
