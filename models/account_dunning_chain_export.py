"""A whole chain with its files, for who keeps it elsewhere: before the software goes, and for what has no case."""

import tempfile
from functools import partial

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..core import dossier
from ..core.chain import write_anchor
from .account_dunning_dossier import Made, Source
from .account_dunning_dossier_pieces import get_ending
from .file_download import download_from
from .stored_bytes import read_alone

EXPORTERS = "account_dunning.group_dunning_manager,account_dunning.group_dunning_auditor"


class AccountDunningChainExport(models.Model):
    _inherit = "account.dunning.chain"

    def action_export(self):
        """The ZIP as download; all proofs in it count as exported."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_groups(EXPORTERS):
            raise AccessError(self.env._("The whole chain is exported by dunning managers and auditors."))
        try:
            made = self.sudo()._pack()
        except dossier.TooLarge as error:
            raise UserError(
                self.env._("One ZIP cannot hold all proofs: export the dossiers. It stopped at %s.", error)
            ) from error
        self.env["account.dunning.export"]._note_chain(self.sudo(), made)
        return self._download(made.content)

    def _pack(self):
        """What the ZIP is made of, and its bytes; each file is in memory only while it is copied."""
        dossiers = self.env["account.dunning.dossier"]
        self._seal_waiting()
        with tempfile.TemporaryFile() as output:
            packed = dossier.Dossier(output)
            pieces, missing = dossiers._add_pieces(packed, self._get_sources())
            missing += self._find_unkept({one.added.sha256 for one in pieces} | {one.sha256 for one in missing})
            records = [dossiers._get_shown_record(row) for row in dossiers._read_places(self)]
            fingerprint = packed.finish(
                {"language": self.env.lang or "", "company": dossiers._describe_party(self.company_id.partner_id)},
                missing,
                dossiers._describe_chain(self, records),
                dossiers._get_programs(),
                {dossiers._get_readme_name(): self._write_readme()},
            )
            output.seek(0)
            sequences = self._get_sealed().mapped("sequence")
            return Made(output.read(), fingerprint, tuple(pieces), tuple(missing), self._get_head(), sequences)

    def _get_sealed(self):
        return self.proof_ids.filtered("sequence").sorted("sequence")

    def _get_sources(self):
        """Once each letter, what left, and the proofs with their place."""
        proofs = self._get_sealed()
        proofs.notice_id._locate_letters()
        letters = [(one.document_id, one.document_sha256, one.name) for one in proofs.notice_id]
        contents = [(one.content_id, one.content_sha256, one.display_name) for one in proofs.delivery_id]
        sent = [self._get_sent(*one) for one in (*letters, *contents) if one[0]]
        kept = [self._get_kept(one) for one in proofs if one.sha256 and not one.is_erased]
        return [*sent, *kept]

    def _get_sent(self, file, sha256, name):
        ending = get_ending(file.name, file.mimetype)
        return Source("sendings", name, partial(read_alone, file), None, ending, sha256 or "")

    def _get_kept(self, proof):
        day = self.company_id._dunning_local(proof.event_time or proof.received_at).date()
        read, ending = partial(read_alone, proof.attachment_id), get_ending(proof.file_name, proof.mimetype)
        source = Source("sendings", proof.display_name, read, day, ending, proof.sha256, proof.sequence)
        return self.env["account.dunning.dossier"]._mark(proof, source)

    def _find_unkept(self, there):
        """What proofs say that was sent, and nobody has any more."""
        named = {}
        for proof in self._get_sealed():
            for sha256 in filter(None, (proof.letter_sha256, proof.content_sha256)):
                named.setdefault(sha256, proof.display_name)
        remedy = self.env._("The stored file is missing: restore it from a backup; its SHA-256 is in the list.")
        return [dossier.Missing(name, remedy, sha256) for sha256, name in named.items() if sha256 not in there]

    def _write_readme(self):
        paragraphs = [
            self.env._("All proofs of %s, each with its file and its place in the chain.", self.company_id.name),
            self.env._("To check that nothing was changed: unpack it, and run in its folder"),
            "    sha256sum -c SHA256SUMS\n    python3 verify.py",
            "    " + write_anchor(self.uuid, self._get_head()),
        ]
        return ("\n\n".join(paragraphs) + "\n").encode()

    def _download(self, content):
        """Kept with a dialog that Odoo clears away itself, not with the chain for good."""
        dialog = self.env["account.dunning.verification"].create({"chain_id": self.id})
        name = self.env._("Chain of proofs %(company)s.zip", company=self.company_id.name.replace("/", "-"))
        return download_from(dialog, name, content)
