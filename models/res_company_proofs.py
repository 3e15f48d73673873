from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

from ..delivery.timestamp import is_address


class ResCompanyProofs(models.Model):
    """How a company keeps its proofs: what goes outside, how receipts come by e-mail, for how long."""

    _inherit = "res.company"

    dunning_anchor_email = fields.Char(
        string="Outside Mailbox",
        help="A mailbox that nobody of your company can empty, such as your chartered accountant's. On days when "
        "receipts came in it gets one line; with it anybody can tell later that no receipt was removed or rewritten.",
        groups="account_dunning.group_dunning_user,base.group_system",
    )
    dunning_timestamp_url = fields.Char(
        string="Time-Stamp Service",
        help="The web address of a time-stamp service (RFC 3161). On days when receipts came in it stamps a digest of "
        "that line; it learns nothing of your customers.",
        groups="account_dunning.group_dunning_user,base.group_system",
    )
    dunning_proof_years = fields.Integer(
        string="Years to Keep Proofs",
        default=10,
        help="From the day on which a receipt came in; ten years for accounting documents (French commercial code, "
        "article L123-22). Later where the claim can still be brought to court.",
        groups="account_dunning.group_dunning_user,base.group_system",
    )

    _dunning_proof_years_positive = models.Constraint(
        "CHECK (dunning_proof_years > 0)", "Proofs are kept for one year at least."
    )

    @api.constrains("dunning_anchor_email")
    def _check_dunning_anchor_email(self):
        for company in self.filtered("dunning_anchor_email"):
            if not email_normalize(company.dunning_anchor_email):
                raise ValidationError(
                    self.env._("%s is not one e-mail address: enter the outside mailbox.", company.dunning_anchor_email)
                )

    @api.constrains("dunning_timestamp_url")
    def _check_dunning_timestamp_url(self):
        for company in self.filtered("dunning_timestamp_url"):
            if not is_address(company.dunning_timestamp_url):
                raise ValidationError(
                    self.env._(
                        "%s is no web address of a time-stamp service: it begins with https:// and holds no password.",
                        company.dunning_timestamp_url,
                    )
                )
