"""Late-payment interest and compensation of journal items at a day, from the ledger: one read for any number."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.compensation import NOT_LATE
from ..core.interest import Payment, accrue, get_total
from ..core.rates import MissingRate
from .letter_dates import format_day

DAY = timedelta(days=1)
ZERO = Decimal(0)


class Late(NamedTuple):
    """What late payment of one journal item costs up to a day; amounts are Decimal in its currency.

    `missing` is the sentence that says why the interest is not known: it is not zero then. The compensation of an
    invoice stands on one of its items; `compensation_reason` as in core.compensation.
    """

    line_id: int
    move_id: int
    principal: Decimal
    date_due: date
    slices: tuple
    interest: Decimal
    compensation: Decimal
    compensation_reason: str
    regime: models.Model
    missing: str
    waives_interest: bool
    waives_compensation: bool


class AccountLateInterest(models.AbstractModel):
    _name = "account.late.interest"
    _description = "Late Payment Interest"

    @api.model
    def _get_late(self, company, day, move_ids, line_ids=None):
        """{journal item id: Late} of what these moves claim from customers, as of `day`.

        `line_ids` picks among the items of general entries; of an invoice all instalments are read, since its
        compensation is due once.
        """
        rows = self._read(company, move_ids, line_ids)
        self._add_terms(company, rows)
        convert = self._get_converter(company, day)
        found = {}
        for of_invoice in self._by_invoice(rows):
            late = [self._accrue(row, day) for row in of_invoice]
            found.update((one.line_id, one) for one in self._compensate(of_invoice, late, day, convert))
        return found

    # === Reading === #

    @api.model
    def _read(self, company, move_ids, line_ids):
        """The receivable items with their settlements, most pressing facts of law beside each."""
        if not move_ids:
            return []
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._get_query(company, move_ids, line_ids))
        for row in rows:
            row["principal"] = _to_decimal(row["principal"])
            row["payments"] = [
                Payment(date.fromisoformat(day), _to_decimal(amount), is_credit)
                for day, amount, is_credit in row["payments"] or ()
                if amount
            ]
        return rows

    @api.model
    def _get_query(self, company, move_ids, line_ids):
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, move.move_type, line.currency_id,
                   line.amount_currency AS principal, COALESCE(line.date_maturity, line.date) AS date_due,
                   partner.commercial_partner_id AS partner_id, move.dunning_is_interest AS is_interest,
                   COALESCE(move.delivery_date, move.invoice_date, move.date) AS cause_on,
                   move.dunning_policy_id AS move_policy_id,
                   (commercial.dunning_policy_id ->> %(company_key)s)::int AS partner_policy_id,
                   commercial.debtor_kind, commercial.country_id,
                   ARRAY(SELECT category_id FROM res_partner_res_partner_category_rel tag
                          WHERE tag.partner_id = commercial.id) AS tags,
                   settled.payments, judged.date_judgment, served.date_served,
                   COALESCE(disputed.whole, FALSE) AS is_disputed, COALESCE(disputed.amount, 0) AS disputed,
                   COALESCE(waived.interest, FALSE) AS waives_interest,
                   COALESCE(waived.compensation, FALSE) AS waives_compensation
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner partner ON partner.id = line.partner_id
              JOIN res_partner commercial ON commercial.id = partner.commercial_partner_id
         LEFT JOIN account_dunning_item item ON item.move_line_id = line.id AND item.active
         LEFT JOIN LATERAL (
                SELECT JSON_AGG(JSON_BUILD_ARRAY(partial.max_date, partial.debit_amount_currency,
                                                 settling.move_type = 'out_refund')) AS payments
                  FROM account_partial_reconcile partial
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_move settling ON settling.id = credit.move_id
                 WHERE partial.debit_move_id = line.id) AS settled ON TRUE
         LEFT JOIN LATERAL (
                SELECT MIN(hold.date_judgment) AS date_judgment
                  FROM account_dunning_case dunning JOIN account_dunning_hold hold ON hold.case_id = dunning.id
                 WHERE dunning.partner_id = commercial.id AND dunning.company_id = line.company_id
                   AND hold.kind = 'insolvency' AND hold.state = 'active') AS judged ON TRUE
         LEFT JOIN LATERAL (
                SELECT MIN(notice.effective_date) AS date_served
                  FROM account_dunning_notice_line claimed
                  JOIN account_dunning_notice notice ON notice.id = claimed.notice_id
                 WHERE claimed.item_id = item.id AND claimed.role = 'claimed' AND claimed.live
                   AND notice.stage != 'reminder' AND notice.state = 'issued') AS served ON TRUE
         LEFT JOIN LATERAL (
                SELECT BOOL_OR(hold.amount IS NULL OR hold.amount = 0) AS whole,
                       SUM(hold.amount) FILTER (WHERE of_hold.ids = ARRAY[item.id]) AS amount
                  FROM account_dunning_hold hold
            CROSS JOIN LATERAL (
                    SELECT ARRAY(SELECT link.account_dunning_item_id
                                   FROM account_dunning_hold_account_dunning_item_rel link
                                  WHERE link.account_dunning_hold_id = hold.id) AS ids) AS of_hold
                 WHERE hold.case_id = item.case_id AND hold.kind = 'dispute' AND hold.state = 'active'
                   AND (of_hold.ids = '{}' OR item.id = ANY(of_hold.ids))) AS disputed ON TRUE
         LEFT JOIN LATERAL (
                SELECT BOOL_OR(waiver.scope IN ('all', 'interest')) AS interest,
                       BOOL_OR(waiver.scope IN ('all', 'compensation')) AS compensation
                  FROM account_late_interest_waiver waiver
                 WHERE waiver.move_id = move.id AND waiver.date_revoked IS NULL) AS waived ON TRUE
             WHERE line.move_id = ANY(%(moves)s) AND line.parent_state = 'posted'
               AND line.company_id = %(company)s AND account.account_type = 'asset_receivable'
               AND line.amount_currency > 0
               AND (move.move_type != 'entry' OR %(lines)s IS NULL OR line.id = ANY(%(lines)s))
          ORDER BY date_due, line.id
            """,
            company=company.id,
            company_key=str(company.id),
            moves=list(move_ids),
            lines=list(line_ids) if line_ids is not None else None,
        )

    @api.model
    def _by_invoice(self, rows):
        """The instalments of an invoice together; each item of a general entry is a debt of its own."""
        grouped = {}
        for row in rows:
            key = row["line_id"] if row["move_type"] == "entry" else 0
            grouped.setdefault((row["move_id"], key), []).append(row)
        return grouped.values()

    # === Law and contract === #

    @api.model
    def _add_terms(self, company, rows):
        """Each row learns its currency, regime and rate, and the policy's minimum; asked once a customer and policy."""
        partners = self.env["res.partner"].sudo().browse({row["partner_id"] for row in rows})
        regimes = self.env["account.late.interest.regime"].sudo()._resolve(company, partners)
        policies = self.env["account.dunning.policy"].sudo()
        currencies = self.env["res.currency"].browse({row["currency_id"] for row in rows})
        units = {currency.id: (currency, _to_decimal(currency.rounding).normalize()) for currency in currencies}
        chosen, rates = {}, {}
        for row in rows:
            row["currency"], row["unit"] = units[row["currency_id"]]
            chooser = row["move_policy_id"], row["partner_id"]
            if chooser not in chosen:
                chosen[chooser] = policies.browse(policies._resolve_row(company.id, row))
            policy, regime = chosen[chooser], regimes[partners.browse(row["partner_id"])].sudo()
            terms = regime, policy.interest_contract_rate
            if regime and terms not in rates:
                rates[terms] = regime._get_core_rate(policy.interest_contract_rate), regime._get_accrual_terms()
            row["regime"], row["minimum"] = regime, (policy.minimum_amount, company.currency_id)
            row["rate"], row["accrual_terms"] = rates.get(terms, (None, None))

    @api.model
    def _get_converter(self, company, day):
        """A function (Decimal, currency, currency) -> Decimal at the rate of `day`, unrounded; rates are read once."""
        known = {}

        def convert(amount, source, target):
            if source == target or not amount:
                return amount
            if (source, target) not in known:
                known[source, target] = _to_decimal(source._convert(1.0, target, company, day, round=False))
            return amount * known[source, target]

        return convert

    # === Interest === #

    @api.model
    def _accrue(self, row, day):
        slices, missing = (), ""
        first, last = self._get_first_day(row), self._get_last_day(row, day)
        if not row["is_interest"] and not row["waives_interest"]:
            slices, missing = self._get_slices(row, first, last)
        return Late(
            line_id=row["line_id"],
            move_id=row["move_id"],
            principal=row["principal"],
            date_due=row["date_due"],
            slices=slices,
            interest=get_total(slices),
            compensation=ZERO,
            compensation_reason=NOT_LATE,
            regime=row["regime"],
            missing=missing,
            waives_interest=row["waives_interest"],
            waives_compensation=row["waives_compensation"],
        )

    @api.model
    def _get_slices(self, row, first, last):
        """(slices, why they are not known)"""
        if last <= row["date_due"] or _get_balance(row, row["date_due"]) <= 0:
            return (), ""
        if not row["regime"]:
            return (), self._say_no_regime()
        if first is None or first > last:
            return (), ""
        try:
            return accrue(
                row["principal"],
                row["date_due"],
                last,
                row["rate"],
                row["payments"],
                start=first,
                unit=row["unit"],
                **row["accrual_terms"],
            ), ""
        except MissingRate as problem:
            return (), self._say_missing(problem)

    @api.model
    def _get_first_day(self, row):
        """The day after the due date; where the law asks for a formal notice, the day after it was served, if ever."""
        if row["regime"].starts_at != "formal_notice":
            return row["date_due"] + DAY
        return row["date_served"] and max(row["date_served"], row["date_due"]) + DAY

    @api.model
    def _get_last_day(self, row, day):
        """Interest on what arose before a judgment stops before the day of the judgment (code de commerce L622-28)."""
        return min(day, row["date_judgment"] - DAY) if _is_insolvent(row) else day

    @api.model
    def _say_missing(self, problem):
        return self.env._(
            "Not known: the rate of %(name)s for %(date)s is missing.",
            name=problem.name,
            date=format_date(self.env, problem.day),
        )

    @api.model
    def _say_no_regime(self):
        return self.env._(
            "Not known: no law on late payment is entered for this customer. Check the countries of company and "
            "customer and the kind of debtor, or the regimes under Configuration."
        )

    # === Compensation === #

    @api.model
    def _compensate(self, rows, late, day, convert):
        """`late` with the compensation of the invoice on the first item still open, else on the first that was late."""
        overdue = [
            (row, one)
            for row, one in zip(rows, late, strict=True)
            if day > row["date_due"] and _get_balance(row, row["date_due"]) > 0
        ]
        if not overdue or not rows[0]["regime"] or rows[0]["is_interest"]:
            return late
        amount, reason = self._get_compensation([row for row, _one in overdue], day, convert)
        if rows[0]["waives_compensation"]:
            amount = ZERO
        bearer = next((one for row, one in overdue if _get_balance(row, day) > 0), overdue[0][1])
        with_amount = bearer._replace(compensation=amount, compensation_reason=reason)
        return [with_amount if one is bearer else one for one in late]

    @api.model
    def _get_compensation(self, rows, day, convert):
        """(amount in the currency of the items, reason) for the late items of one invoice."""
        first, regime = rows[0], rows[0]["regime"]
        currency = first["currency"]
        rests = [_get_balance(row, day) for row in rows]
        disputed = [
            rest if row["is_disputed"] else _to_decimal(row["disputed"]) for row, rest in zip(rows, rests, strict=True)
        ]
        minimum, company_currency = first["minimum"]

        def to_law(amount, source=currency):
            return convert(amount, source, regime.currency_id)

        amount, reason = regime._get_compensation(
            to_law(sum(_get_balance(row, row["date_due"]) for row in rows)),
            rest=to_law(sum(rests)) if sum(rests) > 0 else None,
            minimum=to_law(_to_decimal(minimum), company_currency),
            disputed=to_law(sum(disputed)),
            is_insolvent=_is_insolvent(first) and first["date_due"] + DAY >= first["date_judgment"],
        )
        return convert(amount, regime.currency_id, currency).quantize(first["unit"], ROUND_HALF_UP), reason

    # === In words === #

    @api.model
    def _say_terms(self, found):
        """The laws and rates that these results were worked out by, in the reader's language."""
        sentences = []
        for regime in self.env["account.late.interest.regime"].union(*(one.regime for one in found)):
            slices = [part for one in found if one.regime == regime for part in one.slices]
            sentences.append(self._say_law(regime.with_env(self.env).sudo(), slices))
        return "\n".join(filter(None, sentences))

    @api.model
    def _say_imputation(self):
        return self.env._(
            "This does not waive article 1343-1 of the French civil code, by which a part payment is set against "
            "interest first."
        )

    @api.model
    def _say_law(self, regime, slices):
        spans, law = {}, regime.law[:1].upper() + regime.law[1:]
        for part in slices:
            start, end = spans.get(part.rate, (part.start, part.end))
            spans[part.rate] = min(start, part.start), max(end, part.end)
        rates = [
            self.env._(
                "%(rate)s %% a year from %(start)s to %(end)s",
                rate=self._format_percent(rate),
                start=format_day(self.env, start),
                end=format_day(self.env, end),
            )
            for rate, (start, end) in sorted(spans.items(), key=lambda span: span[1])
        ]
        if not rates:
            return f"{law}."
        return self.env._("%(law)s: %(rates)s.", law=law, rates=", ".join(rates))

    @api.model
    def _format_percent(self, rate):
        """With the decimals it has, two at least, as the reader's language writes them."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        text = f"{rate:.3f}"
        return (text[:-1] if text.endswith("0") else text).replace(".", lang.decimal_point or ".")


def _to_decimal(amount):
    return Decimal(str(amount or 0))


def _get_balance(row, day):
    """What was still owed at the end of `day`."""
    return row["principal"] - sum(payment.amount for payment in row["payments"] if payment.day <= day)


def _is_insolvent(row):
    return bool(row["date_judgment"]) and row["cause_on"] < row["date_judgment"]
