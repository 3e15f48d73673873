"""The issuing job: notices are rechecked, frozen, dated and numbered, then their letters are made and kept."""

import hashlib
import logging

from odoo import api, models
from odoo.tools import SQL

from ..core.escalation import REMINDER
from .one_at_a_time import one_at_a_time

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
                self.with_company(company)._issue_company(company)
            self.env.ref("account_dunning.ir_cron_deliver")._trigger()
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _issue_company(self, company):
        self._finish_documents(company)
        seen = self.env["account.dunning.notice"]
        while batch := self._select(company, seen):
            seen |= batch
            self._issue(company, batch)

    @api.model
    def _select(self, company, seen):
        """The next batch within the cap: approved first, then the highest stage, then the largest claim."""
        room = BATCH
        if company.dunning_nightly_cap:
            room = min(room, company.dunning_nightly_cap - self._count_issued_today(company))
        if room <= 0:
            return seen.browse()
        return seen.search(
            [*self._get_domain(company), ("id", "not in", seen.ids)],
            limit=room,
            order="state DESC, amount_claimed DESC, id",
        )

    @api.model
    def _count_issued_today(self, company):
        domain = [("company_id", "=", company.id), ("date_issued", "=", company._dunning_today())]
        return self.env["account.dunning.notice"].search_count(domain)

    @api.model
    def _get_domain(self, company):
        """Formal notices stop at approved: their letter is not complete yet."""
        today = company._dunning_today()
        return [
            ("company_id", "=", company.id),
            ("stage", "=", REMINDER),
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
    def _issue(self, company, notices):
        """One batch: recheck, freeze and commit; then documents and deliveries, and commit."""
        notices = self._recheck(company, notices.try_lock_for_update())
        notices = self._keep_reachable(notices)
        self._freeze(company, notices)
        self.env["ir.cron"]._commit_progress()
        self._store_documents(notices)
        self.env["ir.cron"]._commit_progress(len(notices))

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
    def _freeze(self, company, notices):
        today = company._dunning_today()
        for notice, number in zip(notices, self._draw_numbers(company, len(notices)), strict=True):
            notice.write(notice._prepare_frozen_vals(number, today))

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
        domain = [("company_id", "=", company.id), ("state", "=", "issued"), ("document_id", "=", False)]
        notices = self.env["account.dunning.notice"].search(domain)
        for start in range(0, len(notices), BATCH):
            self._store_documents(notices[start : start + BATCH])
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _store_documents(self, notices):
        """Make the letters, keep their bytes, and queue the deliveries."""
        documents = self.env["account.dunning.document"]._render(notices)
        for notice, content in documents.items():
            attachment = self.env["ir.attachment"].create(
                {
                    "name": f"{notice.name.replace('/', '-')}.pdf",
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": notice._name,
                    "res_id": notice.id,
                }
            )
            notice.write({"document_id": attachment.id, "document_sha256": hashlib.sha256(content).hexdigest()})
            notice._create_deliveries()
