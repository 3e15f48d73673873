from odoo import models
from odoo.exceptions import UserError

US = "account_dunning"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Uninstalling deletes the tables: never those with proofs that exist nowhere else."""
        if US in (self | self.downstream_dependencies()).mapped("name"):
            self._check_proofs_exported()
        return super().button_uninstall()

    def _check_proofs_exported(self):
        alone = [("date_exported", "=", False), ("attachment_id", "!=", False), ("is_erased", "=", False)]
        kept = self.env["account.dunning.proof"].sudo().search(alone)
        if kept:
            raise UserError(
                self.env._(
                    "%(count)s proofs exist nowhere but here, of %(companies)s. Export their dossiers or the whole "
                    "chain of proofs first: uninstalling would destroy them.",
                    count=len(kept),
                    companies=", ".join(kept.company_id.mapped("name")),
                )
            )
