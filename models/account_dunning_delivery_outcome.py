from odoo import api, fields, models

from ..core.service import FINAL, OUTCOMES


class AccountDunningDelivery(models.Model):
    """The day on which a delivery came to its end."""

    _inherit = "account.dunning.delivery"

    date_outcome = fields.Date(
        string="Outcome On",
        compute="_compute_date_outcome",
        compute_sudo=True,
        help="From its proof; where a person entered the outcome, the day of the first presentation.",
    )

    @api.depends("state", "date_presented", "proof_ids.kind", "proof_ids.counts")
    def _compute_date_outcome(self):
        for delivery in self:
            delivery.date_outcome = delivery.state in FINAL and delivery._get_day_of_outcome()

    def _get_day_of_outcome(self):
        kinds = [kind for kind, state in OUTCOMES.items() if state == self.state]
        proved = self._get_day_proved(self.proof_ids.filtered("counts").sorted("id"), *kinds)
        return proved or (self.state != "bounced" and self.date_presented)
