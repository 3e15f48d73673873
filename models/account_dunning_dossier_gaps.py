"""What a complete dossier would have and this one lacks: each by its name, with what to do about it."""

from odoo import api, models

from ..core.dossier import Missing
from .account_dunning_channel import LETTERS

AGREED, DELIVERED = ("order", "contract"), ("delivery_note", "acceptance")
FORMAL = ("formal_notice", "last_notice")


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    @api.model
    def _find_gaps(self, asked, sources):
        return [
            *self._find_party_gaps(asked),
            *self._find_annex_gaps(asked),
            *self._find_book_gaps(asked),
            *self._find_notice_gaps(asked),
            *(gap for notice in asked.notices for gap in self._find_delivery_gaps(notice)),
        ]

    @api.model
    def _find_party_gaps(self, asked):
        gaps, partner, own = [], asked.case.partner_id, asked.case.company_id.partner_id
        if not own.company_registry:
            gaps.append(
                Missing(self.env._("SIREN of the creditor"), self.env._("Enter the company ID in the company's form."))
            )
        if partner.is_company and not partner.company_registry:
            gaps.append(
                Missing(self.env._("SIREN of the debtor"), self.env._("Enter the company ID in the customer's form."))
            )
        if not (partner.street and partner.city):
            gaps.append(
                Missing(self.env._("Address of the debtor"), self.env._("Complete the address in the customer's form."))
            )
        return gaps

    @api.model
    def _find_annex_gaps(self, asked):
        """Of what is still owed."""
        documents = self._get_documents(asked) & self._get_owed_moves(asked)
        found = self.env["account.dunning.enclosures"]._find_annexes(documents)
        kinds = {move: set(found[move.id].mapped("kind")) if move.id in found else set() for move in documents}
        remedy = self.env._("Add it to the invoice, under its supporting documents.")
        gaps = []
        for wanted, title in (
            (AGREED, self.env._("Contract or order of: %s")),
            (DELIVERED, self.env._("Signed delivery note or acceptance of: %s")),
        ):
            lacking = [move.name for move in documents if not kinds[move].intersection(wanted)]
            if lacking:
                gaps.append(Missing(title % ", ".join(lacking), remedy))
        return gaps

    @api.model
    def _get_owed_moves(self, asked):
        return self.env["account.move"].union(*(row.line.move_id for row in asked.debt.rows))

    @api.model
    def _find_book_gaps(self, asked):
        gaps = []
        for move in self._get_moves(asked) - self._get_documents(asked):
            title = self.env._("Document behind the entry %s", move.name)
            gaps.append(Missing(title, self.env._("Hand over the invoice of the former software with the dossier.")))
        gaps += [Missing(self.env._("Computation of the interest"), sentence) for sentence in asked.debt.unknown]
        return gaps

    @api.model
    def _find_notice_gaps(self, asked):
        if asked.notices.filtered(lambda notice: notice.level_id.stage in FORMAL and notice.date_left):
            return []
        return [
            Missing(
                self.env._("Formal notice"),
                self.env._("None has left: send one before the claim is pursued, interest and costs may depend on it."),
            )
        ]

    @api.model
    def _find_delivery_gaps(self, notice):
        gaps = []
        if not notice.document_id:
            title = self._name_notice(notice, self.env._("letter"))
            gaps.append(Missing(title, self.env._("The letter was never made: open the notice, it says why.")))
        for delivery in self._get_left(notice):
            gaps += self._find_proof_gaps(delivery)
            gaps += self._find_erased(delivery)
        return gaps

    @api.model
    def _find_erased(self, delivery):
        """Their records stay in the chain."""
        kinds = dict(delivery.proof_ids._fields["kind"]._description_selection(self.env))
        erased = delivery.proof_ids.filtered(lambda proof: proof.is_erased and proof.sha256).sorted("id")
        return [
            Missing(
                self._name_notice(delivery.notice_id, self.env._("proof, %s", kinds[proof.kind].lower())),
                self.env._(
                    "Erased, as the chain of proofs says: its record %s is told without its file.", proof.sequence
                ),
                proof.sha256,
            )
            for proof in erased
        ]

    @api.model
    def _find_proof_gaps(self, delivery):
        name = f"{delivery.notice_id.name}, {delivery.channel_id.name}"
        gaps = []
        if delivery.method not in LETTERS and delivery.date_left and not delivery.content_id:
            gaps.append(
                Missing(self.env._("%s: what was sent", name), self.env._("It was not kept: ask the provider for it."))
            )
        if delivery.method == "registered_letter" and not delivery.tracking_number:
            gaps.append(
                Missing(
                    self.env._("%s: number of the registered letter", name),
                    self.env._("Enter it on the delivery, from the receipt of deposit."),
                )
            )
        if delivery.method == "registered_letter" and not self._get_files(delivery):
            gaps.append(
                Missing(
                    self.env._("%s: receipt of deposit and acknowledgement of receipt", name),
                    self.env._("Scan both and add them to the delivery."),
                )
            )
        if delivery.missing_proofs and delivery.method != "registered_letter":
            gaps.append(
                Missing(
                    self.env._("%(delivery)s: %(proofs)s", delivery=name, proofs=delivery.missing_proofs),
                    self.env._("Fetch it from the provider, or add it to the delivery."),
                )
            )
        if delivery.state == "uncertain":
            gaps.append(
                Missing(
                    self.env._("%s: whether it left", name),
                    self.env._("Ask the provider, and settle it on the delivery."),
                )
            )
        return gaps
