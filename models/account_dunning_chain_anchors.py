from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_date

LATE = timedelta(days=3)  # so long a proof may be in no anchor before the chain says so


class AccountDunningChainAnchors(models.Model):
    """What of a chain is kept outside by itself, and what keeps it from leaving."""

    _inherit = "account.dunning.chain"

    mail_problem = fields.Char(readonly=True)
    timestamp_problem = fields.Char(readonly=True)
    anchor_warning = fields.Text(compute="_compute_anchor_warning", compute_sudo=True)

    @api.depends("sequence", "anchor_ids", "mail_problem", "timestamp_problem")
    @api.depends_context("lang")
    def _compute_anchor_warning(self):
        for chain in self:
            said = [] if chain.is_copy else [chain._say_late_anchor(way) for way in chain._get_anchor_ways()]
            chain.anchor_warning = "\n".join(filter(None, said)) or chain._say_no_way()

    def _get_anchor_ways(self):
        company = self.company_id
        by_way = {"mail": company.dunning_anchor_email, "timestamp": company.dunning_timestamp_url}
        return [way for way, address in by_way.items() if address]

    def _get_last_anchor(self, way):
        return (
            self.env["account.dunning.anchor"]
            .sudo()
            .search([("chain_id", "=", self.id), ("way", "=", way)], order="sequence desc, id desc", limit=1)
        )

    def _get_waiting_since(self, way):
        """When the first proof that the last anchor does not know came in; None where it knows all."""
        last = self._get_last_anchor(way).sequence
        first = (
            self.env["account.dunning.proof"]
            .sudo()
            .search([("chain_id", "=", self.id), ("sequence", ">", last)], order="sequence", limit=1)
        )
        return first.received_at or None

    def _say_late_anchor(self, way):
        since = self._get_waiting_since(way)
        if not since or fields.Datetime.now() - since <= LATE:
            return ""
        facts = {"days": (fields.Datetime.now() - since).days, "date": format_date(self.env, since)}
        problem = self.mail_problem if way == "mail" else self.timestamp_problem
        sentences = {
            "mail": self.env._("No line has left by e-mail for %(days)s days, for proofs since %(date)s.", **facts),
            "timestamp": self.env._("No time-stamp was had for %(days)s days, for proofs since %(date)s.", **facts),
        }
        return f"{sentences[way]} {problem or ''}".strip()

    def _say_no_way(self):
        if self.is_copy or not self.sequence or self._get_anchor_ways():
            return False
        return self.env._(
            "Nothing leaves by itself: without a line kept outside nobody can tell that the last proofs were removed. "
            "Enter an outside mailbox in the settings, under Proofs."
        )

    def _note_anchor_problem(self, way, problem):
        """Why nothing left by this way at the last attempt; an empty text once it did."""
        name = f"{way}_problem"
        if (self[name] or "") != problem:
            self.sudo().write({name: problem or False})
