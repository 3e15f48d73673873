import io

from odoo import api, models
from odoo.exceptions import UserError

from .account_dunning_document import REPORT

PAPER = "account_dunning.paperformat_notice"
WAITING = "--javascript-delay"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _is_dunning_letter(self, report_ref):
        return self._get_report(report_ref) == self.env.ref(REPORT).sudo()

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Override of `base`: the letter of a notice is never made again, its stored bytes are given."""
        if not self._is_dunning_letter(report_ref):
            return super()._pre_render_qweb_pdf(report_ref, res_ids=res_ids, data=data)
        return self._get_stored_letters([res_ids] if isinstance(res_ids, int) else res_ids), "pdf"

    def _get_stored_letters(self, notice_ids):
        if not notice_ids:
            raise UserError(self.env._("Choose the notices whose letters you need."))
        notices = self.env["account.dunning.notice"].browse(notice_ids)
        return {
            notice.id: {"stream": io.BytesIO(notice._get_stored_letter().raw), "attachment": notice.document_id}
            for notice in notices
        }

    @api.model
    def _build_wkhtmltopdf_args(self, paperformat_id, landscape, **options):
        """Override of `base`, which waits a second a call for scripts: a letter has none, and its pictures in it."""
        arguments = super()._build_wkhtmltopdf_args(paperformat_id, landscape, **options)
        if paperformat_id == self.env.ref(PAPER).sudo() and WAITING in arguments:
            arguments[arguments.index(WAITING) + 1] = "0"
        return arguments

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        self._check_not_a_letter(report_ref)
        return super()._render_qweb_html(report_ref, docids, data=data)

    @api.model
    def _render_qweb_text(self, report_ref, docids, data=None):
        self._check_not_a_letter(report_ref)
        return super()._render_qweb_text(report_ref, docids, data=data)

    def _check_not_a_letter(self, report_ref):
        if self._is_dunning_letter(report_ref):
            raise UserError(self.env._("The letter of a notice is a PDF: ask for it as such."))
