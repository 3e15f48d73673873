from datetime import timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestWhichPolicy(DunningCommon):
    """The invoice's own policy, else the customer's, else the first whose conditions match, else the company's."""

    def make_conditional(self, **conditions):
        return self.make_policy([(5, "reminder")], name="Conditional", **conditions)

    def assert_policy(self, policy, **vals):
        invoice = self.make_invoice(**vals)
        self.night()
        self.assertEqual(self.item(invoice).next_level_id.policy_id, policy)

    def set_own(self, policy):
        self.customer.with_company(self.company).dunning_policy_id = policy

    def test_without_more_the_company_default_applies(self):
        self.assert_policy(self.policy)

    def test_a_condition_comes_before_the_default(self):
        tag = self.env["res.partner.category"].create({"name": "Key account"})
        self.customer.write({"category_id": tag, "country_id": self.env.ref("base.de").id, "debtor_kind": "public"})
        for conditions in (
            {"partner_category_ids": [Command.set(tag.ids)]},
            {"country_ids": [Command.set(self.env.ref("base.de").ids)]},
            {"debtor_kind": "public"},
        ):
            policy = self.make_conditional(**conditions)
            self.assert_policy(policy)
            policy.active = False

    def test_all_conditions_of_a_policy_must_match(self):
        self.customer.country_id = self.env.ref("base.de")
        self.make_conditional(country_ids=[Command.set(self.env.ref("base.de").ids)], debtor_kind="business")
        self.assert_policy(self.policy)

    def test_the_first_of_two_that_match_applies(self):
        self.customer.debtor_kind = "business"
        later = self.make_conditional(debtor_kind="business", sequence=20)
        first = self.make_conditional(debtor_kind="business", sequence=15)
        self.assert_policy(first)
        later.sequence = 5
        self.assert_policy(later)

    def test_a_customer_of_unknown_kind_is_a_consumer(self):
        self.customer.debtor_kind = False
        self.make_conditional(debtor_kind="business")
        consumer = self.make_conditional(debtor_kind="consumer")
        self.assert_policy(consumer)

    def test_the_own_policy_of_the_customer_comes_before_conditions(self):
        self.customer.debtor_kind = "business"
        self.make_conditional(debtor_kind="business")
        own = self.make_policy([(2, "reminder")])
        self.set_own(own)
        self.assert_policy(own)

    def test_the_own_policy_of_the_invoice_comes_first(self):
        self.set_own(self.make_policy([(2, "reminder")]))
        chosen = self.make_policy([(3, "reminder")])
        self.assert_policy(chosen, dunning_policy_id=chosen.id)

    def test_an_archived_policy_no_longer_applies(self):
        chosen, own = self.make_policy([(3, "reminder")]), self.make_policy([(2, "reminder")])
        self.set_own(own)
        chosen.active = own.active = False
        self.assert_policy(self.policy, dunning_policy_id=chosen.id)

    def test_no_policy_is_a_reason_of_its_own(self):
        self.company.dunning_policy_id = False
        invoice = self.make_invoice()
        self.night()
        self.assertEqual(self.item(invoice).reason, "no_policy")
        self.assertIn("no dunning policy applies", invoice.dunning_explanation)

    def test_a_changed_condition_counts_the_same_night(self):
        policy = self.make_conditional(debtor_kind="business")
        self.assert_policy(self.policy)
        policy.debtor_kind = "consumer"
        self.assert_policy(policy)

    def test_a_vendor_bill_is_never_dunned(self):
        bill = self.make_invoice(move_type="in_invoice", invoice_date=TODAY - timedelta(days=30))
        self.night()
        self.assertFalse(self.item(bill))
        self.assertFalse(bill.dunning_explanation)

    def test_the_first_level_must_not_count_from_a_notice_before_it(self):
        for basis in ("previous_notice", "response_date"):
            with self.assertRaisesRegex(ValidationError, "count its days after the due date"):
                self.env["account.dunning.policy"].create(
                    {
                        "name": "Upside down",
                        "company_id": self.company.id,
                        "level_ids": [
                            Command.create(
                                {"name": "L", "subject": "S", "channel_id": self.email.id, "delay_basis": basis}
                            )
                        ],
                    }
                )

    def test_archiving_the_first_level_does_not_leave_one_that_counts_from_a_notice(self):
        self.second.delay_basis = "previous_notice"
        with self.assertRaises(ValidationError):
            self.first.active = False

    def test_the_second_level_may_count_from_the_notice_before(self):
        self.second.write({"delay_basis": "previous_notice", "delay_days": 12})
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        self.night()
        self.assertEqual(self.item(invoice).next_date, TODAY + timedelta(days=12))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPolicyChanges(DunningCommon):
    """Another policy during the ladder: what is reached stays, what is pending follows."""

    def remind(self):
        self.night()
        self.window()

    def test_three_successive_levels_at_their_days(self):
        invoice = self.make_invoice(days=6)
        reached = []
        for days_later in (0, 10, 30):
            with self.on(days_later):
                self.remind()
                self.notices("draft").filtered("own_level_id").action_approve()
                self.notices("approved").write({"state": "issued"})
                self.notices("issued").filtered(lambda notice: not notice.date_left)._leave(self.today())
                reached.append(self.item(invoice).level_id)
        self.assertEqual(reached, [self.first, self.second, self.formal])

    def test_a_pending_draft_of_the_policy_before_is_superseded(self):
        invoice = self.make_invoice()
        self.night()
        old = self.notices("draft")
        other = self.make_policy([(1, "reminder")])
        invoice.dunning_policy_id = other
        self.night()
        self.assertEqual(old.state, "cancelled")
        self.assertEqual(self.notices("draft").policy_id, other)
        self.assertEqual(self.notices("draft").line_ids.move_id, invoice)

    def test_one_of_two_invoices_moves_and_the_other_stays(self):
        moved, stays = self.make_invoice(), self.make_invoice()
        self.night()
        old = self.notices("draft")
        other = self.make_policy([(1, "reminder")])
        moved.dunning_policy_id = other
        self.night()
        self.assertEqual(old.state, "draft")
        self.assertEqual(old.line_ids.move_id, stays)
        self.assertEqual((self.notices("draft") - old).line_ids.move_id, moved)

    def test_a_draft_whose_level_now_needs_approval_becomes_a_notice_of_its_own(self):
        self.make_invoice()
        self.night()
        old = self.notices("draft")
        self.first.approval = "manual"
        self.night()
        self.assertEqual(old.state, "cancelled")
        self.assertEqual(self.notices("draft").own_level_id, self.first)
        self.window()
        self.assertEqual(self.notices("draft").mapped("state"), ["draft"])

    def test_a_customer_who_is_now_approved_each_time_loses_the_automatic_draft(self):
        self.make_invoice()
        self.night()
        self.customer.with_company(self.company).dunning_approval = "each"
        self.night()
        self.assertEqual(self.notices("draft").own_level_id, self.first)
        self.customer.with_company(self.company).dunning_approval = "never"
        self.night()
        self.assertFalse(self.notices("draft"))

    def test_a_reached_level_is_kept_in_the_longer_ladder(self):
        invoice = self.make_invoice(days=60)
        self.remind()
        five = self.make_policy([(days, "reminder") for days in (5, 10, 15, 20)] + [(30, "formal_notice")])
        self.company.dunning_policy_id = five
        for weeks, level in ((1, five.level_ids[1]), (2, five.level_ids[2]), (3, five.level_ids[3])):
            with self.on(7 * weeks):
                self.remind()
                self.assertEqual(self.item(invoice).level_id, level)
        with self.on(28):
            self.night()
            self.assertEqual(self.notices("draft").own_level_id, five.level_ids[4])

    def test_a_shorter_ladder_goes_on_with_the_next_stage(self):
        long = self.make_policy([(days, "reminder") for days in (5, 10, 15)] + [(30, "formal_notice")])
        self.company.dunning_policy_id = long
        invoice = self.make_invoice(days=60)
        for weeks in range(3):
            with self.on(7 * weeks):
                self.remind()
        self.assertEqual(self.item(invoice).level_id, long.level_ids[2])
        self.company.dunning_policy_id = self.policy
        with self.on(21):
            self.night()
        self.assertEqual(self.notices("draft").own_level_id, self.formal)

    def test_an_archived_level_is_passed_over(self):
        self.second.active = False
        invoice = self.make_invoice(days=60)
        self.remind()
        with self.on(7):
            self.night()
        self.assertEqual(self.item(invoice).next_level_id, self.formal)

    def test_a_level_put_before_one_that_was_sent_lets_the_ladder_go_on(self):
        """After one reminder the second of the stage is next, which now is the one that was sent."""
        invoice = self.make_invoice(days=60)
        self.remind()
        self.first.copy({"sequence": 0, "policy_id": self.policy.id})
        with self.on(7):
            self.assertFalse(self.night().errors)
        self.assertEqual(self.notices("draft").level_id, self.first)
        with self.on(7):
            self.window()
        self.assertEqual(self.item(invoice).stage_count, 2)

    def test_two_levels_that_change_places_let_the_ladder_go_on(self):
        self.make_invoice(days=60)
        self.remind()
        self.first.sequence, self.second.sequence = self.second.sequence, self.first.sequence
        with self.on(7):
            self.assertFalse(self.night().errors)
            self.night()
        self.assertEqual(self.notices("draft").level_id, self.first)

    def test_another_order_while_a_draft_waits_makes_no_second_one(self):
        self.make_invoice(days=60)
        self.night()
        self.first.sequence, self.second.sequence = self.second.sequence, self.first.sequence
        for _night in range(3):
            self.assertFalse(self.night().errors)
        self.assertEqual(self.notices("draft").level_id, self.second)
        self.assertEqual(len(self.notices("draft").line_ids), 1)

    def test_archiving_the_level_of_a_draft_supersedes_it(self):
        self.make_invoice(days=60)
        self.night()
        self.first.active = False
        self.night()
        self.assertEqual(self.notices("draft").level_id, self.second)
        self.assertEqual(len(self.notices("draft").line_ids), 1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestThreeCurrencies(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro, cls.pound = (cls.make_currency(code, rate) for code, rate in (("EUR", 2), ("GBP", 4)))
        cls.currencies = cls.company.currency_id | cls.euro | cls.pound

    @classmethod
    def make_currency(cls, code, rate):
        """So many units are worth one of the company's."""
        currency = cls.setup_other_currency(code)
        currency.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            {"currency_id": currency.id, "name": "2020-01-01", "rate": rate, "company_id": cls.company.id}
        )
        return currency

    def make_three(self, amount=100, days=6):
        return [self.make_invoice(amount, days, currency_id=currency.id) for currency in self.currencies]

    def test_three_notices_in_one_night_and_amounts_that_never_add_up(self):
        self.make_three()
        self.night()
        self.assertEqual(self.notices("draft").currency_id, self.currencies)
        self.assertEqual(self.notices("draft").mapped("amount_total"), [100, 100, 100])
        self.assertEqual(self.notices().case_id.mapped("amount_overdue"), [100, 100, 100])

    def test_the_days_between_notices_count_over_all_currencies(self):
        self.make_invoice(100)
        self.night()
        self.window()
        with self.on(6):
            later = self.make_invoice(100, days=6, currency_id=self.pound.id)
            self.night()
            self.assertEqual(self.item(later).reason, "interval")
            self.assertEqual(self.item(later).next_date, TODAY + timedelta(days=7))
        with self.on(7):
            self.night()
            self.assertEqual(self.notices("draft").currency_id, self.pound)

    def test_only_the_highest_stage_goes_whatever_its_currency(self):
        mine, euro, pound = self.make_three(days=60)
        self.night()
        self.env["account.dunning.level.change"].create(
            {
                "item_id": self.item(euro).id,
                "to_level_id": self.second.id,
                "reason": "Test",
                "date": TODAY - timedelta(days=9),
            }
        )
        self.night()
        self.assertEqual(self.notices("draft").line_ids.move_id, euro)
        self.assertEqual({self.item(mine).reason, self.item(pound).reason}, {"higher_stage"})

    def test_the_minimum_is_in_the_currency_of_the_company(self):
        self.policy.minimum_amount = 50
        mine, euro, pound = self.make_three(100)
        self.night()
        self.assertEqual(
            [self.item(invoice).reason for invoice in (mine, euro, pound)], ["due", "due", "below_minimum"]
        )

    def test_the_minimum_is_converted_at_the_rate_of_today(self):
        self.policy.minimum_amount = 50
        invoice = self.make_invoice(100, currency_id=self.pound.id)
        self.night()
        self.assertEqual(self.item(invoice).reason, "below_minimum")
        self.env["res.currency.rate"].create(
            {"currency_id": self.pound.id, "name": TODAY, "rate": 2, "company_id": self.company.id}
        )
        self.night()
        self.assertEqual(self.item(invoice).reason, "due")

    def test_a_credit_in_one_currency_pays_nothing_in_another(self):
        self.make_three()
        self.make_invoice(100, move_type="out_refund", currency_id=self.euro.id)
        self.night()
        self.assertEqual(self.notices("draft").currency_id, self.currencies - self.euro)
