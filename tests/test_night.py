from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestNight(DunningCommon):
    def test_nothing_before_the_fifth_day_and_a_notice_on_it(self):
        invoice = self.make_invoice(days=4)
        self.night()
        self.assertFalse(self.notices())
        self.assertEqual(self.item(invoice).reason, "not_yet")
        self.assertEqual(self.item(invoice).next_date, TODAY + timedelta(days=1))
        with self.on(1):
            self.night()
        self.assertEqual(self.notices().level_id, self.first)

    def test_one_draft_however_many_nights(self):
        self.make_invoice(days=6)
        for _night in range(3):
            self.night()
        self.assertEqual(len(self.notices("draft")), 1)
        self.assertEqual(len(self.notices().line_ids), 1)

    def test_the_window_sends_and_the_level_is_reached(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        notice = self.notices()
        self.assertRecordValues(
            notice, [{"state": "issued", "date_issued": TODAY, "date_left": TODAY, "amount_total": 100.0}]
        )
        self.assertEqual(self.item(invoice).level_id, self.first)
        self.assertEqual(invoice.dunning_level_id, self.first)
        self.assertTrue(notice.document_id.raw.startswith(b"%PDF"))
        self.assertIn("Debtor", notice.body)
        self.assertIn("100", notice.subject)

    def test_a_hundred_nights_in_a_night_send_once(self):
        self.make_invoice(days=60)
        for _night in range(100):
            self.night()
        self.window()
        for _night in range(3):
            self.night()
            self.window()
        self.assertEqual(self.notices().mapped("state"), ["issued"])

    def test_the_next_level_waits_for_the_days_between_notices(self):
        self.make_invoice(days=60)
        self.night()
        self.window()
        with self.on(6):
            self.night()
            self.assertEqual(len(self.notices()), 1)
        with self.on(7):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.second)

    def test_an_unsent_draft_blocks_the_next_level(self):
        self.make_invoice(days=6)
        self.night()
        with self.on(30):
            self.night()
        self.assertEqual(self.notices().mapped("state"), ["draft"])
        self.assertEqual(self.notices().level_id, self.first)

    def test_payment_cancels_the_draft_and_closes_the_case(self):
        invoice = self.make_invoice(days=6)
        self.night()
        case = self.notices().case_id
        self.pay(invoice)
        self.night()
        self.assertEqual(self.notices().state, "cancelled")
        self.assertEqual(self.item(invoice).reason, "settled")
        self.assertEqual(case.state, "closed")
        self.assertFalse(invoice.dunning_level_id)

    def test_payment_between_night_and_window_stops_the_letter(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.pay(invoice)
        self.window()
        self.assertEqual(self.notices().state, "cancelled")
        self.assertFalse(self.notices().delivery_ids)

    def test_a_part_payment_lowers_the_claim(self):
        invoice = self.make_invoice(100, days=6)
        self.night()
        self.pay(invoice, 40)
        self.window()
        self.assertEqual(self.notices().amount_total, 60)
        self.assertEqual(self.notices().line_ids.amount_claimed, 60)

    def test_two_invoices_share_one_reminder_and_each_climbs_to_its_own_level(self):
        old, new = self.make_invoice(days=20), self.make_invoice(days=6)
        self.night()
        self.env["account.dunning.level.change"].create(
            {"item_id": self.item(old).id, "to_level_id": self.first.id, "reason": "Test", "date": TODAY - timedelta(9)}
        )
        self.night()
        notice = self.notices("draft")
        self.assertEqual(notice.level_id, self.second)
        self.assertEqual(len(notice.line_ids), 2)
        self.window()
        self.assertEqual((self.item(old).level_id, self.item(new).level_id), (self.second, self.first))

    def test_a_formal_notice_stands_alone_and_waits_for_approval(self):
        old, new = self.make_invoice(days=60), self.make_invoice(days=6)
        self.night()
        self.env["account.dunning.level.change"].create(
            {
                "item_id": self.item(old).id,
                "to_level_id": self.second.id,
                "reason": "Test",
                "date": TODAY - timedelta(9),
            }
        )
        self.night()
        notice = self.notices("draft")
        self.assertEqual(notice.own_level_id, self.formal)
        self.assertEqual(notice.line_ids.move_id, old)
        self.assertEqual(self.item(new).reason, "higher_stage")
        self.window()
        self.assertEqual(notice.state, "draft")
        notice.action_approve()
        self.window()
        self.assertEqual(notice.state, "issued")

    def test_an_approval_covers_less_but_never_more(self):
        invoice = self.make_invoice(100, days=60)
        self.night()
        change = {"to_level_id": self.second.id, "reason": "Test", "date": TODAY - timedelta(9)}
        self.env["account.dunning.level.change"].create({"item_id": self.item(invoice).id, **change})
        self.night()
        notice = self.notices("draft")
        notice.action_approve()
        self.pay(invoice, 30)
        self.night()
        self.assertRecordValues(notice, [{"state": "approved", "amount_total": 70.0}])
        second = self.make_invoice(50, days=60)
        self.night()
        self.env["account.dunning.level.change"].create({"item_id": self.item(second).id, **change})
        self.night()
        self.assertRecordValues(notice, [{"state": "draft", "amount_total": 120.0}])

    def test_a_hold_stops_and_its_end_resumes(self):
        invoice = self.make_invoice(days=6)
        self.night()
        case = self.notices().case_id
        hold = self.env["account.dunning.hold"].create(
            {"case_id": case.id, "kind": "dispute", "item_ids": self.item(invoice).ids}
        )
        self.night()
        self.assertEqual(self.notices().state, "cancelled")
        self.assertEqual(self.item(invoice).reason, "held")
        self.assertEqual(invoice.dunning_state, "on_hold")
        hold.action_lift()
        self.night()
        self.assertEqual(self.notices("draft").level_id, self.first)

    def test_a_hold_for_an_amount_lets_the_rest_go_on(self):
        invoice = self.make_invoice(100, days=6)
        self.night()
        case = self.notices().case_id
        self.env["account.dunning.hold"].create(
            {"case_id": case.id, "kind": "dispute", "item_ids": self.item(invoice).ids, "amount": 30}
        )
        self.night()
        self.assertEqual(self.notices("draft").amount_total, 70)

    def test_an_open_credit_note_covers_the_oldest_first(self):
        old, new = self.make_invoice(100, days=9), self.make_invoice(100, days=6)
        self.make_credit_note(130)
        self.night()
        self.assertEqual(self.item(old).reason, "covered")
        self.assertEqual(self.notices().line_ids.move_id, new)
        self.assertEqual(self.notices().amount_total, 70)

    def test_a_blocked_invoice_is_held_and_a_no_followup_one_excluded(self):
        blocked, excluded = self.make_invoice(days=6), self.make_invoice(days=6)
        blocked.action_toggle_block_payment()
        excluded.no_followup = True
        self.night()
        self.assertFalse(self.notices())
        self.assertEqual((self.item(blocked).reason, self.item(excluded).reason), ("held", "excluded"))

    def test_an_unsent_invoice_waits_where_the_policy_says_so(self):
        self.policy.only_sent = True
        invoice = self.make_invoice(days=6)
        self.night()
        self.assertEqual(self.item(invoice).reason, "not_sent")
        invoice.is_move_sent = True
        self.night()
        self.assertEqual(self.item(invoice).sent_on, TODAY)
        self.assertEqual(self.item(invoice).next_date, TODAY + timedelta(days=15))

    def test_below_the_minimum_nothing_is_sent(self):
        self.policy.minimum_amount = 150
        self.make_invoice(100, days=6)
        self.night()
        self.assertFalse(self.notices())
        self.make_invoice(60, days=6)
        self.night()
        self.assertEqual(self.notices().amount_total, 160)

    def test_simulation_decides_and_prepares_nothing(self):
        self.company.dunning_mode = "simulate"
        invoice = self.make_invoice(days=6)
        run = self.night()
        self.assertEqual(self.item(invoice).reason, "due")
        self.assertFalse(self.notices())
        self.assertEqual(run.reason_counts, {"due": 1})

    def test_the_cap_keeps_the_rest_as_drafts(self):
        self.company.dunning_nightly_cap = 1
        other = self.make_customer("Other")
        self.make_invoice(100, days=6)
        self.make_invoice(900, days=6, partner=other)
        self.night()
        self.window()
        self.assertEqual(self.notices(partner=other).state, "issued")
        self.assertEqual(self.notices().state, "draft")

    def test_one_bad_customer_stops_no_other(self):
        bad, good = self.make_customer("Bad"), self.make_customer("Good")
        self.make_invoice(partner=bad)
        self.make_invoice(partner=good)
        night = type(self.env["account.dunning.night"])
        decide = night._decide_partners

        def fail_for_bad(self, company, partner_ids, run=None, prepare=True):
            if bad.id in partner_ids:
                raise ValueError("corrupt")
            return decide(self, company, partner_ids, run, prepare)

        self.patch(night, "_decide_partners", fail_for_bad)
        with mute_logger("odoo.addons.account_dunning.models.account_dunning_run"):
            run = self.night()
        self.assertTrue(self.notices(partner=good))
        self.assertIn("Bad: ValueError: corrupt", run.errors)

    def test_the_end_of_the_ladder_asks_for_a_decision_once(self):
        policy = self.make_policy([(5, "reminder")])
        self.customer.with_company(self.company).dunning_policy_id = policy
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        with self.on(20):
            self.night()
            self.night()
        self.assertEqual(self.item(invoice).reason, "end_of_ladder")
        self.assertEqual(self.item(invoice).case_id.task_ids.mapped("kind"), ["decide"])

    def test_deleting_the_projection_and_running_the_night_restores_it(self):
        self.make_invoice(days=60)
        self.make_invoice(days=2)
        self.night()
        fields = ["reason", "next_level_id", "next_date", "amount_claimed", "reason_until", "reason_detail"]
        items = self.env["account.dunning.item"].search([("partner_id", "=", self.customer.id)])
        before = items.read(fields)
        items.write(dict.fromkeys(fields, False))
        self.night()
        self.assertEqual(items.read(fields), before)

    def test_an_issued_notice_never_changes(self):
        self.make_invoice(days=6)
        self.night()
        self.window()
        notice = self.notices()
        for vals in ({"subject": "x"}, {"amount_total": 1}, {"date_issued": TODAY}):
            with self.assertRaises(UserError):
                notice.write(vals)
        with self.assertRaises(UserError):
            notice.line_ids.write({"amount_claimed": 1})
        with self.assertRaises(UserError):
            notice.line_ids.unlink()
        with self.assertRaises(UserError):
            notice.unlink()

    def test_a_level_is_claimed_once_whatever_writes_it(self):
        self.make_invoice(days=6)
        self.night()
        line = self.notices().line_ids
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            line.copy()
            self.env.flush_all()

    def test_the_first_level_counts_from_the_due_date(self):
        with self.assertRaises(ValidationError):
            self.first.delay_basis = "previous_notice"
            self.policy.level_ids._check_ladder()

    def test_a_used_level_is_archived_and_never_deleted(self):
        self.make_invoice(days=6)
        self.night()
        with self.assertRaises(UserError):
            self.first.unlink()

    def test_instalments_are_claimed_one_by_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "delay_type": "days_after", "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        invoice = self.make_invoice(100, days=6, invoice_payment_term_id=term.id, invoice_date=TODAY - timedelta(6))
        self.night()
        self.assertEqual(self.notices().amount_total, 50)
        self.assertEqual(sorted(self.item(invoice).mapped("reason")), ["due", "not_yet"])
        self.assertIn("Level 1 is due: 6 days late", invoice.dunning_explanation)

    def test_reset_to_draft_cancels_and_reposting_keeps_the_level(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        with self.on(10):
            self.night()
            self.assertEqual(self.notices("draft").level_id, self.second)
            invoice.button_draft()
            self.assertFalse(self.notices("draft"))
            self.assertEqual(len(self.notices("issued")), 1)
            invoice.action_post()
            self.night()
            self.assertEqual(self.item(invoice).level_id, self.first)
            self.assertEqual(self.notices("draft").level_id, self.second)

    def test_three_levels_replaced_by_five_go_on_where_they_were(self):
        invoice = self.make_invoice(days=60)
        self.night()
        self.window()
        five = self.make_policy([(days, "reminder") for days in (5, 10, 15, 20)] + [(30, "formal_notice")])
        self.company.dunning_policy_id = five
        with self.on(8):
            self.night()
        self.assertEqual(self.item(invoice).next_level_id, five.level_ids[1])

    def test_a_bounce_without_fallback_returns_to_the_level_before(self):
        self.email.fallback_channel_id = False
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        self.notices().delivery_ids._return_undelivered("No such user")
        self.assertFalse(self.item(invoice).level_id)
        self.assertEqual(self.item(invoice).case_id.task_ids.kind, "find_address")

    def test_a_bounce_with_fallback_queues_the_same_letter(self):
        self.make_invoice(days=6)
        self.night()
        self.window()
        notice = self.notices()
        notice.delivery_ids._return_undelivered("No such user")
        waiting = notice.delivery_ids.filtered(lambda delivery: delivery.state == "queued")
        self.assertEqual(waiting.channel_id, self.letter)
        waiting.action_mark_posted(TODAY)
        self.assertEqual(waiting.state, "sent")

    def test_the_invoice_says_why_in_one_sentence(self):
        invoice = self.make_invoice(days=6)
        self.assertIn("Level 1 is due: 6 days late", invoice.dunning_explanation)
        blocked = self.make_invoice(days=6)
        blocked.action_toggle_block_payment()
        self.assertIn("blocked", blocked.dunning_explanation)

    def test_the_invoice_says_how_the_next_notice_goes(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.assertEqual(invoice.get_dunning_way(), "By e-mail to debtor@debtor.example.")
        payables = self.make_customer("Payables", parent_id=self.customer.id)
        self.customer.with_company(self.company).dunning_contact_id = payables
        invoice.invalidate_recordset()
        self.assertEqual(invoice.get_dunning_way(), "By e-mail to payables@debtor.example.")
        payables.email = self.customer.email = False
        invoice.invalidate_recordset()
        self.assertEqual(invoice.get_dunning_way(), "By letter.")
        payables.city = self.customer.city = False
        invoice.invalidate_recordset()
        self.assertEqual(invoice.get_dunning_way(), "There is no address to send it to.")

    def test_invoices_are_found_by_their_dunning_state(self):
        due, later = self.make_invoice(days=6), self.make_invoice(days=1)
        self.night()
        self.window()
        search = self.env["account.move"].search
        mine = [("partner_id", "=", self.customer.id)]
        self.assertEqual(search([*mine, ("dunning_state", "=", "in_progress")]), due)
        self.assertEqual(search([*mine, ("dunning_state", "=", "scheduled")]), later)
        self.assertEqual(search([*mine, ("dunning_level_id", "=", self.first.id)]), due)
        self.assertEqual({due.dunning_state, later.dunning_state}, {"in_progress", "scheduled"})
