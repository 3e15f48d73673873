from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class AccountDunningAnnex(models.Model):
    """A file of an invoice that proves the debt; a person has said what it is."""

    _name = "account.dunning.annex"
    _description = "Supporting Document"
    _order = "move_id, id"
    _rec_name = "attachment_id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("order", "Order"),
            ("delivery_note", "Signed delivery note"),
            ("acceptance", "Acceptance report"),
            ("contract", "Contract"),
            ("other", "Other proof"),
        ],
        required=True,
        default="order",
        string="What It Is",
    )
    attachment_id = fields.Many2one(
        "ir.attachment",
        string="File",
        index=True,
        ondelete="cascade",
        domain="[('res_model', '=', 'account.move'), ('res_id', '=', move_id), ('type', '=', 'binary')]",
        help="A file that is attached to the invoice already, or a new one.",
    )
    file = fields.Binary(string="New File", store=False, help="It is attached to the invoice.")
    file_name = fields.Char(store=False)

    _once = models.UniqueIndex("(move_id, attachment_id)", "This file is in the list already.")
    _has_file = models.Constraint(
        "CHECK (attachment_id IS NOT NULL)", "Choose a file of the invoice, or add a new one."
    )

    @api.constrains("move_id", "attachment_id")
    def _check_belongs(self):
        """Files of other invoices, customers and companies never go along."""
        for annex in self:
            if not annex._belongs():
                name = annex.attachment_id.sudo().name
                raise ValidationError(self.env._("%s is no file of this invoice: add it to the invoice.", name))

    def _belongs(self):
        file = self.attachment_id.sudo()
        return (file.res_model, file.res_id, file.type) == ("account.move", self.move_id.id, "binary")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._take_in(vals) for vals in vals_list])

    @api.model
    def _take_in(self, vals):
        """A new file becomes one of the invoice first, by the rights of whoever adds it."""
        content, name = vals.get("file"), vals.get("file_name")
        kept = {key: value for key, value in vals.items() if key not in ("file", "file_name")}
        if not content:
            return kept
        if kept.get("attachment_id"):
            raise UserError(self.env._("Choose a file or add a new one, not both in one line."))
        move_id = vals.get("move_id") or self.env.context.get("default_move_id")
        file = {
            "name": name or self.env._("Document"),
            "datas": content,
            "res_model": "account.move",
            "res_id": move_id,
        }
        return {**kept, "attachment_id": self.env["ir.attachment"].create(file).id}
