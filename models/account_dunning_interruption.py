from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountDunningInterruption(models.Model):
    """What begins the years of a claim anew and is found nowhere in the ledger: entered with its document."""

    _name = "account.dunning.interruption"
    _description = "Interruption of Limitation"
    _order = "date desc, id desc"
    _rec_name = "kind"

    case_id = fields.Many2one("account.dunning.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    item_ids = fields.Many2many(
        "account.dunning.item", string="Items", help="Empty: all items of the case that were due on that day."
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [
            ("acknowledgement", "Acknowledgement by the customer"),
            ("court", "Claim in court"),
            ("enforcement", "Act of enforcement"),
        ],
        required=True,
        default="acknowledgement",
        help="A reminder or a formal notice is none: between private parties it does not begin the years anew.",
    )
    document = fields.Binary(required=True, attachment=True, help="The letter, the claim or the act that shows it.")
    document_name = fields.Char()
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, default=lambda self: self.env.user
    )
    note = fields.Char()

    @api.constrains("document")
    def _check_document(self):
        """Kept beside the table: the database does not see whether there is one."""
        if not all(interruption.document for interruption in self):
            raise ValidationError(self.env._("Attach the document: without it nobody can show the interruption later."))

    @api.constrains("date")
    def _check_date(self):
        for interruption in self:
            if interruption.date > interruption.company_id._dunning_today():
                raise ValidationError(self.env._("Enter the day on which it happened: it lies in the future."))

    @api.constrains("case_id", "item_ids")
    def _check_items(self):
        for interruption in self:
            if interruption.item_ids.case_id - interruption.case_id:
                raise ValidationError(self.env._("The items of an interruption belong to its case."))

    @api.model_create_multi
    def create(self, vals_list):
        """A constraint on a field that is not given is not asked."""
        return super().create([{"document": False, **vals} for vals in vals_list])
