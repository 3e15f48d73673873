"""Searching, sorting and grouping invoices by the projection say what the fields say."""

from datetime import timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon

FIELDS = ["dunning_state", "dunning_level_id", "dunning_next_level_id", "dunning_next_date"]


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestInvoiceList(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls.make_user("list billing", "account.group_account_invoice")

    def setUp(self):
        super().setUp()
        self.in_progress, self.scheduled = self.make_invoice(days=6), self.make_invoice(days=1)
        self.held = self.make_invoice(days=6, partner=self.make_customer("Held"))
        self.formal = self.make_invoice(days=40, partner=self.make_customer("Formal"))
        self.paid = self.make_invoice(days=6, partner=self.make_customer("Paid"))
        self.never = self.make_invoice(days=-20, partner=self.make_customer("Not due"))
        self.draft = self.make_invoice(days=6, partner=self.make_customer("Draft"))
        self.halves = self.make_halves()
        self.night()
        self.window()
        older = self.env["account.dunning.item"].search([("move_id", "=", self.halves.id)], order="date_due", limit=1)
        for item, level in ((self.item(self.formal), self.formal_level), (older, self.policy.level_ids[1])):
            self.env["account.dunning.level.change"].create(
                {"item_id": item.id, "to_level_id": level.id, "reason": "as agreed"}
            )
        self.pay(self.paid)
        self.draft.button_draft()
        self.held.with_user(self.billing).with_context(dunning_hold_kind="pause").action_dunning_hold()
        self.env["account.dunning.hold"].create(
            {"case_id": self.item(self.held).case_id.id, "kind": "pause", "pause_reason": "other"}
        )
        self.night_again()
        self.mine = self.in_progress | self.scheduled | self.held | self.formal | self.paid | self.never
        self.mine |= self.draft | self.halves
        self.moves = self.env["account.move"].with_user(self.billing)
        self.domain = [("id", "in", self.mine.ids)]

    @property
    def formal_level(self):
        return self.policy.level_ids[2]

    def make_halves(self):
        """Half due long ago, half due lately: two items of one invoice at two levels."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 40}),
                ],
            }
        )
        return self.make_invoice(
            partner=self.make_customer("Halves"),
            invoice_date=TODAY - timedelta(days=46),
            invoice_payment_term_id=terms.id,
        )

    def night_again(self):
        with self.on(1):
            self.night()
        self.env.invalidate_all()

    def key(self, move, name):
        value = move[name]
        return value.id if name.endswith("_id") else value

    def test_the_states_are_all_there(self):
        expected = dict.fromkeys(self.mine, "scheduled")
        expected |= {self.in_progress: "in_progress", self.held: "on_hold", self.formal: "formal_notice"}
        expected |= {self.paid: "done", self.halves: "in_progress", self.draft: self.draft.dunning_state}
        self.assertEqual({move: move.dunning_state for move in self.mine}, expected)

    def test_the_highest_of_several_levels_counts(self):
        self.assertEqual(self.halves.dunning_level_id, self.policy.level_ids[1])
        self.assertIn(self.halves, self.moves.search([("dunning_level_id", "=", self.policy.level_ids[1].id)]))

    def test_groups_count_what_the_fields_say(self):
        for name in FIELDS:
            spec = f"{name}:day" if name == "dunning_next_date" else name
            expected = {}
            for move in self.mine:
                expected[self.key(move, name)] = expected.get(self.key(move, name), 0) + 1
            found = {
                getattr(value, "id", value): count
                for value, count in self.moves._read_group(self.domain, [spec], ["__count"])
            }
            self.assertEqual(found, expected, name)

    def test_each_group_opens_on_its_own_invoices(self):
        for name in FIELDS:
            spec = f"{name}:day" if name == "dunning_next_date" else name
            for group in self.moves.formatted_read_group(self.domain, [spec], ["__count"]):
                found = self.moves.search(self.domain + group["__extra_domain"])
                self.assertEqual(len(found), group["__count"], (name, group))
                self.assertEqual(len({self.key(move, name) for move in found}), 1, (name, group))

    def test_invoices_sort_by_their_next_step(self):
        found = self.moves.search(
            [*self.domain, ("dunning_next_date", "!=", False)], order="dunning_next_date desc, id"
        )
        dates = found.mapped("dunning_next_date")
        self.assertEqual(dates, sorted(dates, reverse=True))
        self.assertGreater(len(set(dates)), 1)

    def test_levels_are_found_by_name_and_dates_by_comparison(self):
        self.assertIn(self.in_progress, self.moves.search([*self.domain, ("dunning_level_id", "ilike", "level 1")]))
        self.assertNotIn(self.formal, self.moves.search([*self.domain, ("dunning_level_id", "ilike", "level 1")]))
        later = self.moves.search([*self.domain, ("dunning_next_date", ">", TODAY)])
        self.assertEqual(later, self.mine.filtered(lambda m: m.dunning_next_date and m.dunning_next_date > TODAY))
        without = self.moves.search([*self.domain, ("dunning_level_id", "=", False)])
        self.assertEqual(
            without, self.mine.filtered(lambda move: not move.dunning_level_id).sorted(lambda m: m.id) & without
        )
        self.assertEqual(len(without), len(self.mine.filtered(lambda move: not move.dunning_level_id)))

    def test_the_page_of_an_invoice_tells_only_of_this_invoice(self):
        self.env["account.dunning.contact"].create(
            {"case_id": self.item(self.in_progress).case_id.id, "kind": "call", "note": "Will look"}
        )
        events = self.in_progress.with_user(self.billing).get_dunning_timeline()
        self.assertEqual({event["kind"] for event in events}, {"Notice", "Delivery", "Contact"})
        others = self.scheduled.with_user(self.billing).get_dunning_timeline()
        self.assertEqual({event["kind"] for event in others}, {"Contact"})
        paid = self.paid.with_user(self.billing).get_dunning_timeline()
        self.assertIn("Payment", {event["kind"] for event in paid})
