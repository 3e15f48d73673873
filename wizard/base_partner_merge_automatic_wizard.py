from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override of `base`: open cases are joined first, since one customer has one open case a currency."""
        self.env["account.dunning.case"].sudo()._join_for_merge(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
