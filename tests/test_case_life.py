from datetime import datetime, time, timedelta

from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCaseLife(DunningCommon):
    """What happens to a case beside the ladder: merges, payments undone, calls, forgotten work."""

    def test_customers_with_open_cases_can_be_merged(self):
        other = self.make_customer("Twin", email=self.customer.email)
        mine, theirs = self.make_invoice(days=6), self.make_invoice(days=6, partner=other)
        self.night()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | other).ids, self.customer)
        self.env.invalidate_all()
        self.night()
        case = self.item(mine).case_id
        self.assertEqual(self.item(theirs).case_id, case)
        self.assertEqual(case.state, "open")
        notice = self.notices("draft")
        self.assertEqual(notice.line_ids.move_id, mine | theirs)

    def test_a_payment_that_is_undone_makes_a_task_before_any_letter(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        with self.on(10):
            self.pay(invoice)
            self.night()
            self.assertEqual(self.item(invoice).reason, "settled")
        with self.on(20):
            receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
            payment = receivable.matched_credit_ids.credit_move_id
            receivable.remove_move_reconcile()
            payment.move_id.button_draft()
            self.night()
            self.assertEqual(self.item(invoice).reason, "held")
            self.assertEqual(self.item(invoice).level_id, self.first)
            self.assertEqual(self.item(invoice).case_id.task_ids.filtered(lambda t: t.state == "open").kind, "review")
        with self.on(30):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.second)

    def test_a_large_debt_is_called_before_the_first_reminder_and_once(self):
        self.policy.write({"call_delay_days": 3, "call_minimum_amount": 1000})
        small = self.make_customer("Small")
        invoice = self.make_invoice(1500, days=3)
        self.make_invoice(100, days=3, partner=small)
        self.night()
        calls = self.env["account.dunning.task"].search([("kind", "=", "call")])
        self.assertEqual(calls.case_id, self.item(invoice).case_id)
        calls.action_done()
        self.night()
        self.assertEqual(self.env["account.dunning.task"].search_count([("kind", "=", "call")]), 1)

    def test_a_level_after_a_call_waits_two_working_days_or_for_the_call(self):
        self.first.after_call = True
        self.make_invoice(days=6)
        self.night()
        notice = self.notices("draft")
        self.assertEqual(notice.date_not_before, TODAY + timedelta(days=2))
        self.window()
        self.assertEqual(notice.state, "draft")
        self.env["account.dunning.contact"].create(
            {"case_id": notice.case_id.id, "kind": "call", "outcome": "forgotten"}
        )
        self.assertEqual(notice.case_id.task_ids.state, "done")
        self.window()
        self.assertEqual(notice.state, "issued")

    def test_a_letter_nobody_posts_alerts_and_is_then_decided_again(self):
        self.first.channel_id = self.letter
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        notice = self.notices()
        self.assertFalse(self.item(invoice).level_id)
        with self.on(6):
            self.night()
            self.assertEqual(notice.case_id.task_ids.kind, "post_letter")
            self.assertEqual(self.item(invoice).reason, "notice_under_way")
        with self.on(20):
            self.night()
            self.assertEqual(notice.state, "cancelled")
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.first)

    def test_a_letter_counts_from_the_day_it_was_posted(self):
        self.first.channel_id = self.letter
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        with self.on(2):
            self.notices().delivery_ids.action_mark_posted()
        self.assertEqual(self.item(invoice).last_notice_date, TODAY + timedelta(days=2))
        self.assertEqual(self.notices().date_left, TODAY + timedelta(days=2))

    def test_an_unapproved_notice_makes_a_task_after_three_working_days(self):
        self.first.approval = "manual"
        self.make_invoice(days=6)
        self.night()
        with self.on(2):
            self.night()
            self.assertFalse(self.notices().case_id.task_ids)
        with self.on(6):
            self.night()
            self.assertEqual(self.notices().case_id.task_ids.kind, "approve")

    def test_a_refusal_holds_what_was_refused(self):
        self.first.approval = "manual"
        invoice = self.make_invoice(days=6)
        self.night()
        self.notices().action_refuse("The customer has complained")
        self.night()
        self.assertEqual(self.item(invoice).reason, "held")
        self.assertFalse(self.notices("draft"))

    def test_what_did_not_leave_on_its_day_is_decided_again(self):
        self.make_invoice(days=6)
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        with self.on(1):
            with self.job() as env:
                env["account.dunning.outbox"]._cancel_outdated(self.company.with_env(env))
            self.assertEqual(self.notices().state, "cancelled")
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.first)

    def test_a_customer_of_another_company_is_not_touched(self):
        other = self.company_data_2["company"] if hasattr(self, "company_data_2") else None
        sends = {"dunning_mode": "send", "dunning_baseline_date": TODAY}
        other = other or self.env["res.company"].create({"name": "Other", **sends})
        self.make_invoice(days=6)
        self.night(other)
        self.assertFalse(self.notices())

    def test_currencies_never_add_up_and_go_out_together(self):
        dollars = self.setup_other_currency("EUR")
        self.make_invoice(100, days=6)
        self.make_invoice(100, days=6, currency_id=dollars.id)
        self.night()
        notices = self.notices("draft")
        self.assertEqual(len(notices), 2)
        self.assertEqual(notices.currency_id, self.company.currency_id | dollars)
        self.assertEqual(notices.mapped("amount_total"), [100.0, 100.0])
        self.window()
        self.assertEqual(notices.mapped("state"), ["issued", "issued"])
        with self.on(3):
            self.make_invoice(100, days=6)
            self.night()
            self.assertFalse(self.notices("draft"))

    def test_what_happened_at_night_is_told_on_the_day_of_the_company(self):
        """In Auckland it is the next day already when it is noon in UTC, whatever the zone of the user."""
        self.company.dunning_tz = "Pacific/Auckland"
        invoice = self.make_invoice(days=6)
        self.night()
        case = self.item(invoice).case_id
        noon = datetime.combine(TODAY, time(12))
        contact = case.contact_ids.create({"case_id": case.id, "kind": "call", "date": noon})
        events = self.env["account.dunning.event"]
        told = events.search([("kind", "=", "contact"), ("res_id", "=", contact.id)])
        self.assertEqual(told.date, TODAY + timedelta(days=1))
        self.company.dunning_tz = "America/New_York"
        self.env.invalidate_all()
        self.assertEqual(told.date, TODAY)
