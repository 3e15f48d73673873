"""Until when an item can be claimed in court, and what happens to a notice that claims it later."""

import base64
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time

from .common import TODAY
from .test_screens import ScreensCommon

FIVE_YEARS, TWO_YEARS = 5 * 365 + 10, 2 * 365 + 10
DOCUMENT = base64.b64encode(b"I owe you 100 euros.")


@freeze_time(TODAY)
class LimitationCommon(ScreensCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_law_country_id = cls.env.ref("base.fr")
        cls.customer.debtor_kind = "business"

    def make_item(self, days=40, **vals):
        return self.to_item(self.make_invoice(days=days, **vals))

    def to_item(self, invoice):
        self.env["account.dunning.night"]._decide_partners(self.company, invoice.partner_id.ids)
        return self.item(invoice)

    def issue(self):
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))

    def last_day(self, item):
        item.invalidate_recordset(["limitation_date"])
        return item.limitation_date

    def interrupt(self, item, day, **vals):
        vals = {"case_id": item.case_id.id, "date": day, "kind": "court", "document": DOCUMENT, **vals}
        return self.env["account.dunning.interruption"].create(vals)


@freeze_time(TODAY)
class TestLimitationDate(LimitationCommon):
    def test_years_by_the_kind_of_debtor(self):
        item = self.make_item()
        due = item.date_due
        self.assertEqual(due, date(2026, 2, 19))
        for kind, expected in (
            ("business", date(2031, 2, 19)),
            ("consumer", date(2028, 2, 19)),
            (False, date(2028, 2, 19)),
            ("public", date(2030, 12, 31)),
        ):
            with self.subTest(kind):
                self.customer.debtor_kind = kind
                self.assertEqual(self.last_day(item), expected)

    def test_the_years_of_an_unknown_law_are_not_guessed(self):
        self.company.dunning_law_country_id = self.env.ref("base.de")
        self.assertFalse(self.make_item().limitation_date)

    def test_calendar_years_begin_with_the_invoice(self):
        """Due in January, invoiced in December."""
        self.customer.debtor_kind = "public"
        self.assertEqual(self.make_item(days=70).limitation_date, date(2029, 12, 31))

    def test_a_part_payment_begins_them_anew(self):
        invoice = self.make_invoice(days=40)
        item = self.to_item(invoice)
        self._register_payment(invoice, amount=10, payment_date=date(2026, 3, 10))
        self.assertEqual(self.last_day(item), date(2031, 3, 10))

    def test_neither_a_credit_note_nor_a_write_off_does(self):
        invoice = self.make_invoice(days=40)
        item = self.to_item(invoice)
        credit = self.make_credit_note(10, invoice.partner_id)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": invoice.line_ids.filtered(
                                lambda line: line.display_type == "payment_term"
                            ).account_id.id,
                            "partner_id": invoice.partner_id.id,
                            "credit": 5,
                        }
                    ),
                    Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 5}),
                ],
            }
        )
        entry.action_post()
        lines = (credit + entry + invoice).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertAlmostEqual(invoice.amount_residual, 85)
        self.assertEqual(self.last_day(item), date(2031, 2, 19))

    def test_a_promise_with_a_document_does(self):
        item = self.make_item()
        hold = self.env["account.dunning.hold"].create(
            {"case_id": item.case_id.id, "kind": "promise", "date_from": TODAY, "date_until": TODAY + timedelta(9)}
        )
        self.assertEqual(self.last_day(item), date(2031, 2, 19), "a word on the phone shows nothing")
        hold.document_id = self.env["ir.attachment"].create({"name": "Promise", "raw": b"I shall pay."})
        self.assertEqual(self.last_day(item), date(2031, 3, 31))
        other = self.to_item(self.make_invoice(days=50))
        hold.item_ids = other
        self.assertEqual(self.last_day(item), date(2031, 2, 19), "it was about another invoice")
        self.assertEqual(self.last_day(other), date(2031, 3, 31))

    def test_a_plan_with_a_document_does(self):
        item = self.make_item()
        document = self.env["ir.attachment"].create({"name": "Plan", "raw": b"In three parts."})
        plan = self.env["account.dunning.plan"].create(
            {"case_id": item.case_id.id, "amount": 100, "date": date(2026, 3, 20), "document_id": document.id}
        )
        self.env["account.dunning.hold"].create(
            {"case_id": item.case_id.id, "kind": "promise", "plan_id": plan.id, "date_until": TODAY + timedelta(9)}
        )
        self.assertEqual(self.last_day(item), date(2031, 3, 20))

    def test_what_was_entered_by_hand_does(self):
        item, other = self.make_item(), self.make_item(days=30)
        self.interrupt(item, date(2026, 3, 5), item_ids=[Command.set(item.ids)])
        self.assertEqual(self.last_day(item), date(2031, 3, 5))
        self.assertEqual(self.last_day(other), date(2031, 3, 1), "it was about another invoice")
        self.interrupt(item, date(2026, 2, 25))
        self.assertEqual(self.last_day(other), date(2031, 3, 1), "not due yet on that day")
        self.interrupt(item, date(2026, 3, 6), kind="enforcement")
        self.assertEqual([self.last_day(one) for one in (item, other)], [date(2031, 3, 6)] * 2)

    def test_a_notice_does_only_to_a_public_body(self):
        self.customer.debtor_kind = "public"
        item = self.make_item(days=3 * 365)
        self.assertEqual(item.limitation_date, date(2027, 12, 31))
        notice = self.notices("draft")
        self.issue()
        notice._leave(TODAY)
        self.assertEqual(self.last_day(item), date(2030, 12, 31))
        self.customer.debtor_kind = "business"
        self.assertEqual(self.last_day(item), date(2028, 4, 1))

    def test_as_many_queries_for_many_items_as_for_one(self):
        items = self.env["account.dunning.item"]
        for number in range(12):
            partner = self.make_customer(f"Customer {number}", debtor_kind="business")
            items |= self.make_item(partner=partner)
        limitation = self.env["account.dunning.limitation"]
        counts = []
        for some in (items[:1], items):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            limitation._get_last_days(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 12)


@freeze_time(TODAY)
class TestInterruption(LimitationCommon):
    def test_without_its_document_it_shows_nothing(self):
        item = self.make_item()
        for document in (False, ""):
            with self.assertRaisesRegex(ValidationError, "Attach the document"):
                self.interrupt(item, TODAY, document=document)
        with self.assertRaisesRegex(ValidationError, "Attach the document"):
            self.env["account.dunning.interruption"].create({"case_id": item.case_id.id})
        with self.assertRaisesRegex(ValidationError, "Attach the document"):
            self.interrupt(item, TODAY).document = False

    def test_it_has_happened(self):
        with self.assertRaisesRegex(ValidationError, "future"):
            self.interrupt(self.make_item(), TODAY + timedelta(1))

    def test_its_items_belong_to_its_case(self):
        other = self.make_item(partner=self.make_customer("Other"))
        with self.assertRaisesRegex(ValidationError, "belong to its case"):
            self.interrupt(self.make_item(), TODAY, item_ids=[Command.set(other.ids)])


@freeze_time(TODAY)
class TestLateNotices(LimitationCommon):
    def make_late(self, **vals):
        """A draft that claims an invoice of which the years are over."""
        self.make_invoice(days=FIVE_YEARS, **vals)
        self.night()
        return self.notices("draft")

    def test_a_reminder_waits_for_a_reason(self):
        notice = self.make_late()
        self.issue()
        self.assertEqual(notice.state, "draft")
        self.assertRegex(notice.reason, r"limitation date is past: INV/.* a manager approves")
        self.assertTrue(notice.case_id.task_ids.filtered(lambda task: task.kind == "approve"))
        self.give_reason(notice)
        self.issue()
        self.assertEqual(notice.state, "issued")

    def test_others_do_not_wait(self):
        late = self.make_late()
        other = self.make_invoice(days=6, partner=self.make_customer("Other"))
        self.night()
        self.issue()
        self.assertEqual(late.state, "draft")
        self.assertEqual(self.notices("issued", partner=other.partner_id).line_ids.move_id, other)

    def give_reason(self, notice):
        action = notice.with_user(self.manager).action_approve()
        self.assertEqual(action["res_model"], "account.dunning.limitation.wizard")
        self.assertEqual(notice.state, "draft")
        dialog = Form(self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"]))
        self.assertEqual(len(dialog.line_ids), 1)
        dialog.reason = "He wants to pay"
        dialog.save().action_approve()
        self.assertRecordValues(notice, [{"state": "approved", "limitation_reason": "He wants to pay"}])
        self.assertIn("He wants to pay", "".join(notice.case_id.message_ids.mapped("body")))

    def test_a_notice_is_not_approved_without_a_reason(self):
        self.first.approval = "manual"
        notice = self.make_late()
        answer = notice.with_user(self.manager).approve_at_desk()
        self.assertEqual((answer["approved"], answer["messages"]), (0, []))
        self.assertEqual(answer["dialog"]["context"], {"default_notice_ids": notice.ids})
        self.give_reason(notice)

    def test_what_else_there_is_to_tell_is_told_first(self):
        self.first.approval = "manual"
        late = self.make_late()
        customer = self.make_customer("Other")
        self.make_invoice(days=6, partner=customer)
        self.night()
        other = self.notices("draft", partner=customer)
        other.with_user(self.manager).action_approve()
        answer = (late | other).with_user(self.manager).action_approve()
        self.assertIn("already approved", answer["params"]["message"])
        self.assertEqual(answer["params"]["next"]["res_model"], "account.dunning.limitation.wizard")

    def test_an_approved_notice_that_has_become_late_is_approved_again(self):
        self.first.approval = "manual"
        self.make_invoice(days=TWO_YEARS)
        self.night()
        notice = self.notices("draft")
        notice.with_user(self.manager).action_approve()
        self.customer.debtor_kind = "consumer"
        self.issue()
        self.assertEqual((notice.state, bool(notice.approved_by)), ("draft", False))
        self.give_reason(notice)

    def test_on_the_last_day_it_is_not_late(self):
        self.make_invoice(days=(TODAY - date(2021, 3, 31)).days)
        self.night()
        self.issue()
        self.assertTrue(self.notices("issued"))

    def test_an_acknowledgement_makes_it_claimable(self):
        notice = self.make_late()
        self.interrupt(notice.line_ids.item_id, date(2024, 5, 1), kind="acknowledgement")
        self.issue()
        self.assertEqual(notice.state, "issued")

    def test_by_hand_it_is_refused(self):
        notice = self.make_late()
        with self.assertRaisesRegex(UserError, "limitation date is past"):
            self.env["account.dunning.issue"]._issue_now(self.company, notice)

    def test_only_a_manager_gives_the_reason(self):
        notice = self.make_late()
        with self.assertRaises(UserError):
            notice.with_user(self.billing)._explain_limitation("Why not")
        with self.assertRaises(AccessError):
            self.env["account.dunning.limitation.wizard"].with_user(self.billing).create({"reason": "Why not"})
