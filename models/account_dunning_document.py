"""Letters as PDF: many in one call of the engine where it can, one by one where it cannot or one is bad."""

import logging

from odoo import api, models

from odoo.addons.base.models.ir_actions_report import _wkhtml

from .pdf_pages import fit_page, split_letters, stamp_letter

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
                documents[notice] = self._print(self.env["account.dunning.letter.images"]._put_in(notice), notice.name)
            except Exception as error:
                _logger.exception("The letter of notice %s could not be made", notice.name)
                notice.reason = self.env._("The letter could not be made: %s", error)
        return documents

    @api.model
    def _render_batch(self, notices):
        content = self._run([self.env["account.dunning.letter.images"]._put_in(notice) for notice in notices])
        return dict(zip(notices, split_letters(content, notices.mapped("name")), strict=True))

    @api.model
    def _print(self, page, label):
        """One letter or list as PDF, with `label` and the page's number at the foot of each page."""
        return stamp_letter(self._run([page]), label)

    @api.model
    def _run(self, bodies):
        bodies = [fit_page(body, _wkhtml().is_patched_qt) for body in bodies]
        return self.env["ir.actions.report"]._run_wkhtmltopdf(bodies, report_ref=REPORT)
