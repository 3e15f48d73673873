"""Interest and compensation of invoices, rule by rule, to the cent."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon

DUE, PAID = date(2026, 5, 1), date(2026, 9, 1)


@tagged("post_install", "-at_install")
@freeze_time(PAID)
class LateInterestCommon(DunningCommon):
    """A French company claims 10,000 EUR due on 1 May 2026 from a French business; today is 1 September."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.france = cls.env.ref("base.fr")
        cls.company.country_id = cls.france
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.customer.write({"debtor_kind": "business", "country_id": cls.france.id})
        cls.invoice = cls.make_invoice_due(DUE)

    @classmethod
    def make_invoice_due(cls, due, amount=10000.0, **vals):
        return cls.make_invoice(amount, days=(PAID - due).days, **vals)

    def pay_on(self, day, amount=None, invoice=None):
        vals = {"payment_date": day, **({"amount": amount} if amount else {})}
        self._register_payment(invoice or self.invoice, **vals)
        self.env.invalidate_all()

    def hold(self, kind, invoice=None, **vals):
        """A hold on one invoice; an insolvency is about the customer."""
        self.env["account.dunning.night"]._refresh(self.company, self.customer)
        item = self.item(invoice or self.invoice)
        items = [] if kind == "insolvency" else item.ids
        vals = {"case_id": item.case_id.id, "kind": kind, "item_ids": [Command.set(items)], **vals}
        return self.env["account.dunning.hold"].create(vals)

    def late(self, day=PAID, invoice=None):
        """What the engine says of the invoice on `day`: its items by due date."""
        invoice = invoice or self.invoice
        return list(self.env["account.late.interest"]._get_late(self.company, day, invoice.ids).values())

    def assert_due(self, interest, compensation=0, day=PAID, invoice=None):
        found = self.late(day, invoice)
        self.assertEqual([one.missing for one in found if one.missing], [])
        self.assertEqual(sum(one.interest for one in found), Decimal(str(interest)))
        self.assertEqual(sum(one.compensation for one in found), Decimal(str(compensation)))
        return found


class TestLateInterest(LateInterestCommon):
    def test_each_day_at_its_own_half_years_rate(self):
        (late,) = self.assert_due("413.76", 40)
        self.assertEqual(
            [(part.start, part.end, part.days, part.rate, part.amount) for part in late.slices],
            [
                (date(2026, 5, 2), date(2026, 6, 30), 60, Decimal("12.15"), Decimal("199.73")),
                (date(2026, 7, 1), PAID, 63, Decimal("12.40"), Decimal("214.03")),
            ],
        )

    def test_also_of_an_invoice_paid_late(self):
        self.pay_on(PAID)
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assert_due("413.76", 40, day=PAID + timedelta(days=100))

    def test_nothing_when_paid_on_the_due_date(self):
        self.pay_on(DUE)
        self.assert_due(0, 0)

    def test_nothing_on_the_due_date_and_one_day_after_it(self):
        self.assert_due(0, 0, day=DUE)
        self.assert_due("3.33", 40, day=DUE + timedelta(days=1))

    def test_a_partial_payment_splits_the_run(self):
        """10,000 for 30 days, then 6,000 for 30 days at 12.15 % and for 63 days at 12.40 %."""
        self.pay_on(date(2026, 5, 31), 4000)
        (late,) = self.assert_due(Decimal("99.86") + Decimal("59.92") + Decimal("128.42"), 40)
        self.assertEqual([part.balance for part in late.slices], [10000, 6000, 6000])

    def test_a_credit_note_half_way_lowers_the_principal_from_its_day(self):
        credit = self.make_credit_note(4000)
        credit.button_draft()
        credit.write({"invoice_date": date(2026, 5, 31), "date": date(2026, 5, 31)})
        credit.action_post()
        lines = (credit | self.invoice).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.reconcile()
        (late,) = self.assert_due(Decimal("99.86") + Decimal("59.92") + Decimal("128.42"), 40)
        self.assertEqual(late.slices[0].end, date(2026, 5, 31))

    def test_an_open_credit_note_changes_nothing(self):
        """Interest follows the ledger."""
        self.make_credit_note(4000)
        self.assert_due("413.76", 40)

    def test_in_the_currency_of_the_invoice(self):
        pound = self.env.ref("base.GBP")
        pound.active = True
        rate = {"name": "2026-01-01", "rate": 2.0, "currency_id": pound.id, "company_id": self.company.id}
        self.env["res.currency.rate"].create(rate)
        invoice = self.make_invoice_due(DUE, currency_id=pound.id)
        self.pay_on(date(2026, 5, 31), 4000, invoice)
        (late,) = self.assert_due(Decimal("99.86") + Decimal("59.92") + Decimal("128.42"), 80, invoice=invoice)
        self.assertEqual([part.balance for part in late.slices], [10000, 6000, 6000])
        self.assertEqual(invoice.amount_residual_signed, 3000)

    def test_one_compensation_for_all_instalments(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 31)
                ],
            }
        )
        invoice = self.make_invoice_due(DUE, invoice_date=DUE, invoice_date_due=False, invoice_payment_term_id=terms.id)
        first, second = self.assert_due(
            Decimal("99.86") + Decimal("107.01") + Decimal("48.27") + Decimal("107.01"), 40, invoice=invoice
        )
        self.assertEqual((first.date_due, second.date_due), (DUE, date(2026, 6, 1)))
        self.assertEqual((first.compensation, second.compensation), (40, 0))
        self.pay_on(date(2026, 6, 30), 5000, invoice)  # the one that is still open bears it
        self.assertEqual([one.compensation for one in self.late(invoice=invoice)], [0, 40])

    def test_the_rate_of_the_contract_with_its_floor(self):
        """6 % lies under three times the legal rate: 7.86 and 8.25 %."""
        self.policy.interest_contract_rate = 9
        self.assert_due(Decimal("147.95") + Decimal("155.34"), 40)
        self.policy.interest_contract_rate = 6
        (late,) = self.late()
        self.assertGreater(min(part.rate for part in late.slices), 6)

    def test_a_public_body_pays_one_rate_for_the_whole_delay_whatever_the_contract_says(self):
        self.policy.interest_contract_rate = 20
        self.customer.debtor_kind = "public"
        (late,) = self.late()
        self.assertEqual({part.rate for part in late.slices}, {Decimal("10.15")})
        self.assert_due("342.04", 40)


class TestWhereNothingIsDue(LateInterestCommon):
    def test_interest_stops_before_the_day_of_the_judgment(self):
        self.hold("insolvency", date_judgment=date(2026, 7, 1))
        self.assert_due("199.73", 40)

    def test_no_new_compensation_after_a_judgment(self):
        self.hold("insolvency", date_judgment=DUE)
        self.assert_due(0, 0)

    def test_what_arose_after_the_judgment_goes_on(self):
        self.hold("insolvency", date_judgment=self.invoice.invoice_date)
        self.assert_due("413.76", 40)

    def test_a_lifted_insolvency_stops_nothing(self):
        self.hold("insolvency", date_judgment=DUE).action_lift()
        self.assert_due("413.76", 40)

    def test_no_compensation_while_all_is_disputed(self):
        hold = self.hold("dispute", amount=9999)
        self.assert_due("413.76", 40)
        hold.amount = 10000
        self.assert_due("413.76", 0)
        hold.amount = 0
        self.assert_due("413.76", 0)
        hold.action_lift()
        self.assert_due("413.76", 40)

    def test_no_compensation_on_a_rest_below_the_minimum(self):
        self.policy.minimum_amount = 50
        self.pay_on(date(2026, 5, 31), 9950)
        self.assertEqual(sum(one.compensation for one in self.late()), 40)
        self.policy.minimum_amount = 51
        self.assertEqual(sum(one.compensation for one in self.late()), 0)

    def test_an_invoice_of_interest_bears_none(self):
        self.invoice.dunning_is_interest = True
        self.assert_due(0, 0)

    def test_a_refund_and_a_draft_bear_none(self):
        self.assertEqual(self.late(invoice=self.make_credit_note(100)), [])
        self.invoice.button_draft()
        self.assertEqual(self.late(), [])

    def test_each_item_of_a_general_entry_is_a_debt_of_its_own(self):
        account = self.company_data["default_account_receivable"]
        claim = {"account_id": account.id, "partner_id": self.customer.id, "date_maturity": DUE, "debit": 100}
        entry = self.env["account.move"].create(
            {
                "date": DUE,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(claim),
                    Command.create(claim),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 200}),
                ],
            }
        )
        entry.action_post()
        self.assert_due("8.28", 80, invoice=entry)
        line = entry.line_ids.filtered("date_maturity")[0]
        found = self.env["account.late.interest"]._get_late(self.company, PAID, entry.ids, line.ids)
        self.assertEqual(list(found), line.ids)


class TestConsumers(LateInterestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.debtor_kind = "consumer"

    def serve(self, day, stage="formal_notice"):
        """A notice of this stage for the invoice, served on `day`."""
        self.env["account.dunning.night"]._refresh(self.company, self.customer)
        item = self.item(self.invoice)
        level = self.formal if stage == "formal_notice" else self.first
        notice = self.env["account.dunning.notice"].create(
            {
                "case_id": item.case_id.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "currency_id": self.invoice.currency_id.id,
                "policy_id": self.policy.id,
                "level_id": level.id,
                "line_ids": [Command.create({"item_id": item.id, "role": "claimed", "level_id": level.id})],
            }
        )
        notice.write({"state": "issued", "effective_date": day})
        return notice

    def test_no_interest_before_a_formal_notice_and_never_a_compensation(self):
        self.assert_due(0, 0)

    def test_the_legal_rate_from_the_day_after_it_was_served(self):
        """2.62 % for 20 days of the first half-year, 2.75 % for 63 days of the second."""
        self.serve(date(2026, 6, 10))
        (late,) = self.assert_due(Decimal("14.36") + Decimal("47.47"), 0)
        self.assertEqual(late.slices[0].start, date(2026, 6, 11))

    def test_a_reminder_starts_nothing(self):
        self.serve(date(2026, 6, 10), stage="reminder")
        self.assert_due(0, 0)

    def test_one_that_was_not_served_starts_nothing(self):
        notice = self.serve(date(2026, 6, 10))
        notice.line_ids.live = False
        self.assert_due(0, 0)
        notice.line_ids.live = True
        notice.effective_date = False
        self.assert_due(0, 0)

    def test_the_contracts_rate_binds_no_consumer(self):
        self.policy.interest_contract_rate = 12
        self.serve(date(2026, 6, 10))
        self.assert_due(Decimal("14.36") + Decimal("47.47"), 0)

    def test_who_is_of_no_known_kind_is_treated_as_a_consumer(self):
        self.customer.debtor_kind = False
        self.assert_due(0, 0)


class TestWhatIsNotKnown(LateInterestCommon):
    def assert_unknown(self, words):
        self.assertIn(words, self.invoice.late_interest_remark)
        self.assertIn("Not known", self.invoice.late_interest_remark)
        self.assertEqual(self.invoice.late_interest_amount, 0)

    def test_a_rate_that_is_missing_is_named_with_its_day(self):
        with freeze_time("2027-01-02"):
            self.env.invalidate_all()
            self.assert_unknown("ECB main refinancing rate")
            self.assertIn("01/01/2027", self.invoice.late_interest_remark)
            self.assertEqual(self.invoice.late_compensation_amount, 40)
            self.assertIn("Not known", self.invoice.get_late_interest()["remark"])

    def test_no_rate_is_needed_after_the_payment(self):
        self.pay_on(PAID)
        with freeze_time("2027-01-02"):
            self.assert_due("413.76", 40, day=date(2027, 1, 2))

    def test_nor_for_a_public_body_whose_interest_began_before(self):
        self.customer.debtor_kind = "public"
        (late,) = self.late(date(2027, 1, 2))
        self.assertFalse(late.missing)

    def test_a_law_that_nobody_has_entered(self):
        self.company.country_id = self.env.ref("base.br")
        self.assert_unknown("no law")


class TestWaiver(LateInterestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")

    def waive(self, **vals):
        waivers = self.env["account.late.interest.waiver"].with_user(self.clerk)
        action = self.invoice.with_user(self.clerk).action_waive_late_interest()
        waiver = waivers.with_context(**action["context"]).create({"reason": "Good customer", **vals})
        self.env.invalidate_all()
        return waiver

    def test_it_takes_off_what_it_says(self):
        for scope, interest, compensation in (("all", 0, 0), ("interest", 0, 40), ("compensation", "413.76", 0)):
            waiver = self.waive(scope=scope)
            self.assert_due(interest, compensation)
            self.assertIn("Good customer", self.invoice.get_late_interest()["waiver"])
            waiver.action_revoke()
            self.assert_due("413.76", 40)

    def test_author_and_day_are_ones_own(self):
        other = self.make_user("other", "account.group_account_invoice")
        waiver = self.waive(user_id=other.id, date="2020-01-01")
        self.assertEqual((waiver.user_id, waiver.date), (self.clerk, PAID))

    def test_it_is_taken_back_and_never_changed_or_deleted(self):
        waiver = self.waive()
        with self.assertRaises(UserError):
            waiver.reason = "Another"
        with self.assertRaises(AccessError):
            waiver.unlink()
        self.invoice.with_user(self.clerk).action_revoke_waiver()
        self.assertEqual((waiver.date_revoked, waiver.revoked_by), (PAID, self.clerk))
        self.waive()

    def test_it_is_not_offered_for_public_bodies(self):
        self.customer.debtor_kind = "public"
        self.assertFalse(self.invoice.get_late_interest()["can_waive"])
        with self.assertRaisesRegex(UserError, "public body"):
            self.waive()
        vals = {"move_id": self.invoice.id, "reason": "By RPC"}
        with self.assertRaisesRegex(UserError, "public body"):
            self.env["account.late.interest.waiver"].with_user(self.clerk).create(vals)

    def test_the_timeline_tells_it(self):
        self.env["account.dunning.night"]._refresh(self.company, self.customer)
        self.waive()
        events = self.invoice.with_user(self.clerk).get_dunning_timeline()
        (event,) = [event for event in events if event["kind"] == "Interest waived"]
        self.assertIn("Good customer", event["description"])
        self.assertIn("clerk", event["description"])

    def test_a_waived_rate_need_not_be_known(self):
        self.waive(scope="interest")
        self.assertFalse(self.late(date(2027, 1, 2))[0].missing)
