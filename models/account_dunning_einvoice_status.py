from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class AccountDunningEinvoiceStatus(models.Model):
    """What the e-invoicing platform said of an invoice, and the hold that it made."""

    _name = "account.dunning.einvoice.status"
    _description = "E-invoicing Status"
    _order = "date desc, id desc"
    _rec_name = "code_id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    code_id = fields.Many2one(
        "account.dunning.einvoice.code", string="Status", required=True, index=True, ondelete="restrict"
    )
    date = fields.Date(required=True)
    reason = fields.Char(string="Motive")
    amount = fields.Monetary(help="The part disputed or not approved; 0 for the whole invoice.")
    user_id = fields.Many2one("res.users", string="By", default=lambda self: self.env.user)
    hold_id = fields.Many2one("account.dunning.hold", string="Led To", readonly=True, ondelete="set null")

    _once_a_day = models.UniqueIndex("(move_id, code_id, date)", "This status of that day is already recorded.")

    @api.model
    def _record(self, move, code, date, reason, amount):
        """The row of this status: a new one, whose effect replaces that of earlier ones, or the one that is there."""
        self = self.with_context(lang=self.env.lang or move.company_id.partner_id.lang)  # a connector has none
        status = self._check(move, code, date, amount)
        known = self._get_known(move, status, date)
        if known:
            known._correct(reason, amount)
            return known
        day = date or move.company_id._dunning_today()
        vals = {"move_id": move.id, "code_id": status.id, "date": day, "reason": reason, "amount": amount}
        row = self.create(vals)
        row._take_effect()
        return row

    @api.model
    def _check(self, move, code, date, amount):
        """The known code, once all that can be wrong was looked at."""
        status = self.env["account.dunning.einvoice.code"].sudo()._find(code)
        if not move.is_sale_document(include_receipts=True):
            raise UserError(self.env._("%s is no customer invoice.", move.display_name))
        if move.state != "posted":
            raise UserError(self.env._("%s is not posted: post it before a status is recorded.", move.display_name))
        if date and date > move.company_id._dunning_today():
            raise UserError(self.env._("The day of the status lies ahead: %s.", format_date(self.env, date)))
        if amount < 0 or move.currency_id.compare_amounts(amount, move.amount_total) > 0:
            raise UserError(
                self.env._("The amount of the status is not between zero and the total of %s.", move.display_name)
            )
        return status

    @api.model
    def _get_known(self, move, status, date):
        """The same status of the same day; without a day the last one, when it is the same."""
        if not date:
            return self.search([("move_id", "=", move.id)], limit=1).filtered(lambda row: row.code_id == status)
        return self.search([("move_id", "=", move.id), ("code_id", "=", status.id), ("date", "=", date)])

    def _correct(self, reason, amount):
        """Told once more with a motive or an amount that was missing or has changed."""
        told = {"reason": reason, "amount": amount}
        changed = {name: value for name, value in told.items() if value and value != self[name]}
        if not changed:
            return
        self.write(changed)
        hold = self.hold_id.filtered(lambda hold: hold.state == "active")
        if hold:
            hold.write(self._prepare_effect())

    # === Effect === #

    def _take_effect(self):
        """The latest status counts: what earlier ones made is lifted, what a person made is left alone."""
        rows = self.search([("move_id", "=", self.move_id.id)])
        if rows[:1] != self:
            return
        (rows - self).hold_id.action_lift()
        if self.code_id.effect != "none" and not self._is_over():
            self._hold()

    def _get_until(self):
        if self.code_id.effect != "grace":
            return False
        return self.company_id._add_working_days(self.date, self.code_id.grace_days)

    def _is_over(self):
        until = self._get_until()
        return until and until < self.company_id._dunning_today()

    def _hold(self):
        items = self.move_id._get_items_to_hold()
        if not items:
            return
        self.hold_id = self.env["account.dunning.hold"].create(
            {
                "case_id": items.case_id[:1].id,
                "item_ids": [fields.Command.set(items.ids)],
                "date_from": self.date,
                "date_until": self._get_until(),
                **self._prepare_effect(),
            }
        )
        self._raise_tasks()

    def _prepare_effect(self):
        code = self.code_id
        if code.effect == "dispute":
            note = _join(code.display_name, code.note)
            return {"kind": "dispute", "category": self.reason or code.name, "amount": self.amount, "note": note}
        return {"kind": "pause", "pause_reason": "einvoice_status", "note": self._say()}

    def _raise_tasks(self):
        """A dispute without a motive asks for it; an invoice that was refused is to be corrected or credited."""
        note = f"{self.move_id.name} · {self._say()}"
        if self.code_id.effect == "dispute" and not self.reason:
            self.hold_id.case_id._raise_task("call", note=self.env._("Ask for the motive: %s", note))
        if self.code_id.effect == "pause":
            self.hold_id.case_id._raise_task("correct", note=note)

    def _say(self):
        return _join(self.code_id.display_name, self.reason, self.code_id.note)


def _join(*parts):
    return " · ".join(part for part in parts if part)
