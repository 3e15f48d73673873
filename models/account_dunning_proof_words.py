"""What was found in a receipt, in words for who has to act on it."""

from odoo import api, models


class AccountDunningProof(models.Model):
    _inherit = "account.dunning.proof"

    @api.model
    def _say_problem(self, code):
        return self._get_problems().get(code, code)

    @api.model
    def _say_remarks(self, remarks):
        """False where there is nothing to say."""
        words = self._get_remarks()
        return " ".join(words.get(remark, remark) for remark in remarks) or False

    @api.model
    def _get_problems(self):
        return {
            "empty": self.env._("The file is empty."),
            "too_large": self.env._("The file is too large to be read."),
            "unknown_format": self.env._("This kind of file is kept, but cannot be checked."),
            "malformed": self.env._("The file is damaged or incomplete: fetch it again."),
            "encrypted": self.env._("The file is protected by a password: ask for one without."),
        }

    @api.model
    def _get_remarks(self):
        return {**self._get_broken_remarks(), **self._get_unknown_remarks()}

    @api.model
    def _get_broken_remarks(self):
        """Why a seal does not hold."""
        return {
            "not_entire_file": self.env._("The seal does not cover the whole file: something was added to it."),
            "changed_between_revisions": self.env._("The file was changed after it was sealed."),
            "digest_mismatch": self.env._("The file was changed after it was sealed."),
            "invalid_signature": self.env._("The seal was not made by the certificate that it names."),
            "false_byte_range": self.env._("The seal does not say truly what it covers."),
            "contents_gap": self.env._("The seal leaves a part of the file out."),
            "content_type_mismatch": self.env._("The seal is not one of a document."),
            "malformed_signature": self.env._("The seal is damaged."),
            "signer_certificate_mismatch": self.env._("The seal names another certificate than it carries."),
            "imprint_mismatch": self.env._("The time-stamp belongs to something else."),
            "times_differ": self.env._("The time-stamp and the signer's own time lie far apart."),
            "second_check_disagrees": self.env._("A second check of the seal came to another result."),
            "not_granted": self.env._("The time-stamp was refused by its authority."),
        }

    @api.model
    def _get_unknown_remarks(self):
        """What could not be told of a seal, and what to do about it."""
        return {
            "unknown_root": self.env._(
                "Nobody vouches for the signer: add the provider's root certificate to the trusted ones."
            ),
            "untrusted_stamp": self.env._("The time-stamp's authority is not among the trusted ones."),
            "unusable_root": self.env._("One of the trusted certificates cannot be used."),
            "expired_signer": self.env._("The certificate had expired when the seal was made."),
            "expired_issuer": self.env._("The certificate of the issuer had expired when the seal was made."),
            "signer_not_yet_valid": self.env._("The certificate was not valid yet when the seal was made."),
            "weak_digest": self.env._("The seal rests on a digest that can be forged today."),
            "weak_key": self.env._("The seal rests on a key that is too short."),
            "revocation_not_checked": self.env._("Whether the certificate was revoked is not checked."),
            "revision_not_checked": self.env._("Changes between revisions of the file are not checked."),
            "signing_time_not_proved": self.env._("The time is the signer's own: no authority has stamped it."),
            "several_signatures": self.env._("The file carries several seals; the last one was checked."),
            "unsupported_algorithm": self.env._("The seal was made in a way that cannot be checked here."),
            "unsupported_signature_format": self.env._("The seal was made in a way that cannot be checked here."),
            "too_complex": self.env._("The file is too intricate to be checked."),
            "indication_only": self.env._("A report of a mail system is an indication, not a proof."),
            "imprint_not_compared": self.env._("The time-stamp was not compared with what it stamps."),
        }
