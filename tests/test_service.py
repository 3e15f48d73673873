"""What follows from proofs: states, service of formal notices, deadlines, contradictions."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from ..core.chain import verify
from .common import TODAY
from .proof_common import ProofCommon


@freeze_time(TODAY)
class TestService(ProofCommon):
    def day(self, after):
        return TODAY + timedelta(days=after)

    def assert_served(self, delivery, day, basis="proved"):
        notice = delivery.notice_id
        self.assertEqual((notice.effective_date, notice.effective_basis), (day, basis))

    def assert_not_served(self, delivery):
        notice = delivery.notice_id
        self.assertFalse(notice.effective_date)
        self.assertEqual(set(notice.line_ids.mapped("live")), {False})
        self.assertFalse(notice.line_ids.item_id.level_id)
        self.assertIn("decide", self.tasks(delivery))

    # === Served by its proofs === #

    def test_an_electronic_delivery_is_served_by_its_receipt(self):
        delivery = self.send()
        self.receive(delivery, "dispatch", self.day(0))
        self.assertEqual((delivery.state, delivery.date_notified), ("sent", TODAY))
        self.receive(delivery, "receipt", self.day(4))
        self.assertEqual(delivery.state, "received")
        self.assert_served(delivery, self.day(4))

    def test_a_qualified_one_not_claimed_is_served_at_its_presentation(self):
        delivery = self.send("qualified_registered_email")
        self.receive(delivery, "dispatch", self.day(1))
        self.receive(delivery, "non_claim", self.day(17))
        self.assertEqual(delivery.state, "unclaimed")
        self.assert_served(delivery, self.day(1))

    def test_an_electronic_delivery_not_claimed_serves_nothing_and_goes_on_paper(self):
        delivery = self.send()
        self.receive(delivery, "dispatch", self.day(0))
        self.receive(delivery, "non_claim", self.day(16))
        self.assertEqual(delivery.state, "unclaimed")
        self.assert_not_served(delivery)
        with self.on(17):
            self.night()
            again = self.notices("draft")
            self.assertEqual(again.level_id, self.formal)
            self.assertEqual(again._get_leading_channel(), self.registered)
            again.action_approve()
            again.action_issue()
        self.assertEqual(again.delivery_ids.method, "registered_letter")

    def test_a_reminder_not_claimed_keeps_its_level(self):
        delivery = self.send()
        self.env.cr.execute("UPDATE account_dunning_level SET stage = 'reminder' WHERE id = %s", [self.formal.id])
        self.env.cr.execute(
            "UPDATE account_dunning_notice SET stage = 'reminder' WHERE id = %s", [delivery.notice_id.id]
        )
        self.env.invalidate_all()
        self.receive(delivery, "non_claim", self.day(16))
        self.assertTrue(delivery.notice_id.line_ids.live)
        self.assertNotIn("decide", self.tasks(delivery))

    def test_what_came_back_starts_the_other_way(self):
        delivery = self.send()
        self.receive(delivery, "bounce")
        self.assertEqual(delivery.state, "bounced")
        others = delivery.notice_id.delivery_ids - delivery
        self.assertEqual((others.method, others.state), ("registered_letter", "queued"))

    def test_who_takes_it_late_has_his_days_from_then_on(self):
        delivery = self.send()
        item = delivery.notice_id.line_ids.item_id
        granted = item.response_date
        self.receive(delivery, "receipt", granted + timedelta(days=2))
        self.assertEqual(item.response_date, granted + timedelta(days=2))

    def test_who_is_no_professional_gets_paper(self):
        """L.100 CPCE: he must have agreed to electronic registered mail before."""
        self.customer.debtor_kind = "consumer"
        self.assertEqual(self.send().method, "registered_letter")

    # === What does not count === #

    def test_a_file_that_anybody_could_have_made_changes_nothing(self):
        delivery = self.send()
        proof = self.receive(delivery, "receipt", source="upload")
        self.assertFalse(proof.counts)
        self.assertEqual(delivery.state, "sent")
        self.assertFalse(delivery.notice_id.effective_date)

    def test_a_person_declares_what_a_scan_shows(self):
        delivery = self.send("registered_letter")
        self.receive(delivery, "receipt", source="scan")
        delivery.date_presented = TODAY
        delivery.action_declare_received()
        self.assert_served(delivery, TODAY, "declared")

    def test_by_hand_and_by_proof_the_same_table_counts(self):
        delivery = self.send()
        delivery.date_presented = TODAY
        delivery.action_declare_unclaimed()
        self.assert_not_served(delivery)

    def test_by_hand_a_day_is_asked_for(self):
        delivery = self.send()
        with self.assertRaisesRegex(UserError, "Enter the day"):
            delivery.action_declare_received()

    # === Contradictions === #

    def test_a_final_state_stays_and_what_contradicts_it_is_kept(self):
        delivery = self.send()
        first = self.receive(delivery, "receipt", self.day(4))
        second = self.receive(delivery, "refusal", self.day(5))
        self.assertEqual(delivery.state, "received")
        self.assertEqual(delivery.proof_ids, first | second)
        self.assertIn("check_proof", self.tasks(delivery))
        self.assert_served(delivery, self.day(4))

    def test_proofs_that_come_late_lower_nothing(self):
        delivery = self.send()
        self.receive(delivery, "receipt", self.day(4))
        self.receive(delivery, "submission", self.day(0))
        self.receive(delivery, "dispatch", self.day(0))
        self.assertEqual((delivery.state, delivery.date_notified), ("received", TODAY))
        self.assertNotIn("check_proof", self.tasks(delivery))

    def test_a_proof_settles_what_was_uncertain(self):
        delivery = self.send()
        delivery.sudo().write({"state": "uncertain", "date_left": False})
        delivery.notice_id.case_id._raise_task("settle_delivery")
        self.receive(delivery, "submission")
        self.assertEqual((delivery.state, delivery.date_left), ("sent", TODAY))
        self.assertNotIn("settle_delivery", self.tasks(delivery))

    def test_what_was_cancelled_and_left_all_the_same_is_shown(self):
        delivery = self.send()
        delivery.sudo().write({"state": "cancelled"})
        self.receive(delivery, "submission")
        self.assertEqual(delivery.state, "cancelled")
        self.assertIn("check_proof", self.tasks(delivery))

    def test_tests_prove_nothing_outside_a_trial(self):
        delivery = self.send()
        delivery.sudo().is_test = True
        self.patch(type(self.company), "_dunning_is_trial", lambda _company: False)
        proof = self.receive(delivery, "receipt")
        self.assertTrue(proof.is_test)
        self.assertEqual(delivery.state, "sent")

    # === In whatever order they come === #

    def test_a_presentation_that_is_proved_after_the_outcome_serves(self):
        delivery = self.send("qualified_registered_email")
        self.receive(delivery, "refusal", self.day(5))
        self.assertFalse(delivery.notice_id.effective_date)
        self.receive(delivery, "dispatch", self.day(1))
        self.assert_served(delivery, self.day(1))

    def test_a_receipt_is_moved_to_its_presentation(self):
        delivery = self.send("qualified_registered_email")
        self.receive(delivery, "receipt", self.day(5))
        self.assert_served(delivery, self.day(5))
        self.receive(delivery, "dispatch", self.day(1))
        self.assert_served(delivery, self.day(1))

    def test_a_proof_takes_the_place_of_what_a_person_declared(self):
        delivery = self.send()
        delivery.date_presented = TODAY
        delivery.action_declare_received()
        self.assert_served(delivery, TODAY, "declared")
        self.receive(delivery, "receipt", self.day(2))
        self.assert_served(delivery, self.day(2))

    def test_a_wrong_declaration_gives_way_and_somebody_is_told(self):
        delivery = self.send()
        delivery.date_presented = TODAY
        delivery.action_declare_unclaimed()
        self.receive(delivery, "receipt", self.day(2))
        self.assertEqual(delivery.state, "received")
        self.assertIn("check_proof", self.tasks(delivery))

    def test_a_scan_that_says_otherwise_is_looked_at(self):
        delivery = self.send("registered_letter")
        delivery.date_presented = TODAY
        delivery.action_declare_received()
        self.receive(delivery, "bounce", source="scan")
        self.assertEqual(delivery.state, "received")
        self.assertIn("check_proof", self.tasks(delivery))

    def test_a_receipt_from_before_it_left_serves_nothing(self):
        delivery = self.send()
        self.receive(delivery, "receipt", self.day(-20))
        self.assertFalse(delivery.notice_id.effective_date)
        self.assertIn("check_proof", self.tasks(delivery))

    def test_the_provider_has_the_last_word_on_a_file_that_came_before(self):
        """Forwarded by somebody before it was fetched."""
        delivery = self.send()
        forwarded = self.receive(delivery, "other", content=b"%PDF-1.4 the receipt", source="mail")
        fetched = self.receive(delivery, "receipt", self.day(1), content=b"%PDF-1.4 the receipt", external_id="ar-1")
        self.assertEqual(fetched, forwarded)
        record = delivery.proof_ids - forwarded
        self.assertEqual((record.kind, record.source, record.external_id), ("receipt", "collection", "ar-1"))
        self.assertEqual((record.refers_to, record.attachment_id.ids), (forwarded.uuid, []))
        self.assert_served(delivery, self.day(1))
        self.receive(delivery, "receipt", self.day(1), content=b"%PDF-1.4 the receipt", external_id="ar-1")
        self.assertEqual(len(delivery.proof_ids), 2)
        chain = forwarded.chain_id
        self.assertIsNone(verify(chain.uuid, chain._read_records(), chain._get_head()))

    # === Fifteen days === #

    def test_a_proof_that_nobody_vouches_for_silences_nothing(self):
        delivery = self.send()
        self.receive(delivery, "bounce", source="mail")
        with self.on(17):
            delivery.invalidate_recordset()
            self.assertTrue(delivery.is_proof_late)

    def test_what_was_asked_for_and_done_is_not_asked_for_again(self):
        delivery = self.send()
        with self.on(20):
            delivery._watch_proofs(self.company)
            delivery.notice_id.case_id._finish_tasks("find_proof")
            delivery._watch_proofs(self.company)
            self.assertNotIn("find_proof", self.tasks(delivery))

    def test_what_is_over_lacks_nothing(self):
        delivery = self.send("registered_letter")
        delivery.date_presented = TODAY
        delivery.action_declare_received()
        with self.on(30):
            delivery.invalidate_recordset()
            self.assertFalse(delivery.missing_proofs or delivery.is_proof_late)

    def test_what_is_late_is_asked_for_until_it_comes(self):
        delivery = self.send()
        self.receive(delivery, "submission", self.day(0))
        self.receive(delivery, "dispatch", self.day(0))
        self.assertEqual(delivery.last_day_to_claim, self.day(15))
        for after, late in ((15, False), (16, False), (17, True)):
            with self.on(after):
                delivery.invalidate_recordset()
                delivery._watch_proofs(self.company)
                self.assertEqual(delivery.is_proof_late, late)
                self.assertEqual("find_proof" in self.tasks(delivery), late)
        with self.on(18):
            self.receive(delivery, "receipt", self.day(15))
            delivery._watch_proofs(self.company)
            self.assertFalse(delivery.missing_proofs)
            self.assertNotIn("find_proof", self.tasks(delivery))

    def test_what_is_missing_is_named(self):
        delivery = self.send()
        self.assertIn("Submission, due on", delivery.missing_proofs)
        self.assertIn("Receipt, refusal or non-claim, due on", delivery.missing_proofs)
        self.formal.channel_id = self.registered
        letter = self.send("registered_letter", self.make_customer("Other", debtor_kind="business"))
        self.assertIn("Receipt or returned letter", letter.missing_proofs)
        self.assertNotIn("Submission", letter.missing_proofs)
