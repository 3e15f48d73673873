"""The dossier of a case, or of chosen notices of it: its pieces gathered, numbered, listed and packed.

What is stored goes in as it is, byte for byte; what is drawn up anew (list of pieces, summary, statement, interest)
depends on nothing but the data and the chosen day, so that the same dossier can be made again.
"""

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import get_lang

from ..core import chain, dossier, verify_dossier

TARGETS = ("lawyer", "bailiff", "court", "other")
PROGRAMS = {dossier.RULES: chain.__file__, dossier.PROGRAM: verify_dossier.__file__}


class Asked(NamedTuple):
    """What the dossier is about; `notices` are all of the case that left, or those that were chosen."""

    case: models.Model
    notices: models.Model
    is_whole: bool
    day: date
    target: str
    recipient: str
    debt: object = None  # account_dunning_dossier_debt's Debt


class Source(NamedTuple):
    """A piece before it is numbered: `read` gives its bytes, none where they are gone; `sha256` as it was recorded."""

    section: str
    title: str
    read: Callable
    day: date | None = None
    ending: str = "pdf"
    sha256: str = ""
    record: int = 0
    remark: str = ""


class Listed(NamedTuple):
    """A piece in the dossier."""

    source: Source
    added: dossier.Added


class Made(NamedTuple):
    """A dossier; `fingerprint` is the SHA-256 of its SHA256SUMS."""

    content: bytes
    fingerprint: str
    pieces: tuple
    missing: tuple
    head: chain.Head | None
    sequences: tuple

    @property
    def changed(self):
        return tuple(one for one in self.pieces if one.added.is_changed)


class AccountDunningDossier(models.AbstractModel):
    _name = "account.dunning.dossier"
    _description = "Dossier"

    @api.model
    def _ask(self, case, notices=None, lang=None, **chosen):
        """Of `case` as far as the user may read it; `chosen`: day, target, recipient.

        What he asked for carries the right to read all that belongs to it, and the language of the dossier.
        """
        case.check_access("read")
        chosen_notices = notices or self.env["account.dunning.notice"]
        chosen_notices.check_access("read")
        self._check_of_case(case, chosen_notices)
        asked = chosen_notices or case.notice_ids
        left = asked.sudo().filtered(lambda notice: notice.state == "issued")
        left = left.sorted(lambda notice: (notice.date_issued, notice.id))
        dossiers = self.sudo().with_context(lang=get_lang(self.env, lang).code)
        found = Asked(case.with_env(dossiers.env), left.with_env(dossiers.env), not chosen_notices, **chosen)
        return found._replace(debt=dossiers._get_debt(found))

    @api.model
    def _check_of_case(self, case, notices):
        """Never the whole case where something else was chosen."""
        if notices.case_id - case:
            raise UserError(self.env._("A dossier is about one customer: choose notices of this case only."))

    @api.model
    def _about(self, asked):
        """Whatever is read, drawn up or packed: as what was asked for, in its language."""
        return self.with_env(asked.case.env)

    # === Making === #

    @api.model
    def _make(self, asked):
        """The dossier, in the language of the context; each stored file is in memory only while it is copied."""
        with tempfile.TemporaryFile() as output:
            packed = dossier.Dossier(output)
            sources = self._get_sources(asked)
            pieces, unreadable = self._add_pieces(packed, sources)
            missing = [*self._find_gaps(asked, sources), *unreadable]
            proofs = self._get_chain(asked)
            papers = self._draw_up(asked, pieces, missing, proofs)
            texts = {**papers, self._get_readme_name(): self._write_readme(asked, proofs)}
            facts = self._describe(asked)
            fingerprint = packed.finish(facts, missing, proofs, self._get_programs(), texts)
            output.seek(0)
            head = proofs and proofs.head
            sequences = tuple(record.sequence for record in proofs.records if record.values) if proofs else ()
            return Made(output.read(), fingerprint, tuple(pieces), tuple(missing), head, sequences)

    @api.model
    def _add_pieces(self, packed, sources):
        """([Listed], [Missing]): numbered in their order; what cannot be read is named and takes no number."""
        pieces, missing = [], []
        for source in sources:
            content = source.read()
            if not content:
                missing.append(dossier.Missing(source.title, self._say_gone(source), source.sha256))
                continue
            pieces.append(Listed(source, packed.add_piece(self._number(source, len(pieces) + 1), content)))
        return pieces, missing

    @api.model
    def _number(self, source, number):
        path = dossier.get_path(number, source.title, source.ending)
        day = source.day.isoformat() if source.day else ""
        return dossier.Piece(number, path, source.title, day, source.record, source.sha256, source.remark)

    @api.model
    def _say_gone(self, source):
        if source.sha256:
            return self.env._("The stored file is missing: restore it from a backup; its SHA-256 is in the list.")
        return self.env._("The file is empty or cannot be made: look at the record that it belongs to.")

    @api.model
    def _get_programs(self):
        return {name: Path(path).read_bytes() for name, path in PROGRAMS.items()}

    @api.model
    def _describe(self, asked):
        """The head of the manifest: nothing in it depends on when the dossier is made."""
        case = asked.case
        return {
            "language": self.env.lang,
            "as_of": asked.day.isoformat(),
            "target": asked.target,
            "recipient": asked.recipient,
            "company": self._describe_party(case.company_id.partner_id),
            "customer": self._describe_party(case.partner_id),
            "currency": case.currency_id.name,
            "notices": [notice.name for notice in asked.notices],
            "is_whole_case": asked.is_whole,
        }

    @api.model
    def _describe_party(self, partner):
        return {"name": partner.name or "", "registration": partner.company_registry or "", "vat": partner.vat or ""}

    # === What there is === #

    @api.model
    def _get_sources(self, asked):
        """In the order in which a lawyer reads: the agreement, the invoices, the account, what was sent and proved,
        what was answered, what happened beside."""
        return [
            *self._get_agreement(asked),
            *self._get_invoices(asked),
            *self._get_account(asked),
            *self._get_sendings(asked),
            *self._get_exchanges(asked),
            *self._get_course(asked),
        ]

    @api.model
    def _get_targets(self):
        return {
            "lawyer": self.env._("Lawyer"),
            "bailiff": self.env._("Commissaire de justice (bailiff)"),
            "court": self.env._("Petition for an order to pay"),
            "other": self.env._("Somebody else"),
        }

    @api.model
    def _get_sections(self):
        return {
            "agreement": self.env._("Contract, orders, deliveries"),
            "invoices": self.env._("Invoices and credit notes"),
            "account": self.env._("Statement and computation"),
            "sendings": self.env._("Reminders, formal notices and their proofs"),
            "exchanges": self.env._("Exchanges with the debtor"),
            "course": self.env._("Promises, disputes and other facts"),
        }

    # === Read me === #

    @api.model
    def _get_readme_name(self):
        return "LISEZ-MOI.txt" if (self.env.lang or "").startswith("fr") else "README.txt"

    @api.model
    def _write_readme(self, asked, proofs):
        line = chain.write_anchor(proofs.uuid, proofs.head) if proofs else ""
        paragraphs = [
            self.env._(
                "Dossier of %(creditor)s against %(debtor)s, figures as of %(day)s.",
                creditor=asked.case.company_id.name,
                debtor=asked.case.partner_id.name or "",
                day=asked.day.isoformat(),
            ),
            self.env._(
                "Begin with bordereau.pdf, the numbered list of the pieces and of what is missing, and summary.pdf. "
                "The pieces are in the folder pieces, under the numbers of the list. Stored files are as they were "
                "stored, byte for byte; nothing was converted."
            ),
            self.env._(
                "To check that nothing was changed, without the software that made this dossier: unpack it, and run in "
                "its folder"
            ),
            "    sha256sum -c SHA256SUMS\n    python3 verify.py",
            self.env._(
                "The first compares the files with their SHA-256 sums. The second, which needs Python 3.9 or later and "
                "nothing else, does so too, recomputes the chain of proofs and says in words what is wrong. It ends "
                "with 0: intact, 1: tampered with, 2: not checkable."
            ),
        ]
        if line:
            paragraphs += [self._explain_chain(), f"    {line}"]
        return ("\n\n".join(paragraphs) + "\n").encode()

    @api.model
    def _explain_chain(self):
        return self.env._(
            "Each proof that the creditor received is sealed into one chain of his company, in chain.jsonl. Of proofs "
            "that concern other customers only the place and a digest are told: the chain can be recomputed from its "
            "first record to its last, and nobody else is named. Ask the creditor for a line like the one below that "
            'was kept outside on that day or before, and run: python3 verify.py --anchor "LINE". Today\'s line:'
        )
