"""What goes along with a notice: copies of the invoices that it claims, and the documents that prove the debt.

The letter names its enclosures and is frozen with them. So each is kept on the notice with the SHA-256 of its bytes:
what leaves later is exactly that, or it does not leave.
"""

import hashlib
from typing import NamedTuple

from odoo import api, models

from ..core.enclosures import MAX_INVOICES, choose
from .stored_bytes import read_alone

PDF = "application/pdf"


class EnclosureChangedError(ValueError):
    """A file is gone, or is no longer the one that the letter announces."""


class Source(NamedTuple):
    """A file that may go along; `kind` is that of the annex, empty for the copy of the invoice itself."""

    attachment: models.Model
    invoice: str
    kind: str = ""


class Enclosures(NamedTuple):
    """`files`: what goes along, in order, as it is frozen; `on_request`: [(kind, invoice, file name)] of what does not;
    `listed`: invoices too many or too large to be enclosed."""

    files: tuple = ()
    on_request: tuple = ()
    listed: tuple = ()


class Found(NamedTuple):
    """What there is for any number of notices: {move id: its PDF}, {move id: its annexes}."""

    copies: dict
    annexes: dict


NOTHING = Enclosures()


class AccountDunningEnclosures(models.AbstractModel):
    _name = "account.dunning.enclosures"
    _description = "Enclosures of Dunning Notices"

    @api.model
    def _find(self, notices):
        """{notice: Enclosures} of those whose level encloses anything, with the same few queries for any number."""
        asking = notices.filtered(lambda notice: notice.level_id.attach_invoices or notice.level_id.attach_documents)
        moves = self._get_invoices(asking)
        if not moves:
            return {}
        found = Found(self._find_copies(moves), self._find_annexes(moves))
        return {notice: self._gather(notice, found) for notice in asking}

    @api.model
    def _get_invoices(self, notices):
        """The invoices claimed, in the order of the tables; entries of other journals have no page to be copied."""
        moves = notices._get_claimed_lines().move_id._origin.sudo()
        return moves.filtered(lambda move: move.is_sale_document(include_receipts=True))

    @api.model
    def _find_copies(self, moves):
        """The stored PDF of each invoice, else the copy that was made for letters."""
        stored = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_field", "=", "invoice_pdf_report_file"),
                    ("res_id", "in", moves.ids),
                ]
            )
        )
        made = self.env["account.dunning.invoice.copy"].sudo().search([("move_id", "in", moves.ids)])
        made.attachment_id.mapped("store_fname")
        own = {file.res_id: file for file in stored}
        return {copy.move_id.id: copy.attachment_id for copy in made} | own

    @api.model
    def _find_annexes(self, moves):
        annexes = self.env["account.dunning.annex"].sudo().search([("move_id", "in", moves.ids)], order="id")
        annexes.attachment_id.mapped("store_fname")
        sound = annexes.filtered(lambda annex: annex._belongs())  # a file may have been moved since
        return {move.id: some for move, some in sound.grouped("move_id").items()}

    # === One notice === #

    @api.model
    def _gather(self, notice, found):
        moves = self._get_invoices(notice)
        level = notice.level_id
        copies = self._get_copies(moves, found) if level.attach_invoices else []
        documents = self._get_documents(moves, found) if level.attach_documents else []
        copies_go, documents_go = choose(len(moves), self._get_size(copies), self._get_size(documents))
        going = [*(copies if copies_go else ()), *(documents if documents_go else ())]
        files = [file for file in map(self._freeze, going) if file]
        kept = {(file["kind"], file["invoice"], file["name"]) for file in files}
        wanted = [(one.kind, one.invoice, one.attachment.name or "") for one in (*copies, *documents)]
        left_out = tuple(one for one in wanted if one not in kept)
        return Enclosures(tuple(files), left_out, () if copies_go or not copies else tuple(moves))

    @api.model
    def _get_copies(self, moves, found):
        nothing = self.env["ir.attachment"]
        return [Source(found.copies.get(move.id, nothing), move.name) for move in moves]

    @api.model
    def _get_documents(self, moves, found):
        return [
            Source(annex.attachment_id, move.name, annex.kind)
            for move in moves
            for annex in found.annexes.get(move.id, ())
        ]

    @api.model
    def _get_size(self, sources):
        return sum(source.attachment.file_size for source in sources)

    @api.model
    def _freeze(self, source):
        """What the notice keeps of a file; None where there is nothing to be read."""
        file = source.attachment
        content = read_alone(file.sudo())
        if not content:
            return None
        return {
            "attachment_id": file.id,
            "name": file.name,
            "mimetype": file.mimetype or "application/octet-stream",
            "sha256": hashlib.sha256(content).hexdigest(),
            "invoice": source.invoice,
            "kind": source.kind,
        }

    # === What leaves === #

    @api.model
    def _locate(self, notices):
        """Where the files of all these notices are stored, by one query; each is then read alone."""
        ids = {file["attachment_id"] for notice in notices.sudo() for file in notice.enclosures or ()}
        self.env["ir.attachment"].sudo().browse(ids).exists().mapped("store_fname")

    @api.model
    def _read(self, file):
        """The bytes of a frozen file, exactly those that the letter announces."""
        content = read_alone(self.env["ir.attachment"].sudo().browse(file["attachment_id"]))
        if not content:
            raise EnclosureChangedError(self.env._("The enclosure %s is gone.", file["name"]))
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise EnclosureChangedError(
                self.env._("The enclosure %s was changed after the letter was made.", file["name"])
            )
        return content

    # === In words, in the language of the letter === #

    @api.model
    def _say(self, notice, enclosures):
        """What the page shows: files that go along, what is sent on request, and for e-mails the invoices' pages."""
        on_request = "; ".join(self._name_files(enclosures.on_request))
        return {
            "enclosures": self._name_files(
                [(file["kind"], file["invoice"], file["name"]) for file in enclosures.files]
            ),
            "on_request": self._say_on_request(notice.company_id, on_request) if on_request else "",
            "invoice_links": self._get_links(enclosures.listed),
        }

    @api.model
    def _say_on_request(self, company, files):
        """Whom to ask for it stands beside."""
        contact = company.email or company.phone or company.name
        return self.env._("Not enclosed, sent on request (%(contact)s): %(files)s.", contact=contact, files=files)

    @api.model
    def _name_files(self, files):
        """Words for files, [(kind, invoice, file name)]: all copies of invoices together, then each document."""
        invoices = [invoice for kind, invoice, _name in files if not kind]
        documents = [self._name_document(*file) for file in files if file[0]]
        return [self._name_copies(invoices), *documents] if invoices else documents

    @api.model
    def _name_copies(self, invoices):
        if len(invoices) == 1:
            return self.env._("copy of the invoice %s", invoices[0])
        return self.env._("copies of the invoices %s", ", ".join(invoices))

    @api.model
    def _name_document(self, kind, invoice, name):
        words = {"file": name, "invoice": invoice}
        said = {
            "order": self.env._("order %(file)s (invoice %(invoice)s)", **words),
            "delivery_note": self.env._("signed delivery note %(file)s (invoice %(invoice)s)", **words),
            "acceptance": self.env._("acceptance report %(file)s (invoice %(invoice)s)", **words),
            "contract": self.env._("contract %(file)s (invoice %(invoice)s)", **words),
        }
        return said.get(kind) or self.env._("document %(file)s (invoice %(invoice)s)", **words)

    @api.model
    def _get_links(self, moves):
        """Of the invoices that have a page in the portal."""
        links = {move: move._get_dunning_portal_link() for move in moves}
        return [{"name": move.name, "url": link} for move, link in links.items() if link]

    @api.model
    def _invent(self, level, names):
        """What the sample of a level shows."""
        invoices = names if level.attach_invoices else ()
        files = [{"kind": "", "invoice": name, "name": name} for name in invoices]
        if level.attach_documents:
            files.append({"kind": "order", "invoice": names[0], "name": self.env._("Order.pdf")})
        return Enclosures(tuple(files))

    @api.model
    def _is_too_many(self, moves):
        return len(moves) > MAX_INVOICES
