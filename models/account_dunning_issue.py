"""The issuing job: notices are rechecked, frozen, dated and numbered, then their letters are made and kept."""

import hashlib
import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.escalation import REMINDER, STAGES
from .one_at_a_time import one_at_a_time
from .retried import attempted, attempted_each, retried

_logger = logging.getLogger(__name__)
BATCH = 100


class AccountDunningIssue(models.AbstractModel):
    _name = "account.dunning.issue"
    _description = "Dunning Issue"

    @api.model
    def _cron_issue(self):
        """Issue in the sending window of each company in mode `send`, then wake the sending job."""
        with one_at_a_time(self.env, "issue") as alone:
            if not alone:
                return
            for company in self.env["res.company"]._get_dunning_senders():
                attempted(self.env, self.with_company(company)._issue_company, company)
            self.env.ref("account_dunning.ir_cron_deliver")._trigger()
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _issue_company(self, company):
        """Batch by batch; one that fails is done notice by notice, so that the bad one stops no other."""
        attempted(self.env, self._finish_documents, company)
        waiting = self._get_waiting(company)
        while batch := waiting[: self._get_room(company)]:
            waiting = waiting[len(batch) :]
            attempted_each(self.env, self._issue_batch, company, batch)
        attempted(self.env, self._tell_cap, waiting)

    @api.model
    def _get_waiting(self, company):
        """What may be issued, in the order of the cap: approved, then the highest stage, then the largest claim."""
        read = ["state", "stage", "amount_claimed", "currency_id"]
        notices = self.env["account.dunning.notice"].search_fetch(self._get_domain(company), read)
        today = company._dunning_today()
        rates = {
            currency: currency._convert(1.0, company.currency_id, company, today, round=False)
            for currency in notices.currency_id
        }
        return notices.sorted(
            lambda notice: (
                notice.state != "approved",
                -STAGES.index(notice.stage),
                -notice.amount_claimed * rates[notice.currency_id],
                notice.id,
            )
        )

    @api.model
    def _get_room(self, company):
        """How many notices the next batch may have."""
        if not company.dunning_nightly_cap:
            return BATCH
        return max(0, min(BATCH, company.dunning_nightly_cap - self._count_issued_today(company)))

    @api.model
    def _tell_cap(self, left_over):
        reason = self.env._("The number of notices a day was reached")
        left_over.filtered(lambda notice: notice.reason != reason).reason = reason
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _count_issued_today(self, company):
        domain = [("company_id", "=", company.id), ("date_issued", "=", company._dunning_today())]
        return self.env["account.dunning.notice"].search_count(domain)

    @api.model
    def _get_domain(self, company):
        """What is approved or needs no approval; in the quiet periods no formal notice."""
        today = company._dunning_today()
        stages = [REMINDER] if company._is_quiet(today) else list(STAGES)
        return [
            ("company_id", "=", company.id),
            ("stage", "in", stages),
            "|",
            ("date_not_before", "=", False),
            ("date_not_before", "<=", today),
            "|",
            ("state", "=", "approved"),
            "&",
            ("state", "=", "draft"),
            ("own_level_id", "=", False),
        ]

    @api.model
    def _issue_batch(self, company, notices):
        issued = retried(self.env, self._issue, company, notices)
        retried(self.env, self._make_documents, issued)
        attempted_each(self.env, self._write_mails, issued)

    @api.model
    def _issue(self, company, notices):
        """Recheck, freeze and commit; the notices that are issued now."""
        notices = self._recheck(company, notices.try_lock_for_update())
        notices = self._keep_reachable(notices)
        notices = self._keep_known(company, notices)
        notices = self.env["account.dunning.limitation"]._keep_claimable(notices)
        letters = self._keep_complete(company, notices)
        self._freeze(company, letters)
        self.env["ir.cron"]._commit_progress()
        return self.env["account.dunning.notice"].union(*letters)

    @api.model
    def _make_documents(self, notices):
        self._store_documents(notices)
        self.env["ir.cron"]._commit_progress(len(notices))

    @api.model
    def _write_mails(self, notices):
        """Ready to leave; what fails here is tried again by the sending job."""
        mails = notices.delivery_ids.filtered(lambda delivery: delivery.method == "email")
        self.env["account.dunning.mail"]._write_out(mails)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _recheck(self, company, notices):
        """Decide anew for the customers of these notices; what is still to go."""
        if not notices:
            return notices
        customers = notices.partner_id
        decisions = self.env["account.dunning.night"]._decide_partners(company, customers.ids)
        open_cases = {decision.standing.case_id for decision in decisions}
        settled = notices.filtered(lambda notice: notice.case_id.id not in open_cases)
        settled._cancel(self.env._("Paid or settled"))
        return notices.filtered_domain(self._get_domain(company))

    @api.model
    def _keep_reachable(self, notices):
        """Without any channel that reaches the customer nothing is numbered: somebody looks for an address."""
        unreachable = notices.filtered(lambda notice: not notice._get_leading_channel())
        for notice in unreachable:
            notice.reason = self.env._("No address for any channel")
            notice.case_id._raise_task("find_address")
        return notices - unreachable

    @api.model
    def _keep_known(self, company, notices):
        """Those whose interest is known, with their figures; the others wait, and the last run names them."""
        unknown = self.env["account.dunning.charge"]._charge(company, notices, company._dunning_today())
        self._let_wait(company, unknown)
        return notices.filtered(lambda notice: notice not in unknown)

    @api.model
    def _keep_complete(self, company, notices):
        """{notice: its letter} of those whose letter has all it needs; the others wait, and the last run names them."""
        letters = self.env["account.dunning.letter"]._compose(notices, company._dunning_today())
        incomplete = self._find_incomplete(letters)
        self._let_wait(company, incomplete)
        return {notice: letter for notice, letter in letters.items() if notice not in incomplete}

    @api.model
    def _compose_complete(self, company, notices):
        """{notice: its letter}; an error that says what is missing where one lacks anything."""
        letters = self.env["account.dunning.letter"]._compose(notices, company._dunning_today())
        incomplete = self._find_incomplete(letters)
        if incomplete:
            raise UserError("\n".join(incomplete.values()))
        return letters

    @api.model
    def _find_incomplete(self, letters):
        """{notice: what keeps its letter from leaving}"""
        completeness = self.env["account.dunning.completeness"]
        points = {notice: completeness._get_points(notice, letter) for notice, letter in letters.items()}
        return {notice: completeness._say(found) for notice, found in points.items() if found}

    @api.model
    def _let_wait(self, company, reasons):
        for notice, reason in reasons.items():
            notice.reason = reason
        messages = [f"{notice.partner_id.name}: {reason}" for notice, reason in reasons.items()]
        self.env["account.dunning.run"]._tell(company, messages)

    @api.model
    def _issue_now(self, company, notices):
        """By hand, in the transaction of whoever asked; the figures were decided in it."""
        if len(notices.try_lock_for_update()) < len(notices):
            raise UserError(self.env._("This notice is being issued right now: look at it again in a minute."))
        unknown = self.env["account.dunning.charge"]._charge(company, notices, company._dunning_today())
        if unknown:
            raise UserError("\n".join(unknown.values()))
        self.env["account.dunning.limitation"]._check_claimable(notices)
        self.env["account.dunning.copies"]._make_for(notices)
        letters = self._compose_complete(company, notices)
        self._freeze(company, letters)
        self._store_documents(notices)
        failed = notices.filtered(lambda notice: not notice.document_id)
        if failed:
            raise UserError(failed[0].reason)

    @api.model
    def _freeze(self, company, letters):
        numbers = self._draw_numbers(company, len(letters))
        for (notice, letter), number in zip(letters.items(), numbers, strict=True):
            notice.write(letter.numbered(number))

    @api.model
    def _draw_numbers(self, company, count):
        """`count` numbers of the company's sequence with one query; one nobody uses is a gap, never a double."""
        if not count:
            return []
        sequence = company._get_dunning_sequence()
        numbers = self.env.execute_query(
            SQL(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(number) for (number,) in numbers]

    @api.model
    def _finish_documents(self, company):
        """Issued notices whose letter was not made yet: an earlier job was killed in between."""
        today = [("company_id", "=", company.id), ("date_issued", ">", company._dunning_last_day_over())]
        notices = self.env["account.dunning.notice"].search(
            [*today, ("state", "=", "issued"), ("document_id", "=", False)]
        )
        for start in range(0, len(notices), BATCH):
            self._store_documents(notices[start : start + BATCH])
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _store_documents(self, notices):
        """Make letters and e-mail texts, keep their bytes, and queue the deliveries."""
        documents = self.env["account.dunning.document"]._render(notices)
        attachments = self.env["ir.attachment"].create(
            [self._prepare_document_vals(notice, content) for notice, content in documents.items()]
        )
        for attachment, (notice, content) in zip(attachments, documents.items(), strict=True):
            notice.write(
                {
                    "document_id": attachment.id,
                    "document_sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        notices.filtered("document_id")._create_deliveries()

    @api.model
    def _prepare_document_vals(self, notice, content):
        return {
            "name": f"{notice.name.replace('/', '-')}.pdf",
            "raw": content,
            "mimetype": "application/pdf",
            "res_model": notice._name,
            "res_id": notice.id,
        }
