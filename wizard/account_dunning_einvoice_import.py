import base64
from collections import defaultdict

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..core import einvoice_file

_lt = LazyTranslate(__name__)

SENTENCES = {
    einvoice_file.EMPTY: _lt("there is nothing here: the first line names the columns, each other line is a status."),
    einvoice_file.NO_COLUMN: _lt("there is no column %s: name the columns number;code;date;reason;amount."),
    einvoice_file.NO_NUMBER: _lt("the number of the invoice is missing."),
    einvoice_file.NO_CODE: _lt("the code of the status is missing."),
    einvoice_file.BAD_DATE: _lt("%s is no date: write 31/03/2026 or 2026-03-31."),
    einvoice_file.BAD_AMOUNT: _lt("%s is no amount: write 1234.50 or 1234,50, without thousands separator."),
}


class AccountDunningEinvoiceImport(models.TransientModel):
    """Statuses from a file: all of its lines or none."""

    _name = "account.dunning.einvoice.import"
    _description = "Import E-invoicing Statuses"

    file = fields.Binary(required=True, string="CSV File")
    file_name = fields.Char()
    problems = fields.Text(readonly=True)

    def action_import(self):
        self.ensure_one()
        rows, problems = einvoice_file.read(base64.b64decode(self.file))
        found = [(problem.line, self._say(problem)) for problem in problems]
        moves = self._find_moves({row.number for row in rows})
        for row in rows:
            problem = self._find_problem(row, moves[row.number])
            if problem:
                found.append((row.line, problem))
        if found:
            return self._show(found)
        for row in rows:
            moves[row.number].dunning_set_einvoice_status(row.code, row.day, row.reason, float(row.amount))
        return self._tell(len(rows))

    def _say(self, problem):
        sentence = self.env._(SENTENCES[problem.code])  # pylint: disable=translation-not-lazy
        return sentence % problem.value if "%s" in sentence else sentence

    def _find_moves(self, numbers):
        """{number: the customer invoices of the chosen companies that have it}"""
        moves = self.env["account.move"]
        domain = [
            ("name", "in", list(numbers)),
            ("move_type", "in", moves.get_sale_types(include_receipts=True)),
            ("company_id", "in", self.env.companies.ids),
        ]
        found = defaultdict(lambda: moves)
        for move in moves.search(domain):
            found[move.name] |= move
        return found

    def _find_problem(self, row, moves):
        """What is wrong with this line and what to do, or an empty text."""
        if not moves:
            return self.env._(
                "%s is no customer invoice of the companies chosen at the top of the screen: check the number.",
                row.number,
            )
        if len(moves) > 1:
            return self.env._(
                "%s is an invoice of several companies: choose one company at the top of the screen.", row.number
            )
        try:
            moves.check_access("write")
            self.env["account.dunning.einvoice.status"]._check(moves, row.code, row.day, float(row.amount))
        except UserError as problem:
            return str(problem)
        return ""

    def _show(self, found):
        """The same dialog with what is wrong in which line; nothing was recorded."""
        self.problems = "\n".join(
            self.env._("Line %(line)s: %(problem)s", line=line, problem=problem) for line, problem in sorted(found)
        )
        return {
            "name": self.env._("Import E-invoicing Statuses"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _tell(self, count):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Statuses recorded: %s", count),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
