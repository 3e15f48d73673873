from odoo import api, fields, models


class AccountDunningInvoiceCopy(models.Model):
    """The PDF of an invoice that has no stored one, made for letters that enclose it.

    It is not stored as the invoice's own: Odoo would then write the invoice, mark it as sent and never make the real
    one, which may carry the electronic invoice.
    """

    _name = "account.dunning.invoice.copy"
    _description = "Copy of an Invoice for Letters"
    _rec_name = "move_id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    attachment_id = fields.Many2one("ir.attachment", string="File", ondelete="restrict", readonly=True)
    active = fields.Boolean(
        default=True, help="Off once the invoice was reset to draft: it may say something else now."
    )

    _one_in_force = models.UniqueIndex("(move_id) WHERE active", "This invoice has a copy already.")

    @api.model
    def _store(self, contents):
        """Keep the PDF bytes of these invoices; `contents` is {move: bytes}."""
        copies = self.create([{"move_id": move.id} for move in contents])
        files = self.env["ir.attachment"].create(
            [
                {
                    "name": copy.move_id._get_invoice_report_filename(),
                    "raw": contents[copy.move_id],
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": copy.id,
                }
                for copy in copies
            ]
        )
        for copy, file in zip(copies, files, strict=True):
            copy.attachment_id = file
        return copies
