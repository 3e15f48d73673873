import base64

from odoo import api, fields, models

from ..evidence import read


class AccountDunningReceiptWizardLine(models.TransientModel):
    _name = "account.dunning.receipt.wizard.line"
    _description = "Receipt to Add"

    wizard_id = fields.Many2one("account.dunning.receipt.wizard", required=True, ondelete="cascade")
    content = fields.Binary(string="File", required=True)
    file_name = fields.Char()
    kind = fields.Selection(selection="_selection_kind", required=True, default="receipt", string="What It Is")
    date_event = fields.Date(
        string="Day",
        help="The day that the receipt names: of a registered letter its first presentation, else the day on which it "
        "was received, refused or given back.",
    )
    note = fields.Char()

    @api.model
    def _selection_kind(self):
        kinds = self.env["account.dunning.proof"]._fields["kind"]._description_selection(self.env)
        return [(kind, label) for kind, label in kinds if kind not in ("assignment", "erasure")]

    @api.model
    def _prepare(self, delivery, files):
        return [{"file_name": name, "content": content, **self._propose(delivery, content)} for name, content in files]

    @api.model
    def _propose(self, delivery, content):
        """What the file itself tells; a person has the last word."""
        found = read(base64.b64decode(content))
        moment = getattr(found, "stamped_at", None) or getattr(found, "signed_at", None)
        day = moment and delivery.company_id._dunning_local(moment.replace(tzinfo=None)).date()
        return {"kind": getattr(found, "kind", "") or "receipt", "date_event": day}

    def _add(self):
        delivery = self.wizard_id.delivery_id
        paper = delivery.method in ("letter", "registered_letter")
        self.env["account.dunning.proof"]._receive(
            base64.b64decode(self.content),
            source="scan" if paper else "upload",
            company=delivery.company_id,
            delivery=delivery.sudo(),
            kind=self.kind,
            file_name=self.file_name or "",
            event_time=delivery._get_noon(self.date_event),
            note=self.note or "",
        )
        delivery._declare_told(self.kind, self.date_event)
