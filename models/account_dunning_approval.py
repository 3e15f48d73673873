"""Who approved what: one manager, and from an amount on a second one."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools.misc import format_datetime

from .account_dunning_notice import PENDING


class Approval(NamedTuple):
    """`approved`: notices; `first`: what now waits for a second person; `refusals`: what was not approved, and why.

    `late`: drafts that claim after the limitation date, for which no manager has given a reason yet.
    """

    approved: models.Model
    first: list
    refusals: list
    late: models.Model


class AccountDunningApproval(models.AbstractModel):
    _name = "account.dunning.approval"
    _description = "Dunning Approval"

    @api.model
    def _approve(self, notices):
        """Approve the drafts among them as the current user, or approve them as the first of two."""
        late = self._get_late(notices)
        notices -= late
        by_two = notices.filtered(lambda notice: notice.needs_second_approval and not self._is_second_person(notice))
        incomplete = self._find_incomplete(notices)
        drafts = notices.filtered(lambda notice: notice.state == "draft" and notice not in incomplete)
        for notice in drafts - by_two:
            notice.sudo().write({**self._prepare_approval(notice), "state": "approved"})
        first = (drafts & by_two).filtered(lambda notice: not notice.first_approved_by)
        for notice in first:
            notice.sudo().write(self._prepare_first_approval(notice))
        (drafts - by_two)._finish_approval_tasks()
        refused = notices - first - (drafts - by_two)
        refusals = [incomplete.get(notice) or self._say_refusal(notice) for notice in refused]
        return Approval(drafts - by_two, [self._say_first(notice) for notice in first], refusals, late)

    @api.model
    def _get_late(self, notices):
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        unexplained = self.env["account.dunning.limitation"]._get_unexplained(drafts)
        return drafts.filtered(lambda notice: notice in unexplained)

    @api.model
    def _find_incomplete(self, notices):
        """{draft: what keeps its letter from leaving}: nobody approves what cannot go."""
        completeness = self.env["account.dunning.completeness"].sudo()
        found = {}
        for notice in notices.filtered(lambda notice: notice.state == "draft"):
            if points := completeness._find(notice.sudo()):
                found[notice] = f"{notice.partner_id.name}: {completeness._say(points)}"
        return found

    @api.model
    def _say_first(self, notice):
        return self.env._("%s: approved by you, now waits for a second person.", notice.partner_id.name)

    @api.model
    def _say_refusal(self, notice):
        if notice.state != "draft":
            return self._say_state(notice)
        return self.env._(
            "%s: you approved it already. Because of its amount another manager approves it too.",
            notice.partner_id.name,
        )

    @api.model
    def _is_second_person(self, notice):
        return notice.first_approved_by and notice.first_approved_by != self.env.user

    @api.model
    def _prepare_approval(self, notice):
        return {
            "approved_by": self.env.uid,
            "approved_at": fields.Datetime.now(),
            "approved_lines": notice._get_claims(),
            "reason": False,
        }

    @api.model
    def _prepare_first_approval(self, notice):
        return {
            "first_approved_by": self.env.uid,
            "first_approved_at": fields.Datetime.now(),
            "approved_lines": notice._get_claims(),
        }

    @api.model
    def _say_state(self, notice):
        """What became of a notice, for somebody who still sees it as a draft."""
        name = notice.partner_id.name
        if notice.state == "cancelled":
            return self.env._("%(customer)s: already cancelled. %(reason)s", customer=name, reason=notice.reason or "")
        if notice.approved_by:
            return self.env._(
                "%(customer)s: already approved by %(user)s on %(time)s.",
                customer=name,
                user=notice.approved_by.name,
                time=format_datetime(self.env, notice.approved_at, dt_format="short"),
            )
        return self.env._("%s: already issued.", name)

    @api.model
    def _say_waiting(self, notice):
        """Why a draft that was approved once is a draft still, or again."""
        if notice.state != "draft" or not notice.first_approved_by:
            return notice.reason if notice.state == "draft" else ""
        return self.env._(
            "Approved by %(user)s on %(time)s; waits for a second person.",
            user=notice.first_approved_by.name,
            time=format_datetime(self.env, notice.first_approved_at, dt_format="short"),
        )

    @api.model
    def _get_settled(self, notices):
        """[what became of it] of each notice that can no longer be refused."""
        return [self._say_state(notice) for notice in notices if notice.state not in PENDING]
