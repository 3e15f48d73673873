from odoo import api, fields, models
from odoo.exceptions import UserError

BY_HAND = ("pause", "dispute", "promise", "insolvency")


class AccountDunningHoldWizard(models.TransientModel):
    _name = "account.dunning.hold.wizard"
    _description = "Hold Dunning"

    case_ids = fields.Many2many("account.dunning.case", string="Customers", required=True)
    item_ids = fields.Many2many(
        "account.dunning.item", string="Items", help="Empty: all items of the customers, also later ones."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    kind = fields.Selection(selection="_get_kinds", required=True)
    pause_reason = fields.Selection(
        selection=lambda self: (
            self.env["account.dunning.hold"]._fields["pause_reason"]._description_selection(self.env)
        ),
        string="Why Paused",
        default="other",
    )
    date_until = fields.Date(
        string="Until",
        help="The last day of the hold, or the day for which the payment is promised; empty until somebody lifts it.",
    )
    amount = fields.Monetary(help="0 holds the whole; an amount lets the rest go on.")
    category = fields.Char(string="Dispute About")
    date_deadline = fields.Date(string="To Be Settled By")
    date_judgment = fields.Date(string="Opening Judgment")
    date_published = fields.Date(string="Published in BODACC")
    note = fields.Text()

    @api.model
    def _get_kinds(self):
        kinds = self.env["account.dunning.hold"]._fields["kind"]._description_selection(self.env)
        return [(kind, label) for kind, label in kinds if kind in BY_HAND]

    @api.depends("case_ids")
    def _compute_currency_id(self):
        """Amounts of several customers do not add up: then there is none to enter."""
        for wizard in self:
            wizard.currency_id = wizard.case_ids.currency_id if len(wizard.case_ids) == 1 else False

    @api.model
    def _open(self, cases, items):
        """The dialog for these cases, or of them only for these items; what kind of hold the button says."""
        if not cases:
            raise UserError(self.env._("Nothing is open here that could be put on hold."))
        return {
            "name": self.env._("Hold Dunning"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_case_ids": [fields.Command.set(cases.ids)],
                "default_item_ids": [fields.Command.set(items.ids)],
                "default_kind": self.env.context.get("dunning_hold_kind", "pause"),
            },
        }

    def action_hold(self):
        self.ensure_one()
        holds = [self._prepare_hold_vals(case) for case in self.case_ids]
        self.env["account.dunning.hold"].create(holds)
        return {"type": "ir.actions.act_window_close"}

    def _prepare_hold_vals(self, case):
        items = self.item_ids.filtered(lambda item: item.case_id == case)
        if self.kind == "insolvency":
            items = items.browse()  # the judgment is about the customer: its date says which debts
        return {
            "case_id": case.id,
            "item_ids": [fields.Command.set(items.ids)],
            "kind": self.kind,
            "date_from": case.company_id._dunning_today(),
            "date_until": self.date_until,
            "amount": self.amount if self.currency_id else 0,
            "note": self.note,
            **self._prepare_facts_of_kind(),
        }

    def _prepare_facts_of_kind(self):
        """What only a hold of this kind tells."""
        if self.kind == "pause":
            return {"pause_reason": self.pause_reason}
        if self.kind == "dispute":
            return {"category": self.category, "date_deadline": self.date_deadline}
        if self.kind == "insolvency":
            return {"date_judgment": self.date_judgment, "date_published": self.date_published}
        return {}
