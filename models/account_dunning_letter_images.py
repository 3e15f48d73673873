"""The pictures of a letter: its page names them, and they are put in when it becomes a PDF.

The page that is kept stays small so, and the engine fetches nothing.
"""

import base64

from odoo import api, models
from odoo.tools.image import image_data_uri

from .payment_code import draw_code

LOGO, SIGNATURE, PAYMENT_CODE = "cid:logo", "cid:signature", "cid:payment-code"
METHOD = "sct_qr"  # the European Payments Council's code for a SEPA credit transfer, made by account_qr_code_sepa


class AccountDunningLetterImages(models.AbstractModel):
    _name = "account.dunning.letter.images"
    _description = "Pictures of a Dunning Letter"

    @api.model
    def _put_in(self, notice):
        """The page of `notice` with its pictures, as one self-contained text."""
        page = notice.page
        for name, get in ((LOGO, self._get_logo), (SIGNATURE, self._get_signature), (PAYMENT_CODE, self._get_code)):
            if name in page:
                page = page.replace(name, get(notice))
        return page

    @api.model
    def _get_logo(self, notice):
        return image_data_uri(notice.company_id.logo_web)

    @api.model
    def _get_signature(self, notice):
        return image_data_uri(notice.company_id._get_dunning_signing_company().dunning_signature)

    @api.model
    def _get_code(self, notice):
        bank = notice.company_id._get_dunning_bank()
        asked = notice.amount_total, notice.currency_id, notice.partner_id, notice.payment_reference, ""
        content = bank._get_qr_vals(METHOD, *asked)
        return image_data_uri(base64.b64encode(draw_code("\n".join(content))))

    @api.model
    def _has_payment_code(self, notice, bank):
        """A code for phones is printed where the bank account and the currency allow one."""
        known = dict(bank.get_available_qr_methods_in_sequence()) if bank else {}
        if METHOD not in known or notice.currency_id.compare_amounts(notice.amount_total, 0) <= 0:
            return False
        return not bank._get_error_messages_for_qr(METHOD, notice.partner_id, notice.currency_id)
