import base64

from cryptography import x509

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountDunningTrustRoot(models.Model):
    """A certificate that the company chose to trust: seals that lead to it are trusted, no others."""

    _name = "account.dunning.trust.root"
    _description = "Trusted Certificate"
    _order = "name, id"

    name = fields.Char(compute="_compute_name", store=True, precompute=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    active = fields.Boolean(default=True)
    file_name = fields.Char()
    certificate = fields.Binary(
        required=True, attachment=False, help="The root certificate of the provider's seal, as PEM or DER."
    )
    note = fields.Char(string="Where It Comes From", help="The page or letter by which the provider handed it over.")

    @api.depends("certificate")
    def _compute_name(self):
        for root in self:
            root.name = root._load().subject.rfc4514_string() if root.certificate else False

    @api.constrains("certificate")
    def _check_certificate(self):
        for root in self:
            root._load()

    def _load(self):
        content = self._get_content()
        try:
            if content.lstrip().startswith(b"-----BEGIN"):
                return x509.load_pem_x509_certificate(content)
            return x509.load_der_x509_certificate(content)
        except ValueError as error:
            raise ValidationError(
                self.env._("This is no certificate: choose the provider's root certificate, a .pem, .crt or .cer file.")
            ) from error

    def _get_content(self):
        return base64.b64decode(self.with_context(bin_size=False).certificate)

    @api.model
    def _get_certificates(self, company):
        """The bytes of those that `company` trusts."""
        roots = self.sudo().search([("company_id", "parent_of", company.id)])
        return tuple(root._get_content() for root in roots)
