"""What is owed on the day of a dossier: principal, interest and compensation apart, as a court asks for them."""

from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools.misc import formatLang

from .letter_dates import format_day, format_long

ZERO = Decimal(0)


class Owed(NamedTuple):
    """One instalment that is overdue on the day; amounts are Decimal in the currency of the case."""

    line: models.Model
    balance: Decimal
    original: Decimal
    settled: Decimal
    days_late: int | str
    late: object  # account.late.interest's Late

    @property
    def interest(self):
        return self.late.interest if self.late else ZERO

    @property
    def compensation(self):
        return self.late.compensation if self.late else ZERO


class Debt(NamedTuple):
    """`rows` make up the claim; `not_due` is owed later and in no total; `credits` nothing has used yet, negative."""

    rows: tuple
    not_due: Decimal
    credits: Decimal

    @property
    def principal(self):
        return sum((row.balance for row in self.rows), ZERO)

    @property
    def interest(self):
        return sum((row.interest for row in self.rows), ZERO)

    @property
    def compensation(self):
        return sum((row.compensation for row in self.rows), ZERO)

    @property
    def total(self):
        return self.principal + self.credits + self.interest + self.compensation

    @property
    def unknown(self):
        """Sentences that say why some interest is not known."""
        return tuple(dict.fromkeys(row.late.missing for row in self.rows if row.late and row.late.missing))


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    @api.model
    def _get_items(self, asked):
        """Of the whole case, or those that the chosen notices claim."""
        if asked.is_whole:
            return asked.case.item_ids
        return asked.notices.line_ids.filtered(lambda line: line.role == "claimed").item_id

    @api.model
    def _get_debt(self, asked):
        case = asked.case
        lines = self._get_items(asked).move_line_id
        accounts = (
            self.env["account.dunning.statement"]
            .with_company(case.company_id)
            ._read(case.company_id, case.partner_id, asked.day)
        )
        drawn = next(
            (one.statement for one in accounts.get(case.partner_id, ()) if one.currency == case.currency_id), None
        )
        items = [one for one in drawn.items if one.entry.id in lines.ids] if drawn else []
        overdue = [one for one in items if one.days_late > 0]
        late = self._get_late(asked, overdue)
        rows = [self._get_owed(one, late.pop(one.entry.id, None)) for one in overdue]
        rows += [self._get_settled(one) for one in late.values() if one.interest or one.compensation]
        rows.sort(key=lambda row: (row.line.date_maturity or row.line.date, row.line.id))
        not_due = sum((one.balance for one in items if one.days_late <= 0), ZERO)
        return Debt(tuple(rows), not_due, drawn.credited if drawn else ZERO)

    @api.model
    def _get_late(self, asked, overdue):
        lines = self.env["account.move.line"].browse([one.entry.id for one in overdue])
        company = asked.case.company_id
        engine = self.env["account.late.interest"].with_company(company)
        return engine._get_late(company, asked.day, lines.move_id.ids, lines.ids)

    @api.model
    def _get_owed(self, one, late):
        line = self.env["account.move.line"].browse(one.entry.id)
        return Owed(line, one.balance, one.entry.original, one.settled, one.days_late, late)

    @api.model
    def _get_settled(self, late):
        """An instalment of the same invoice that was paid late: its interest is owed, too."""
        line = self.env["account.move.line"].browse(late.line_id)
        return Owed(line, ZERO, late.principal, late.principal, "", late)

    # === In words === #

    @api.model
    def _format(self, asked, amount):
        return formatLang(self.env, float(amount), currency_obj=asked.case.currency_id)

    @api.model
    def _show_debt(self, asked, debt):
        """What the summary shows of it, as text."""
        return {
            "rows": [self._show_owed(asked, row) for row in debt.rows],
            "principal": self._format(asked, debt.principal),
            "credits": self._format(asked, debt.credits) if debt.credits else "",
            "interest": self.env._("not known") if debt.unknown else self._format(asked, debt.interest),
            "compensation": self._format(asked, debt.compensation),
            "total": self._format(asked, debt.total),
            "not_due": self._say_not_due(asked, debt) if debt.not_due else "",
            "interest_label": self.env._("Late-payment interest up to %s", format_long(self.env, asked.day)),
            "total_label": self.env._("Total as of %s", format_long(self.env, asked.day)),
            "unknown": debt.unknown,
            "law": self._say_law(debt),
        }

    @api.model
    def _say_not_due(self, asked, debt):
        return self.env._("Not yet due, in no total: %s", self._format(asked, debt.not_due))

    @api.model
    def _show_owed(self, asked, row):
        move = row.line.move_id
        return {
            "name": move.name,
            "date": format_day(self.env, move.invoice_date or move.date),
            "due": format_day(self.env, row.line.date_maturity or row.line.date),
            "days": row.days_late,
            "original": self._format(asked, row.original),
            "settled": self._format(asked, row.settled) if row.settled else "",
            "balance": self._format(asked, row.balance),
            "interest": self.env._("not known") if row.late and row.late.missing else self._format(asked, row.interest),
            "compensation": self._format(asked, row.compensation) if row.compensation else "",
        }

    @api.model
    def _say_law(self, debt):
        return self.env["account.late.interest"]._say_terms([row.late for row in debt.rows if row.late])
