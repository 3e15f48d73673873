"""Letters that somebody asks for by hand: decided as by the night, issued at once, delivered as chosen."""

from dataclasses import replace
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError

from ..core.by_hand import NOT_OVERDUE, ByHand, by_hand
from ..core.escalation import Decision


class Asked(NamedTuple):
    """What may go of one decision, and the rows of the ledger that it was made from."""

    decision: Decision
    answer: ByHand
    rows: dict


class AccountDunningByHand(models.AbstractModel):
    _name = "account.dunning.by.hand"
    _description = "Dunning by Hand"

    # === What would go === #

    @api.model
    def _look(self, company, moves, all_open=False, repeat=False):
        """What would go for these invoices, or for all that their customers owe; nothing is written."""
        ledger, standings = self.env["account.dunning.standing"]._look(company, moves.commercial_partner_id.ids)
        return self._ask(ledger, standings, moves, all_open, repeat)

    @api.model
    def _ask(self, ledger, standings, moves, all_open, repeat):
        rows = standings.rows_by_item
        chosen = {item_id for item_id, row in rows.items() if row["move_id"] in set(moves.ids)}
        asked = []
        for decision in standings.decisions:
            wanted = None if all_open else chosen
            answer = by_hand(decision, ledger.today, wanted, repeat)
            if all_open:
                answer = replace(answer, refused=tuple(step for step in answer.refused if step.reason != NOT_OVERDUE))
            asked.append(Asked(decision, answer, rows))
        return [one for one in asked if one.answer.notices or one.answer.refused]

    @api.model
    def _get_copies(self, moves):
        """The issued notices whose letter claims the level that these invoices have, or that is under way."""
        lines = self.env["account.dunning.notice.line"].search(
            [
                ("item_id.move_id", "in", moves.ids),
                ("role", "=", "claimed"),
                ("live", "=", True),
                ("notice_id.state", "=", "issued"),
                ("notice_id.document_id", "!=", False),
            ]
        )
        present = lines.filtered(lambda line: not line.notice_id.date_left or line.level_id == line.item_id.level_id)
        return present.notice_id

    # === What goes === #

    @api.model
    def _issue(self, company, moves, all_open=False, repeat=False, channel=None, date_letter=None):
        """(issued notices with their letters, notices that wait for approval); dated `date_letter` if that is later."""
        ledger, standings = self._decide(company, moves)
        notices = self.env["account.dunning.notice"]
        for asked in self._ask(ledger, standings, moves, all_open, repeat):
            notices |= self._write_notices(ledger, standings, asked, repeat)
        waiting = notices.filtered("own_level_id")
        issued = notices - waiting
        issued.write({"channel_id": channel.id if channel else False, "date_letter": date_letter})
        self.env["account.dunning.issue"]._issue_now(company, issued)
        self.env["account.dunning.night"]._refresh(company, notices.partner_id)
        return issued, waiting

    @api.model
    def _decide(self, company, moves):
        standing, projection = self.env["account.dunning.standing"], self.env["account.dunning.projection"]
        ledger = standing._read(company, moves.commercial_partner_id.ids)
        projection._number_items(ledger)
        projection._open_cases(ledger)
        standings = standing._decide(ledger)
        projection._project(ledger, standings)
        return ledger, standings

    @api.model
    def _write_notices(self, ledger, standings, asked, repeat):
        if repeat:
            self._begin_round(asked)
        decision = replace(asked.decision, notices=asked.answer.notices)
        notices = self.env["account.dunning.preparation"]._prepare_by_hand(ledger, standings, decision)
        notices.repeats = repeat
        return notices

    @api.model
    def _begin_round(self, asked):
        """The level reached is claimed once more: in a new round, since once a round is all that the index allows."""
        going = {step.item_id for notice in asked.answer.notices for step in notice.steps}
        for item in self.env["account.dunning.item"].browse(going):
            item.round += 1
            asked.rows[item.id]["round"] = item.round
        self.env.flush_all()

    @api.model
    def _get_letter_channel(self, company):
        """The way by which a printed letter goes: one's own post."""
        channel = self.env["account.dunning.channel"].search(
            [("method", "=", "letter"), ("company_id", "in", [company.id, False])], order="company_id, id", limit=1
        )
        if not channel:
            raise UserError(self.env._("There is no channel for letters: restore it under Configuration, Channels."))
        return channel
