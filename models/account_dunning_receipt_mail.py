"""Receipts that somebody forwards to the company's address for them: each file becomes a proof, as it came."""

import logging

from odoo import api, models, modules
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..evidence import read
from ..evidence.delivery_report import UUID, split_head
from ..evidence.message import Piece, get_recipients, name_message, take_apart
from .account_dunning_anchor_mail import REFERENCE
from .retried import retried

_logger = logging.getLogger(__name__)
LOOP = "loop-detection-bounce-email"  # how Odoo marks its own answers to mails that it could not route


class AccountDunningReceiptMail(models.AbstractModel):
    _name = "account.dunning.receipt.mail"
    _description = "Receipts by E-mail"

    @api.model
    def _take_for_good(self, content):
        """Keep what a mail brings before Odoo does anything with it: a mail is fetched once, whatever becomes of it.

        In a transaction of its own, as nobody begins that of the mail gateway anew after a conflict. UserError, with
        all else kept, where something of it is too large to be kept in any way.
        """
        if modules.module.current_test:
            with self.env.cr.savepoint():
                is_kept = self._take(content)
        else:
            with self.env.registry.cursor() as cursor:
                own = self.with_env(self.env(cr=cursor))
                is_kept = retried(own.env, own._take_and_commit, content)
        if not is_kept:
            raise UserError(self.env._("Something of this mail is too large to be kept: add it on its delivery."))

    @api.model
    def _take_and_commit(self, content):
        is_kept = self._take(content)
        self.env.cr.commit()
        return is_kept

    @api.model
    def _take(self, content):
        """Keep what a mail (its raw bytes) brings, for each company to whose address it went; nothing is answered.

        False where something of it is kept in no way.
        """
        companies = self._find_companies(content)
        if not companies:
            return True
        forwarded = take_apart(content)
        if self._is_ours(content, forwarded):
            _logger.info("A mail of our own, or its return, is no receipt: %s", forwarded.message_id)
            return True
        kept = [self._take_for(company, forwarded, content) for company in companies]
        return all(kept)

    @api.model
    def _take_for(self, company, forwarded, content):
        """Each piece by itself; the whole mail where one of them is not kept."""
        kept = [self._is_kept(company, forwarded, piece, content) for piece in forwarded.pieces]
        if all(kept):
            return True
        return self._is_kept(company, forwarded, Piece(name_message(forwarded.subject), content), content)

    @api.model
    def _is_kept(self, company, forwarded, piece, content):
        try:
            with self.env.cr.savepoint():
                self._keep(company, forwarded, piece, content)
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
            raise
        except Exception:
            _logger.exception("%s of the mail %s was not kept", piece.file_name, forwarded.message_id)
            return False
        return True

    @api.model
    def _find_companies(self, content):
        """By the aliases that its headers name, as Odoo routes mails."""
        companies = self.env["res.company"].sudo().search([("dunning_receipt_alias_id", "!=", False)])
        if not companies:
            return companies
        addresses = get_recipients(content)
        return companies.filtered(lambda company: company.dunning_receipt_alias_id._is_named_in(addresses))

    @api.model
    def _keep(self, company, forwarded, piece, content):
        proofs = self.env["account.dunning.proof"].sudo()
        note = "\n".join(filter(None, (forwarded.sender, forwarded.subject, forwarded.message_id)))
        if piece.content == content and (known := self._find_same_mail(company, forwarded, note, content)):
            return known
        found = read(piece.content)
        return proofs._receive(
            piece.content,
            source="mail",
            company=company,
            delivery=proofs._find_delivery(company, found) or proofs._find_delivery(company, forwarded) or None,
            kind=getattr(found, "kind", "") or "other",
            file_name=piece.file_name,
            note=note,
        )

    @api.model
    def _find_same_mail(self, company, forwarded, note, content):
        """A mail that came by two ways has other lines of transport above the same words."""
        if not forwarded.message_id:
            return None
        same = [("company_id", "=", company.id), ("source", "=", "mail"), ("note", "=", note)]
        for proof in self.env["account.dunning.proof"].sudo().search(same, limit=20):
            if _get_body(proof.attachment_id.raw or b"") == _get_body(content):
                return proof
        return None

    # === Our own === #

    @api.model
    def _is_ours(self, content, forwarded):
        """What we sent ourselves came back, or the return of something that is no delivery."""
        if self._names_ours(forwarded.message_id, Domain("message_type", "!=", "email")):
            return True
        if LOOP in split_head(content)[0].get("References", ""):
            return True
        return any(self._names_ours(name) and not self._find_sent(name) for name in forwarded.returned)

    @api.model
    def _names_ours(self, message_id, domain=Domain.TRUE):
        if not message_id:
            return False
        is_anchor = message_id.startswith(f"<{REFERENCE}") and UUID.search(message_id)
        messages = self.env["mail.message"].sudo()
        is_message = messages.search_count(Domain("message_id", "=", message_id) & domain, limit=1)
        return bool(is_anchor or is_message or self._find_sent(message_id))

    @api.model
    def _find_sent(self, message_id):
        return self.env["account.dunning.delivery"].sudo().search([("message_id", "=", message_id)], limit=1)

    # === Routes === #

    @api.model
    def _drop_routes(self, routes):
        """Without those to an address for receipts: what they bring is kept already, and starts no conversation."""
        aliases = self.env["res.company"].sudo().search([]).dunning_receipt_alias_id
        return [route for route in routes if route[1] or route[4] not in aliases]


def _get_body(content):
    return split_head(content)[1]
