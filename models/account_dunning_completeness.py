"""Whether a letter may leave as it is: what `core.mentions` finds in its page, said with where it is mended."""

from markupsafe import Markup

from odoo import api, models

from ..core import mentions

# What a reminder may lack: it is sent by people without a registration number, and to an e-mail address alone
ASKED_OF_NOTICES_ONLY = frozenset(
    (mentions.PLACE, mentions.SENDER_REGISTRATION, mentions.ADDRESSEE, mentions.ADDRESSEE_REGISTRATION)
)
SETTINGS = "account_dunning.res_config_settings_action"
ACTIONS = {
    "account.dunning.level": "account_dunning.account_dunning_level_action",
    "account.dunning.policy": "account_dunning.account_dunning_policy_action",
    "account.dunning.notice": "account_dunning.account_dunning_notice_action",
    "account.dunning.case": "account_dunning.account_dunning_case_action",
    "account.move": "account.action_move_out_invoice_type",
    "res.partner": "base.action_partner_form",
    "res.partner.bank": "base.action_res_partner_bank_account_form",
    "res.company": "base.action_res_company_form",
}


class AccountDunningCompleteness(models.AbstractModel):
    _name = "account.dunning.completeness"
    _description = "Completeness of Dunning Letters"

    @api.model
    def _get_points(self, notice, letter):
        """What keeps this letter of `notice` from leaving; empty for one that is complete."""
        found = mentions.missing(letter.vals["page"], self._to_core(notice, letter.shown))
        if notice.stage == "reminder":
            return tuple(point for point in found if point.code not in ASKED_OF_NOTICES_ONLY)
        return found

    @api.model
    def _find(self, notice):
        """The points of a notice as its letter would be today; nothing is written."""
        company = notice.company_id
        draft = notice.new(origin=notice)
        return self._get_points(notice, draft._preview(company._dunning_today()))

    # === In words === #

    @api.model
    def _say(self, points):
        """All points in one text for a person."""
        return " ".join(self.env["account.dunning.mentions"]._say(point) for point in points)

    @api.model
    def _get_links(self, notice, points):
        """[{text, url}] of each point: what is wrong, and the address of the screen where it is mended."""
        says = self.env["account.dunning.mentions"]
        return [
            {"text": says._say(point), "url": self._get_url(*says._get_place(point, notice), notice)}
            for point in points
        ]

    @api.model
    def _get_url(self, record, name, notice):
        if record._name == "res.company" and name.startswith("dunning_"):
            return f"/odoo/action-{SETTINGS}"
        if not record:
            record = notice
        return f"/odoo/action-{ACTIONS[record._name]}/{record.id}"

    @api.model
    def _render_links(self, notice, points):
        item = Markup('<li>%(text)s <a href="%(url)s" target="_blank">%(mend)s</a></li>')
        rows = [item % {**link, "mend": self.env._("Mend it")} for link in self._get_links(notice, points)]
        return Markup("<ul class='mb-0'>%s</ul>") % Markup().join(rows) if rows else ""

    # === To core === #

    @api.model
    def _to_core(self, notice, shown):
        formal, charges, payment = shown["formal"], shown["charges"], shown["payment"]
        claimed = bool(charges and charges["claimed"])
        bank = notice.company_id._get_dunning_bank()
        return mentions.Letter(
            stage=notice.stage,
            rank=notice.level_id._rank(),
            debtor_kind=notice.partner_id.debtor_kind or "",
            lang=shown["lang"].split("_")[0],
            place=shown["place"],
            date=shown["date"],
            sender=(shown["sender"]["name"], shown["sender"]["address"]),
            sender_registration=shown["sender"]["registration"],
            addressee=tuple(shown["addressee"]),
            addressee_registration=shown["addressee_registration"],
            reference=shown["number"],
            items=tuple(self._to_item(notice, *pair) for pair in zip(shown["lines"], shown["rows"], strict=True)),
            total=shown["total"],
            principal=shown["principal"],
            interest=charges["interest"] if claimed else "",
            compensation=charges["compensation"] if claimed else "",
            charges_claimed=claimed,
            obligation=formal.get("obligation", ""),
            earlier=tuple((one["date"], one["channel"]) for one in shown["earlier"]),
            response_days=notice.level_id.response_days,
            response_date=shown["deadline"],
            response_date_words=formal.get("deadline_in_words", ""),
            consequences=mentions.visible_text(formal.get("consequences", "")),
            legal_texts=formal.get("legal_texts", ""),
            signatory=shown["signature"]["name"],
            signatory_role=shown["signature"]["role"],
            contact=tuple(filter(None, (shown["sender"]["email"], shown["sender"]["phone"]))),
            bank_account=payment["account"],
            bank_is_trusted=bank.allow_out_payment,
            disregard=shown["disregard"],
        )

    @api.model
    def _to_item(self, notice, line, row):
        return mentions.Item(
            number=row["name"],
            date=row["invoiced"],
            due_date=row["due"],
            balance=row["balance"],
            is_due=bool(line.date_due) and line.date_due < notice.company_id._dunning_today(),
        )
