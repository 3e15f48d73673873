"""The ECB's rate, asked for at its public data service where the settings say so. What is known is never changed."""

import json
import logging

import requests

from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..core import ecb

_logger = logging.getLogger(__name__)
SWITCH = "account_dunning.fetch_ecb_rate"
ADDRESS = "account_dunning.ecb_rate_address"
OUTCOME = "account_dunning.ecb_rate_outcome"
SERVICE = "https://data-api.ecb.europa.eu/service/data/FM/B.U2.EUR.4F.KR.MRR_FR.LEV?format=csvdata"
SOURCE = "European Central Bank, key interest rates, main refinancing operations"
REFERENCE = "ecb_mro"
TIMEOUT = 15
LARGEST = 1_000_000  # bytes; the answer has some ten thousand


class AccountLateInterestFetch(models.AbstractModel):
    _name = "account.late.interest.fetch"
    _description = "Fetch of Late Interest Rates"

    @api.model
    def _cron_fetch(self):
        if self._is_on():
            self._fetch()

    @api.model
    def _is_on(self):
        return self.env["ir.config_parameter"].sudo().get_param(SWITCH) == "True"

    @api.model
    def _fetch(self):
        """Add the half-years that are missing; note what was added, what differs, or why nothing came."""
        today = fields.Date.context_today(self)
        try:
            changes = ecb.parse_changes(self._ask())
        except (requests.RequestException, ecb.UnreadableAnswer) as error:
            _logger.warning("The rate of the ECB was not fetched: %s", error)
            self._note({"date": today.isoformat(), "error": str(error).partition("\n")[0][:200]})
            return
        rates = self.env["account.late.interest.rate"]
        added, differing = rates._add_missing(REFERENCE, ecb.get_half_years(changes, today, SOURCE))
        self._note(
            {
                "date": today.isoformat(),
                "added": [[one.date_start.isoformat(), one.percent] for one in added],
                "differing": [[one.date_start.isoformat(), one.percent, float(told)] for one, told in differing],
            }
        )

    @api.model
    def _ask(self):
        address = self.env["ir.config_parameter"].sudo().get_param(ADDRESS) or SERVICE
        with requests.get(address, timeout=TIMEOUT, stream=True, headers={"Accept": "text/csv"}) as answer:
            answer.raise_for_status()
            content = answer.raw.read(LARGEST + 1, decode_content=True)
        if len(content) > LARGEST:
            raise ecb.UnreadableAnswer("The answer is too long.")
        return content.decode("utf-8", "replace")

    # === What came of it === #

    @api.model
    def _note(self, outcome):
        self.env["ir.config_parameter"].sudo().set_param(OUTCOME, json.dumps(outcome))

    @api.model
    def _get_last(self):
        return json.loads(self.env["ir.config_parameter"].sudo().get_param(OUTCOME) or "{}")

    @api.model
    def _say_last(self):
        last = self._get_last()
        if not last:
            return ""
        if last.get("error"):
            return self._say_error(last)
        facts = {"date": format_date(self.env, last["date"]), "count": len(last["added"])}
        return self.env._("Last fetch on %(date)s: %(count)s half-years added.", **facts)

    @api.model
    def _say_problems(self):
        """What of the last fetch somebody has to look at."""
        last = self._get_last()
        if last.get("error"):
            return [self._say_error(last)]
        return [self._say_differing(*one) for one in last.get("differing", ()) if self._still_differs(*one)]

    @api.model
    def _still_differs(self, start, _percent, told):
        known = self.env["account.late.interest.rate"].sudo()
        domain = [("reference", "=", REFERENCE), ("date_start", "=", start)]
        return any(one.percent != told for one in known.search(domain, limit=1))

    @api.model
    def _say_error(self, last):
        return self.env._(
            "The rate of the ECB could not be fetched on %(date)s: %(error)s",
            date=format_date(self.env, last["date"]),
            error=last["error"],
        )

    @api.model
    def _say_differing(self, start, percent, told):
        return self.env._(
            "ECB main refinancing rate from %(date)s: the table has %(known)s %%, the ECB's service says %(told)s %%. "
            "Nothing was changed: check it.",
            date=format_date(self.env, start),
            known=f"{percent:g}",
            told=f"{told:g}",
        )
