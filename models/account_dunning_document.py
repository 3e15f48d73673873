"""Letters as PDF: many in one call of the engine where it can, one by one where it cannot or one is bad."""

import io
import logging

from odoo import api, models
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.base.models.ir_actions_report import _wkhtml

_logger = logging.getLogger(__name__)
REPORT = "account_dunning.action_report_notice"


class AccountDunningDocument(models.AbstractModel):
    _name = "account.dunning.document"
    _description = "Dunning Document"

    @api.model
    def _render(self, notices):
        """{notice: PDF bytes}; a letter that cannot be made is left out, and named on its notice."""
        if len(notices) > 1 and _wkhtml().is_patched_qt:
            try:
                return self._render_batch(notices)
            except Exception:
                _logger.warning("A batch of %s letters failed: they are made one by one", len(notices), exc_info=True)
        documents = {}
        for notice in notices:
            try:
                documents[notice] = self._run([self.env["account.dunning.letter.images"]._put_in(notice)])
            except Exception as error:
                _logger.exception("The letter of notice %s could not be made", notice.name)
                notice.reason = self.env._("The letter could not be made: %s", error)
        return documents

    @api.model
    def _render_batch(self, notices):
        content = self._run([self.env["account.dunning.letter.images"]._put_in(notice) for notice in notices])
        reader = PdfFileReader(io.BytesIO(content))
        starts = self._get_first_pages(reader)
        if len(starts) != len(notices):
            raise ValueError(f"{len(starts)} letters found in the PDF of {len(notices)} notices")
        ends = [*starts[1:], len(reader.pages)]
        return {
            notice: self._extract(reader, start, end) for notice, start, end in zip(notices, starts, ends, strict=True)
        }

    @api.model
    def _get_first_pages(self, reader):
        """Each letter has one heading of the first order, so one entry in the PDF's outline, in order."""
        root = reader.trailer["/Root"]
        entry = root["/Outlines"]["/First"]
        pages = []
        while entry:
            pages.append(int(root["/Dests"][entry["/Dest"]][0]))
            entry = entry.get("/Next")
        return pages

    @api.model
    def _extract(self, reader, start, end):
        writer = PdfFileWriter()
        for number in range(start, end):
            writer.add_page(reader.pages[number])
        output = io.BytesIO()
        writer.write(output)
        return output.getvalue()

    @api.model
    def _run(self, bodies):
        return self.env["ir.actions.report"]._run_wkhtmltopdf(bodies, report_ref=REPORT)
