"""The end of a chain of proofs, sent to a mailbox outside: a short mail a day, by our own message."""

from smtplib import SMTPException
from uuid import uuid4

from markupsafe import Markup

from odoo import api, models
from odoo.tools.misc import format_date

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..delivery.email import compose

REFERENCE = "anchor-"  # what a Message-ID of ours begins with, so that one that comes back is known


class AccountDunningAnchorMail(models.AbstractModel):
    _name = "account.dunning.anchor.mail"
    _description = "Daily Mail about the Proofs"

    @api.model
    def _write_out(self, chain):
        reference, company = f"{REFERENCE}{uuid4()}", chain.company_id
        headers = self.env["account.dunning.mail"]._prepare_headers(company, reference, company.dunning_anchor_email)
        subject, *paragraphs = self._with_language(company)._say(chain)
        headers["Subject"] = subject
        headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is told to us
        html = Markup("<p>%s</p>") % Markup("</p>\n<p>").join(paragraphs)
        return compose(headers, "\n\n".join(paragraphs), str(html), [], reference)

    @api.model
    def _send(self, chain):
        """Why the mail server does not have the line of `chain`, in words; an empty text once it has."""
        if not self.env["account.dunning.mail"]._has_mail_server():
            return self.env._("There is no outgoing mail server: an administrator adds it in the settings.")
        try:
            self.env["ir.mail_server"].sudo().send_email(self._write_out(chain))
        except (MailDeliveryException, SMTPException, OSError, AssertionError, ValueError) as error:
            return self.env._("The mail server did not take it: %s", error)
        return ""

    def _with_language(self, company):
        return self.with_context(lang=company.partner_id.lang or self.env.lang)

    @api.model
    def _say(self, chain):
        """[subject, then the paragraphs], in the language of this environment."""
        company = chain.company_id
        day = format_date(self.env, company._dunning_today())
        return [
            self.env._(
                "Proofs of %(company)s, %(date)s: number %(number)s",
                company=company.name,
                date=day,
                number=chain.sequence,
            ),
            self.env._("Please keep this message. Nothing is to be done with it today."),
            chain.head_line,
            self.env._(
                "This line seals the %s receipts of registered mail that the company has received so far. Whoever has "
                "it can tell later whether one of them was removed or rewritten.",
                chain.sequence,
            ),
            self.env._(
                "It holds no figures and no names of customers. To compare: Dunning, Records, Chain of Proofs, Verify; "
                "paste the line there."
            ),
        ]
