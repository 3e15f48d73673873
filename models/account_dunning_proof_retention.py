"""Until when a proof is kept, and the one way in which its file and what is personal in it end."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.chain import ERASURE

EMPTIED = ("addressee", "file_name", "note", "salt", "attachment_id", "is_erased")


class AccountDunningProofRetention(models.Model):
    _inherit = "account.dunning.proof"

    retain_until = fields.Date(
        string="Keep Until",
        compute="_compute_retention",
        compute_sudo=True,
        help="The last day of the years that the company keeps proofs, or of the claim's limitation if that is later. "
        "Empty while its case is open, and where it holds nothing to erase.",
    )
    is_due = fields.Boolean(
        string="Due for Erasure", compute="_compute_retention", search="_search_is_due", compute_sudo=True
    )
    erasure_ids = fields.One2many("account.dunning.erasure", "proof_id", string="Erasures", readonly=True)
    erased_under = fields.Integer(
        string="Erased under Record", compute="_compute_erased_under", help="The number of the record that says who."
    )

    @api.depends("received_at", "is_erased", "source", "case_id.state", "case_id.legal_hold")
    def _compute_retention(self):
        for proof in self:
            proof.retain_until = proof._get_last_day_kept()
            today = proof.company_id._dunning_today()
            is_over = proof.retain_until and proof.retain_until < today
            proof.is_due = is_over and not proof.case_id.legal_hold

    def _get_last_day_kept(self):
        """The day, or False while there is none."""
        if not self._has_content() or self.case_id.state == "open":
            return False
        years = relativedelta(years=self.company_id.dunning_proof_years)
        kept = self.company_id._dunning_local(self.received_at).date() + years
        limitations = self._get_claimed_items().mapped("limitation_date")
        return max([kept, *filter(None, limitations)])

    def _has_content(self):
        """Records of the software hold what somebody did: they stay, and go empty with the proof they are about."""
        return self.source != "record" and not self.is_erased

    def _get_claimed_items(self):
        return self.notice_id._get_claimed_lines().item_id

    def _search_is_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        candidates = self.sudo().search(self._get_old_enough())
        return [("id", "in", candidates.filtered("is_due").ids)]

    @api.model
    def _get_old_enough(self):
        shortest = min(self.env["res.company"].sudo().search([]).mapped("dunning_proof_years"), default=1)
        latest = fields.Datetime.now() - relativedelta(years=shortest)
        return [("source", "!=", "record"), ("is_erased", "=", False), ("received_at", "<=", latest)]

    @api.depends("is_erased", "refers_to")
    def _compute_erased_under(self):
        records = self.sudo().search([("refers_to", "in", self.mapped("uuid")), ("kind", "=", ERASURE)])
        numbers = {record.refers_to: record.sequence for record in records}
        for proof in self:
            proof.erased_under = numbers.get(proof.uuid, 0) if proof.is_erased else 0

    def action_ask_erasure(self):
        return self.env["account.dunning.erasure.wizard"]._open(self)

    # === May it be erased? === #

    def _check_erasable(self, ground):
        """`ground`: "retention", or "request" for that of a person (GDPR, article 17). UserError says why not."""
        for proof in self.sudo():
            reason = proof._find_obstacle(ground)
            if reason:
                raise UserError(f"{proof.display_name}: {reason}")

    def _find_obstacle(self, ground):
        if self.is_erased:
            return self.env._("it is erased already.")
        if self.source == "record":
            return self.env._("it is a record of what was done, and goes empty with the proof that it is about.")
        if not self.sequence:
            return self.env._("it waits to be sealed: try again in a few minutes.")
        if self.case_id.legal_hold:
            return self.env._("its case is under a legal hold.")
        if self.case_id.state == "open":
            return self.env._("its case is open.")
        if not self.is_due and ground != "request":
            return self.env._("it is kept until %s.", format_date(self.env, self.retain_until))
        if not self.is_due and not self._is_settled():
            return self.env._("what it claims is not settled: it may still be needed in court (GDPR, article 17.3 e).")
        return ""

    def _is_settled(self):
        """Nothing that its notice claims is open in the books; an orphan claims nothing."""
        lines = self._get_claimed_items().move_line_id
        return all(line.reconciled or line.parent_state != "posted" for line in lines)

    # === Erasing === #

    def _erase(self, note):
        """End its file and what is personal in it, as one record of the chain says; that record."""
        self.ensure_one()
        assigned = self.sudo().search([("refers_to", "=", self.uuid), ("kind", "=", "assignment")])
        for earlier in assigned:  # it names the addressee, too
            earlier._write_down(earlier.company_id, ERASURE, note, refers_to=earlier.uuid)
        record = self._write_down(self.company_id, ERASURE, note, refers_to=self.uuid)
        files = (self | assigned).sudo().attachment_id
        (self | assigned)._record_erased()
        files.unlink()
        return record

    def _record_erased(self):
        """By one statement, as everything of the ORM refuses it; what is sealed keeps its digests."""
        self.flush_recordset()
        erased = SQL(
            """
            UPDATE account_dunning_proof
               SET is_erased = TRUE, attachment_id = NULL, addressee = NULL, file_name = NULL, note = NULL, salt = NULL
             WHERE id = ANY(%s) AND sequence > 0 AND kind != %s
            """,
            list(self.ids),
            ERASURE,
        )
        self.env.cr.execute(erased)
        self.invalidate_recordset(EMPTIED, flush=False)
