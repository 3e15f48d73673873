"""Interest and compensation of notices: worked out when they are issued, in a batch, and frozen with them."""

from odoo import api, models


class AccountDunningCharge(models.AbstractModel):
    _name = "account.dunning.charge"
    _description = "Interest and Compensation of Notices"

    @api.model
    def _charge(self, company, notices, day):
        """Write what has accrued up to `day` on the notices whose level names it; {notice: why it is not known}."""
        asked = notices.filtered(lambda notice: notice.level_id.interest_mode != "none")
        found = self._get_late(company, asked, day)
        naming = asked.filtered(lambda notice: self._is_lawful(notice, found[notice]))
        for notice in naming:
            notice.update(self._prepare_charges(notice, found[notice]))
            for line, late in found[notice].items():
                line.update({"amount_interest": float(late.interest), "amount_compensation": float(late.compensation)})
        unknown = {notice: self._get_missing(found[notice]) for notice in naming}
        return {notice: missing for notice, missing in unknown.items() if missing}

    @api.model
    def _is_lawful(self, notice, late):
        """A letter that only mentions interest leaves without it where no law is entered; one that claims it waits."""
        return notice.level_id.interest_mode == "claim" or all(one.regime for one in late.values())

    @api.model
    def _get_late(self, company, notices, day):
        """{notice: {claimed line: Late}}"""
        engine = self.env["account.late.interest"].with_company(company)
        items = notices.line_ids.move_line_id._origin  # of all lines at once: left alone, each would ask for its own
        claimed = {notice: notice._get_claimed_lines() for notice in notices}
        late = engine._get_late(company, day, items.move_id.ids, items.ids)
        return {
            notice: {line: late[line.move_line_id._origin.id] for line in lines if line.move_line_id._origin.id in late}
            for notice, lines in claimed.items()
        }

    @api.model
    def _get_missing(self, late):
        return next((one.missing for one in late.values() if one.missing), "")

    @api.model
    def _prepare_charges(self, notice, late):
        """Claimed, both are part of the total; mentioned, they are told only."""
        mode, currency = notice.level_id.interest_mode, notice.currency_id
        interest = float(sum(one.interest for one in late.values()))
        compensation = float(sum(one.compensation for one in late.values()))
        claimed = interest + compensation if mode == "claim" else 0
        return {
            "interest_mode": mode,
            "interest_terms": self._get_missing(late) or self._say_terms(notice, mode, late) or False,
            "amount_interest": interest,
            "amount_compensation": compensation,
            "amount_total": currency.round(notice.amount_claimed + claimed),
        }

    @api.model
    def _say_terms(self, notice, mode, late):
        """Law and rates in the customer's language; empty where nothing is due."""
        due = [one for one in late.values() if one.interest or one.compensation]
        if not due:
            return ""
        engine = self.with_context(lang=notice._get_lang()).env["account.late.interest"]
        terms = engine._say_terms(due)
        if mode == "claim" and any(one.interest and one.regime.country_id.code == "FR" for one in due):
            terms = f"{terms}\n{engine._say_imputation()}"
        return terms
