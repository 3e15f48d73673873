"""What was found in a receipt, in words for who has to act on it."""

from odoo import api, models


class AccountDunningProof(models.Model):
    _inherit = "account.dunning.proof"

    @api.model
    def _say_problem(self, code):
        return {**self._get_remarks(), **self._get_problems()}.get(code, code)

    @api.model
    def _say_remarks(self, remarks):
        """False where there is nothing to say."""
        words = self._get_remarks()
        return " ".join(self._say_remark(words, remark) for remark in remarks) or False

    @api.model
    def _say_remark(self, words, remark):
        """Some codes carry what they are about behind their first word."""
        about, _separator, rest = remark.partition("_")
        if remark in words or not rest:
            return words.get(remark, remark)
        if about == "stamp":
            return self.env._("The time-stamp: %s", self._say_remark(words, rest))
        if about == "status":
            return self.env._("Status code of the mail system: %s.", rest)
        return remark

    @api.model
    def _get_problems(self):
        return {
            "empty": self.env._("The file is empty."),
            "too_large": self.env._("The file is too large to be read."),
            "unknown_format": self.env._("This kind of file is kept, but cannot be checked."),
            "malformed": self.env._("The file is damaged or incomplete: fetch it again."),
            "encrypted": self.env._("The file is protected by a password: ask for one without."),
            "not_an_authority": self.env._("This certificate may not sign others."),
            "wrong_nonce": self.env._("The time-stamp answers another request."),
        }

    @api.model
    def _get_remarks(self):
        return {
            **self._get_broken_remarks(),
            **self._get_unknown_remarks(),
            **self._get_unreadable_remarks(),
            **self._get_certificate_remarks(),
            **self._get_report_remarks(),
        }

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
            "truncated": self.env._("The end of the file is missing: fetch it again."),
            "signed_attributes_missing": self.env._("The seal does not say what it was put on."),
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

    @api.model
    def _get_unreadable_remarks(self):
        """A seal that is made in a way that we do not check."""
        return {
            "several_signers": self.env._("Several signers share one seal: that is not checked here."),
            "signer_missing": self.env._("The seal names no signer."),
            "signer_certificate_missing": self.env._("The signer's certificate is not in the file."),
            "unsupported_signer_identifier": self.env._("The seal names its signer in a way that is not read here."),
            "not_der": self.env._("The seal is not written as the standard asks, and is not checked here."),
            "unsupported_version": self.env._("The seal is of a version that is not checked here."),
            "unknown_unsigned_attribute": self.env._(
                "Something unknown was added to the seal: it is not checked here."
            ),
            "unknown_critical_extension": self.env._(
                "A certificate or time-stamp has conditions that are not known here."
            ),
            "too_many_signatures": self.env._("The file carries too many seals to check them all."),
            "encrypted": self.env._("The file is encrypted: what it shows was not read."),
        }

    @api.model
    def _get_certificate_remarks(self):
        """Why the signer's certificate is not trusted."""
        return {
            "signer_not_bound": self.env._("The seal does not name its certificate: another one could stand there."),
            "issuer_not_authority": self.env._("The certificate was issued by somebody who may not issue any."),
            "path_too_long": self.env._("Too many certificates stand between the signer and a trusted one."),
            "wrong_key_usage": self.env._("The certificate is not made for sealing documents."),
            "not_time_stamping": self.env._("The certificate is not made for time-stamps."),
            "signing_time_missing": self.env._("The seal does not say when it was made."),
        }

    @api.model
    def _get_report_remarks(self):
        """What a mail system or a mail program reports."""
        return {
            "action_failed": self.env._("The mail system could not deliver it."),
            "action_delayed": self.env._("The mail system has not delivered it yet, and goes on trying."),
            "action_delivered": self.env._("The mail system put it into the mailbox."),
            "action_relayed": self.env._("The mail system passed it on to one that sends no reports."),
            "action_expanded": self.env._("The mail system passed it on to the members of a list."),
            "disposition_displayed": self.env._("The mail program has shown it; whether anybody read it is not said."),
            "disposition_deleted": self.env._("The mail program deleted it; whether anybody read it is not said."),
            "disposition_dispatched": self.env._("The mail program passed it on without showing it."),
            "disposition_processed": self.env._("The mail program treated it without showing it."),
        }
