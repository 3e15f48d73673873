"""Everything that happened on a case, in one list by date."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

KINDS = [  # kind of event, its label, the model whose records it shows
    ("notice", "Notice", "account.dunning.notice"),
    ("delivery", "Delivery", "account.dunning.delivery"),
    ("contact", "Contact", "account.dunning.contact"),
    ("payment", "Payment", "account.partial.reconcile"),
    ("credit", "Credit note", "account.partial.reconcile"),
    ("entry", "Other settlement", "account.partial.reconcile"),
    ("hold", "Dunning held", "account.dunning.hold"),
    ("level", "Level changed", "account.dunning.level.change"),
    ("einvoice", "Platform", "account.dunning.einvoice.status"),
    ("waiver", "Interest waived", "account.late.interest.waiver"),
    ("proof", "Proof", "account.dunning.proof"),
]
MODELS = {kind: model for kind, _label, model in KINDS}
SETTLEMENTS = ("payment", "credit", "entry")


class AccountDunningEvent(models.Model):
    _name = "account.dunning.event"
    _description = "Dunning Event"
    _auto = False
    _order = "date desc, kind, id desc"  # a delivery above its notice
    _depends = {
        "res.company": ["dunning_tz"],
        "account.dunning.notice": ["case_id", "company_id", "date_issued", "date_prepared", "amount_total", "state"],
        "account.dunning.delivery": ["notice_id", "date_left", "attempted_at", "state"],
        "account.dunning.contact": ["case_id", "company_id", "date"],
        "account.dunning.hold": ["case_id", "date_from", "amount"],
        "account.dunning.level.change": ["item_id", "date"],
        "account.dunning.item": ["case_id", "move_line_id"],
        "account.dunning.einvoice.status": ["move_id", "date", "amount"],
        "account.late.interest.waiver": ["move_id", "date"],
        "account.dunning.proof": ["notice_id", "event_time", "received_at"],
        "account.partial.reconcile": ["debit_move_id", "credit_move_id", "max_date", "debit_amount_currency"],
    }

    case_id = fields.Many2one("account.dunning.case", readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    currency_id = fields.Many2one(related="case_id.currency_id")
    date = fields.Date(readonly=True)
    kind = fields.Selection([(kind, label) for kind, label, _model in KINDS], readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    res_model = fields.Char(compute="_compute_res_model", string="Model of the Record")
    amount = fields.Monetary(readonly=True)
    description = fields.Char(compute="_compute_description", compute_sudo=True, string="What Happened")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT id::bigint * 16 AS id, case_id, 'notice' AS kind, id AS res_id,
                   COALESCE(date_issued, date_prepared) AS date, amount_total AS amount
              FROM account_dunning_notice
         UNION ALL
            SELECT delivery.id::bigint * 16 + 1, notice.case_id, 'delivery', delivery.id,
                   COALESCE(delivery.date_left, %(attempted)s), NULL
              FROM account_dunning_delivery delivery
              JOIN account_dunning_notice notice ON notice.id = delivery.notice_id
              JOIN res_company company ON company.id = notice.company_id
             WHERE delivery.date_left IS NOT NULL OR delivery.attempted_at IS NOT NULL
         UNION ALL
            SELECT contact.id::bigint * 16 + 2, contact.case_id, 'contact', contact.id, %(said)s, NULL
              FROM account_dunning_contact contact JOIN res_company company ON company.id = contact.company_id
         UNION ALL
            SELECT partial.id::bigint * 16 + 3, item.case_id,
                   CASE WHEN entry.move_type IN ('out_refund', 'in_invoice') THEN 'credit'
                        WHEN entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL
                             OR journal.type IN ('bank', 'cash', 'credit') THEN 'payment'
                        ELSE 'entry' END,
                   partial.id, partial.max_date, partial.debit_amount_currency
              FROM account_dunning_item item
              JOIN account_partial_reconcile partial ON partial.debit_move_id = item.move_line_id
              JOIN account_move_line settling ON settling.id = partial.credit_move_id
              JOIN account_move entry ON entry.id = settling.move_id
              JOIN account_journal journal ON journal.id = entry.journal_id
         UNION ALL
            SELECT id::bigint * 16 + 4, case_id, 'hold', id, date_from, NULLIF(amount, 0) FROM account_dunning_hold
         UNION ALL
            SELECT change.id::bigint * 16 + 5, item.case_id, 'level', change.id, change.date, NULL
              FROM account_dunning_level_change change JOIN account_dunning_item item ON item.id = change.item_id
         UNION ALL
            SELECT DISTINCT status.id::bigint * 16 + 6, item.case_id, 'einvoice', status.id, status.date,
                   NULLIF(status.amount, 0)
              FROM account_dunning_item item
              JOIN account_dunning_einvoice_status status ON status.move_id = item.move_id
         UNION ALL
            SELECT DISTINCT waiver.id::bigint * 16 + 7, item.case_id, 'waiver', waiver.id, waiver.date, NULL::numeric
              FROM account_dunning_item item JOIN account_late_interest_waiver waiver ON waiver.move_id = item.move_id
         UNION ALL
            SELECT proof.id::bigint * 16 + 8, notice.case_id, 'proof', proof.id,
                   %(proved)s, NULL
              FROM account_dunning_proof proof
              JOIN account_dunning_notice notice ON notice.id = proof.notice_id
              JOIN res_company company ON company.id = notice.company_id
            """,
            attempted=_get_local_day(SQL("delivery.attempted_at")),
            said=_get_local_day(SQL("contact.date")),
            proved=_get_local_day(SQL("COALESCE(proof.event_time, proof.received_at)")),
        )

    @api.depends("kind")
    def _compute_res_model(self):
        for event in self:
            event.res_model = MODELS.get(event.kind)

    @api.depends("kind", "res_id")
    @api.depends_context("lang")
    def _compute_description(self):
        for kind, events in self.grouped("kind").items():
            records = self.env[MODELS[kind]].browse(events.mapped("res_id"))
            describe = getattr(self, f"_describe_{kind}")
            for event, record in zip(events, records, strict=True):
                event.description = describe(record)

    # === Those of one invoice === #

    @api.model
    def _search_of_items(self, items):
        """The events of the items' cases that concern these items: what was said on a case concerns all of it."""
        concerned = Domain.FALSE
        for kind, records in self._get_records_of_items(items).items():
            concerned |= Domain("kind", "=", kind) & Domain("res_id", "in", records.ids)
        return self.search(Domain("case_id", "in", items.case_id.ids) & concerned)

    @api.model
    def _get_records_of_items(self, items):
        of_items, of_cases = Domain("item_id", "in", items.ids), Domain("case_id", "in", items.case_id.ids)
        notices = self.env["account.dunning.notice.line"].search(of_items).notice_id
        whole = Domain("item_ids", "=", False) | Domain("item_ids", "in", items.ids)
        return {
            "notice": notices,
            "delivery": notices.delivery_ids,
            "proof": notices.proof_ids,
            "contact": self.env["account.dunning.contact"].search(of_cases),
            **dict.fromkeys(SETTLEMENTS, items.move_line_id.sudo().matched_credit_ids),
            "hold": self.env["account.dunning.hold"].search(of_cases & whole),
            "level": self.env["account.dunning.level.change"].search(of_items),
            "einvoice": self.env["account.dunning.einvoice.status"].search([("move_id", "in", items.move_id.ids)]),
            "waiver": self.env["account.late.interest.waiver"].search([("move_id", "in", items.move_id.ids)]),
        }

    def _read_for_timeline(self):
        """[{id, date, kind, description, amount, currency_id}] with the kind in words."""
        return [
            {
                "id": event.id,
                "date": event.date,
                "kind": event._label(event, "kind"),
                "description": event.description,
                "amount": event.amount,
                "currency_id": event.currency_id.id,
            }
            for event in self
        ]

    def action_open(self):
        self.ensure_one()
        record = self._get_shown()
        if not record.has_access("read"):
            raise UserError(self.env._("This is kept in the books, which you may not open."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }

    def _get_shown(self):
        """The record behind the event; of a settlement the payment, else the journal entry."""
        record = self.env[MODELS[self.kind]].browse(self.res_id)
        if record._name != "account.partial.reconcile":
            return record
        entry = record.sudo().credit_move_id.move_id
        return (entry.origin_payment_id or entry).sudo(False)

    # === One line each === #

    def _label(self, record, name):
        """The label of the selection field `name`."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    def _describe_notice(self, notice):
        return _join(notice.name, notice.level_id.name, self._label(notice, "state"), notice.reason)

    def _describe_delivery(self, delivery):
        shown = delivery.channel_id.name, self._label(delivery, "state"), delivery.recipient
        return _join(*shown, delivery.tracking_number, delivery.last_error)

    def _describe_proof(self, proof):
        seal = self._label(proof, "seal_state") if proof.attachment_id else ""
        tested = self.env._("test, without value") if proof.is_test else ""
        return _join(self._label(proof, "kind"), proof.notice_number, seal, tested, proof.note)

    def _describe_contact(self, contact):
        shown = self._label(contact, "kind"), contact.person, self._label(contact, "outcome")
        led_to = self._label(contact, "next_step") if contact.next_step != "none" else ""
        return _join(*shown, led_to, contact.note, contact.user_id.name)

    def _describe_payment(self, partial):
        """Which entry settles which invoice, with the words of the bank or of the payment."""
        entry = partial.credit_move_id.move_id
        words = entry.origin_payment_id.memo or entry.ref
        names = " → ".join(name for name in (entry.name, partial.debit_move_id.move_id.name) if name)
        return _join(names, words if words != partial.debit_move_id.move_id.name else "")

    _describe_credit = _describe_entry = _describe_payment

    def _describe_einvoice(self, status):
        return _join(status.move_id.name, status.code_id.display_name, status.reason, status.user_id.name)

    def _describe_waiver(self, waiver):
        return _join(waiver.move_id.name, waiver._describe())

    def _describe_hold(self, hold):
        until = hold.date_until and self.env._("until %s", format_date(self.env, hold.date_until))
        shown = self._label(hold, "kind"), hold.why, until
        return _join(*shown, self._label(hold, "outcome"), hold.note, hold.create_uid.name)

    def _describe_level(self, change):
        moved = " → ".join(level.name or self.env._("No level") for level in (change.from_level_id, change.to_level_id))
        return _join(change.item_id.display_name, moved, change.reason, change.user_id.name)


def _get_local_day(moment):
    """Of a moment in UTC, as `res.company._dunning_local` has it; `company` is the one of the record."""
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(company.dunning_tz, 'Europe/Paris'))::date", moment)


def _join(*parts):
    return " · ".join(part for part in parts if part)
