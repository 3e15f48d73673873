"""The pieces of a dossier that come from the books: what proves the debt, and what it amounts to."""

from functools import partial

from odoo import Command, api, models

from .account_dunning_dossier import Source
from .letter_dates import format_day, format_long
from .stored_bytes import read_alone

ENDINGS = {
    "application/pdf": "pdf",
    "message/rfc822": "eml",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/plain": "txt",
    "application/timestamp-reply": "tsr",
}
AGREEMENT_ORDER = ("contract", "order", "delivery_note", "acceptance", "other")


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    @api.model
    def _get_moves(self, asked):
        """What is claimed as of the day, and what the notices have claimed; oldest first."""
        owed = self.env["account.move.line"].union(*(row.line for row in asked.debt.rows))
        claimed = asked.notices.line_ids.filtered(lambda line: line.role == "claimed")
        moves = owed.move_id | (claimed.move_id & self._get_items(asked).move_id)
        return moves.sorted(lambda move: (move.invoice_date or move.date, move.name or "", move.id))

    @api.model
    def _get_documents(self, asked):
        """Those with a page of their own: invoices and receipts, no journal entries."""
        return self._get_moves(asked).filtered(lambda move: move.is_sale_document(include_receipts=True))

    # === What was agreed === #

    @api.model
    def _get_agreement(self, asked):
        """A document that several invoices have is one piece."""
        documents = self._get_documents(asked)
        found = self.env["account.dunning.enclosures"]._find_annexes(documents)
        annexes = self.env["account.dunning.annex"].union(*(found[move.id] for move in documents if move.id in found))
        same = annexes.grouped(lambda annex: (AGREEMENT_ORDER.index(annex.kind), annex.attachment_id.checksum))
        return [self._get_annex(some) for _key, some in sorted(same.items(), key=lambda one: one[0][0])]

    @api.model
    def _get_annex(self, annexes):
        file = annexes[0].attachment_id
        kinds = dict(annexes._fields["kind"]._description_selection(self.env))
        title = self.env._(
            "%(kind)s: %(file)s (%(invoices)s)",
            kind=kinds[annexes[0].kind],
            file=file.name,
            invoices=", ".join(annexes.move_id.mapped("name")),
        )
        return Source("agreement", title, partial(read_alone, file), ending=get_ending(file.name, file.mimetype))

    # === Invoices === #

    @api.model
    def _get_invoices(self, asked):
        documents = self._get_documents(asked)
        moves = documents | self._get_credit_notes(asked, documents)
        copies = self.env["account.dunning.enclosures"]._find_copies(moves)
        owed = self.env["account.move"].union(*(row.line.move_id for row in asked.debt.rows))
        return [self._get_invoice(move, copies.get(move.id), move in owed) for move in moves]

    @api.model
    def _get_credit_notes(self, asked, documents):
        """Those set against these invoices, and those that nothing has used yet."""
        settling = documents.line_ids.matched_credit_ids.credit_move_id.move_id
        unused = self.env["account.move"].search(
            [
                ("company_id", "=", asked.case.company_id.id),
                ("commercial_partner_id", "=", asked.case.partner_id.id),
                ("currency_id", "=", asked.case.currency_id.id),
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("amount_residual", "!=", 0),
            ]
        )
        notes = (settling | unused).filtered(lambda move: move.move_type == "out_refund")
        return notes.sorted(lambda move: (move.invoice_date or move.date, move.id))

    @api.model
    def _get_invoice(self, move, file, is_owed):
        day = move.invoice_date or move.date
        words = {"name": move.name, "day": format_day(self.env, day), "amount": self._format_total(move)}
        title = self.env._("Invoice %(name)s of %(day)s, %(amount)s", **words)
        if move.move_type == "out_refund":
            title = self.env._("Credit note %(name)s of %(day)s, %(amount)s", **words)
        remark = "" if is_owed or move.move_type == "out_refund" else self.env._("Settled since")
        read = partial(read_alone, file) if file else partial(self._read_new_copy, move)
        return Source("invoices", title, read, day, remark=remark)

    @api.model
    def _format_total(self, move):
        return move.currency_id.format(move.amount_total)

    @api.model
    def _read_new_copy(self, move):
        """Of an invoice that has no PDF: the copy that letters would enclose, kept beside it for the next time."""
        self.env["account.dunning.copies"]._make(move)
        file = self.env["account.dunning.enclosures"]._find_copies(move).get(move.id)
        return read_alone(file) if file else b""

    # === The account === #

    @api.model
    def _get_account(self, asked):
        day = format_long(self.env, asked.day)
        statement = self.env._("Statement of account on %s", day)
        interest = self.env._("Computation of interest and compensation up to %s", day)
        sources = [Source("account", statement, partial(self._read_statement, asked), asked.day)]
        if asked.debt.rows:
            sources.append(Source("account", interest, partial(self._read_interest, asked), asked.day))
        return sources

    @api.model
    def _read_statement(self, asked):
        company = asked.case.company_id
        statement = self.env["account.dunning.statement"].with_company(company)
        return statement._render(company, asked.case.partner_id, asked.day, self.env.lang)

    @api.model
    def _read_interest(self, asked):
        moves = self.env["account.move"].union(*(row.line.move_id for row in asked.debt.rows))
        sheet = self.env["account.late.interest.sheet"].with_company(asked.case.company_id)
        made = sheet.new({"move_ids": [Command.set(moves.ids)], "date": asked.day})
        return made._render_annex(asked.case.partner_id, self.env.lang)


def get_ending(name, mimetype):
    """By which a reader's computer knows what to open it with."""
    return ENDINGS.get(mimetype) or (name or "").rpartition(".")[2][:8] or "bin"
