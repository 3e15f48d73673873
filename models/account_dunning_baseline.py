"""The first day of dunning: where the debts start that are older than the switch."""

from odoo import Command, api, models

from ..core import baseline


class AccountDunningBaseline(models.AbstractModel):
    _name = "account.dunning.baseline"
    _description = "Dunning Baseline"

    @api.model
    def _find(self, company, days):
        """[(item, its core policy or None)] of what fell due more than `days` days ago and reached no level yet.

        Their items and cases are made where they do not exist; no notice is.
        """
        today = company._dunning_today()
        night = self.env["account.dunning.night"]
        return [
            (item, decision.policy)
            for partner_ids in self.env["account.dunning.run"]._get_chunks(company)
            for decision in night._decide_partners(company, partner_ids, prepare=False)
            for item, step in self._pair(decision)
            if baseline.is_old(item, step, today, days)
        ]

    @api.model
    def _pair(self, decision):
        steps = {step.item_id: step for step in decision.steps}
        return [(item, steps[item.id]) for item in decision.standing.items]

    @api.model
    def _raise_levels(self, company, found):
        """Level changes dated today: each debt as far as its reminders would have come, never further."""
        today = company._dunning_today()
        reached = [(item.id, policy and baseline.reached(policy, item.due_date, today)) for item, policy in found]
        return self.env["account.dunning.level.change"].create(
            [
                {"item_id": item_id, "to_level_id": level.id, "date": today, "reason": self.env._("Baseline")}
                for item_id, level in reached
                if level
            ]
        )

    @api.model
    def _pause(self, company, found, until):
        """One pause a case, so that somebody looks at its old debts by the day `until`."""
        items = self.env["account.dunning.item"].browse([item.id for item, _policy in found])
        return self.env["account.dunning.hold"].create(
            [
                {
                    "case_id": case.id,
                    "item_ids": [Command.set(of_case.ids)],
                    "kind": "pause",
                    "pause_reason": "other",
                    "date_from": company._dunning_today(),
                    "date_until": until,
                    "user_id": case._get_task_owner().id or self.env.uid,
                    "note": self.env._("Old debt: to be looked at before dunning starts"),
                }
                for case, of_case in items.filtered("case_id").grouped("case_id").items()
            ]
        )
