"""The job that makes the missing PDF of invoices, before the letters that enclose them are issued.

Odoo's own way of making one writes the invoice and marks it as sent. So the same report is printed, whatever it writes
on the way is undone, and the bytes are kept beside the invoice (`account.dunning.invoice.copy`).
"""

import logging

from odoo import api, models

from odoo.addons.base.models.ir_actions_report import _wkhtml

from .account_dunning_notice import PENDING
from .one_at_a_time import one_at_a_time
from .retried import attempted

_logger = logging.getLogger(__name__)
BATCH = 20  # invoices of one call of the engine, some two seconds


class AccountDunningCopies(models.AbstractModel):
    _name = "account.dunning.copies"
    _description = "Copies of Invoices for Letters"

    @api.model
    def _cron_make_copies(self):
        """For what the night has prepared; one company's fault stops no other's."""
        with one_at_a_time(self.env, "copies") as alone:
            if not alone:
                return
            companies = self.env["res.company"].sudo().search([("dunning_mode", "in", ("prepare", "send"))])
            for company in companies:
                attempted(self.env, self.with_company(company)._make_of_company, company)

    @api.model
    def _make_of_company(self, company):
        """Batch by batch, each committed; what could not be made is named in the last run."""
        domain = [("company_id", "=", company.id), ("state", "in", PENDING), ("level_id.attach_invoices", "=", True)]
        missing = self._get_missing(self.env["account.dunning.notice"].search(domain, order="id"))
        self.env["ir.cron"]._commit_progress(remaining=len(missing))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            self._note_faults(company, self._make(batch))
            self.env["ir.cron"]._commit_progress(len(batch))

    @api.model
    def _note_faults(self, company, faults):
        self.env["account.dunning.run"]._tell(company, [self._say_fault(*fault) for fault in faults.items()])

    @api.model
    def _say_fault(self, move, error):
        reason = str(error).partition("\n")[0]
        return self.env._("%(invoice)s: its copy could not be made: %(reason)s", invoice=move.name, reason=reason)

    @api.model
    def _make_for(self, notices):
        """By hand, at once; of an invoice whose copy cannot be made the letter says that it is sent on request."""
        missing = self._get_missing(notices.filtered("level_id.attach_invoices"))
        for start in range(0, len(missing), BATCH):
            self._make(missing[start : start + BATCH])

    @api.model
    def _get_missing(self, notices):
        """The invoices that these letters would enclose, if there were a PDF of them."""
        enclosures = self.env["account.dunning.enclosures"]
        by_notice = [enclosures._get_invoices(notice) for notice in notices]
        moves = self.env["account.move"].union(*(moves for moves in by_notice if not enclosures._is_too_many(moves)))
        known = enclosures._find_copies(moves.sudo())
        return moves.sudo().filtered(lambda move: move.id not in known)

    @api.model
    def _make(self, moves):
        """Make and keep the copies of these invoices; {move: error} of those that could not be made."""
        contents, faults = self._render(moves)
        self.env["account.dunning.invoice.copy"].sudo()._store(contents)
        return faults

    # === Printing === #

    @api.model
    def _render(self, moves):
        """({move: PDF bytes}, {move: error}): together where the engine can, else, or where one is bad, one by one."""
        if len(moves) > 1 and _wkhtml().is_patched_qt:
            try:
                return self._print(moves), {}
            except Exception:
                _logger.warning("%s invoices could not be printed together", len(moves), exc_info=True)
        contents, faults = {}, {}
        for move in moves:
            try:
                contents |= self._print(move)
            except Exception as error:
                _logger.exception("The copy of invoice %s could not be made", move.name)
                faults[move] = error
        return contents, faults

    @api.model
    def _print(self, moves):
        """{move: PDF bytes} by the report of each; nothing that a report writes stays."""
        savepoint = self.env.cr.savepoint()
        try:
            contents = {}
            for report, some in moves.grouped(self.env["account.move.send"]._get_default_pdf_report_id).items():
                contents |= self._print_report(report, some)
            return contents
        finally:
            savepoint.close(rollback=True)

    @api.model
    def _print_report(self, report, moves):
        for move in moves:  # the code of its page in the portal would make a key, which is undone: nobody could open it
            move._update_cache({"display_link_qr_code": False})
        printing = self.env["ir.actions.report"].sudo().with_context(force_report_rendering=True)
        streams, kind = printing._pre_render_qweb_pdf(report.report_name, moves.ids)
        contents = printing._get_splitted_report(report.report_name, streams, kind)
        return {move: contents[move.id] for move in moves}
