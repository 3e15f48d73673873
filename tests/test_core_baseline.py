from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_dunning.core.baseline import is_old, reached
from odoo.addons.account_dunning.core.claims import Claim
from odoo.addons.account_dunning.core.escalation import FORMAL_NOTICE, PREVIOUS_NOTICE, Item, Level, Policy, Step

DUE = date(2026, 3, 1)


class TestCoreBaseline(BaseCase):
    def reached(self, days, *levels):
        found = reached(Policy(1, levels), DUE, DUE + timedelta(days=days))
        return found and found.id

    def test_each_debt_as_far_as_its_reminders_would_have_come(self):
        ladder = (Level(1, 1, delay_days=5), Level(2, 2, delay_days=15), Level(3, 3, FORMAL_NOTICE, delay_days=35))
        for days, level in ((4, None), (5, 1), (14, 1), (15, 2), (35, 2), (4000, 2)):
            self.assertEqual(self.reached(days, *ladder), level, days)

    def test_days_after_the_previous_notice_add_up(self):
        ladder = (Level(1, 1, delay_days=5), Level(2, 2, delay_days=10, delay_basis=PREVIOUS_NOTICE))
        self.assertEqual((self.reached(14, *ladder), self.reached(15, *ladder)), (1, 2))

    def test_a_ladder_without_reminders_has_no_baseline(self):
        self.assertIsNone(self.reached(400, Level(1, 1, FORMAL_NOTICE, delay_days=5)))
        self.assertIsNone(self.reached(400))

    def test_old_is_what_is_claimed_was_never_reminded_and_is_older_than_the_days(self):
        today, claim = DUE + timedelta(days=61), Claim(Decimal(100))
        for item, step, old in (
            ({}, claim, True),
            ({"due_date": DUE + timedelta(days=1)}, claim, False),
            ({"stage": "reminder"}, claim, False),
            ({"excluded": "never"}, claim, False),
            ({"due_date": None}, claim, False),
            ({}, Claim(Decimal(100), credit=Decimal(100)), False),
        ):
            item = Item(**{"id": 1, "due_date": DUE, "residual": Decimal(100), **item})
            self.assertEqual(is_old(item, Step(1, "due", step), today, 60), old, item)
