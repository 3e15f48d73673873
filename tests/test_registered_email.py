import hashlib
import io
import logging
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_dunning.delivery.sandbox import SandboxAdapter
from odoo.addons.account_dunning.demo.registered import RegisteredNotice

from .common import TODAY
from .registered_common import SandboxCommon

RETRIED = "odoo.addons.account_dunning.models.retried"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisteredEmail(SandboxCommon):
    @contextmanager
    def later(self, **amount):
        """The clocks of both go on, and back again."""
        start = fields.Datetime.now()
        self.set_clock(start + timedelta(**amount))
        try:
            with freeze_time(start + timedelta(**amount)):
                yield
        finally:
            self.set_clock(start)

    def collect_later(self, **amount):
        with self.later(**amount):
            self.collect()

    def set_clock(self, moment):
        self.service.set_clock(f"{moment:%Y-%m-%dT%H:%M:%S}+00:00")

    def send(self):
        delivery = self.issue()
        self.deliver()
        return delivery

    # === It leaves === #

    def test_a_formal_notice_goes_to_its_receipt(self):
        delivery = self.send()
        self.assertRecordValues(
            delivery,
            [{"state": "sent", "date_left": TODAY, "attempts": 1, "is_test": True, "recipient": self.customer.email}],
        )
        self.assertEqual(self.item(delivery.notice_id.line_ids.move_id).level_id, self.formal)
        (line,) = self.service.read_log()[self.before :]
        letter = delivery.notice_id.document_id
        self.assertEqual(line["reference"], delivery.uuid)
        self.assertEqual(line["id"], delivery.external_ref)
        self.assertEqual(line["sha256"], hashlib.sha256(letter.raw).hexdigest())
        self.assertEqual((delivery.content_id, delivery.content_sha256), (letter, line["sha256"]))
        self.collect_later(hours=2)
        self.assertEqual(delivery.state, "received")
        self.assertEqual(sorted(delivery.proof_ids.mapped("kind")), ["dispatch", "receipt", "submission"])
        self.assertEqual(set(delivery.proof_ids.mapped("seal_state")), {"trusted"})
        self.assertEqual(set(delivery.proof_ids.mapped("source")), {"collection"})
        self.assertRecordValues(delivery.notice_id, [{"effective_date": TODAY, "effective_basis": "proved"}])
        self.assertFalse(delivery.collect_at)

    def pass_to(self, state):
        """As a service that is not only for tests; the form refuses that of the sandbox."""
        self.env.cr.execute("UPDATE account_dunning_provider SET state = %s WHERE id = %s", [state, self.provider.id])
        self.env.invalidate_all()

    def test_a_test_is_what_goes_by_a_provider_that_is_in_test_when_it_goes(self):
        for made, left, is_test in (("enabled", "test", True), ("test", "enabled", False)):
            self.pass_to(made)
            delivery = self.issue(self.make_customer(f"Made {made}"))
            self.assertEqual(delivery.is_test, not is_test)
            self.pass_to(left)
            self.deliver()
            self.assertRecordValues(delivery, [{"state": "sent", "is_test": is_test}])
            self.collect_later(hours=2)
            self.assertEqual(delivery.proof_ids.mapped("is_test"), [is_test] * 3)

    def test_a_notice_says_that_it_was_a_test_while_nothing_else_has_taken_it(self):
        delivery = self.issue()
        self.assertFalse(delivery.notice_id.is_test)
        self.deliver()
        self.assertTrue(delivery.notice_id.is_test)
        self.service.let(delivery.uuid, "bounce", 1)
        self.collect_later(hours=2)
        self.assertEqual(delivery.state, "bounced")
        self.assertFalse(delivery.notice_id.is_test)

    def test_what_is_collected_again_and_again_is_there_once(self):
        delivery = self.send()
        for _time in range(3):
            self.collect()
        with self.later(hours=2):
            for _time in range(3):
                self.collect()
        self.assertEqual(len(delivery.proof_ids), 3)

    def test_the_log_of_the_case_says_that_it_was_a_test(self):
        delivery = self.send()
        notes = delivery.notice_id.case_id.message_ids.mapped("body")
        self.assertTrue(any("TEST, without value" in note and delivery.external_ref in note for note in notes))

    def test_each_outcome(self):
        for does, state in (("refuse", "refused"), ("bounce", "bounced"), ("ignore", "unclaimed")):
            customer = self.make_customer(f"Who will {does}")
            self.service.let(customer.email, does, 1)
            delivery = self.issue(customer)
            self.deliver()
            with self.later(days=17):
                self.collect()
            self.assertEqual(delivery.state, state, does)
            self.assertEqual(len(delivery.proof_ids), 3, does)

    def test_a_letter_that_is_not_the_one_that_was_made_does_not_leave(self):
        delivery = self.issue()
        self.env.cr.execute("UPDATE account_dunning_notice SET document_sha256 = 'other'")
        self.env.invalidate_all()
        self.deliver()
        self.assertFalse(self.taken())
        self.assertEqual(delivery.state, "failed")

    def test_what_was_paid_meanwhile_does_not_leave(self):
        delivery = self.issue()
        self.pay(delivery.notice_id.line_ids.move_id)
        self.deliver()
        self.assertFalse(self.taken())
        self.assertEqual(delivery.state, "cancelled")

    def test_the_story_of_the_demonstration_runs_forwards(self):
        self.make_invoice(days=60)
        self.night()
        notice = self.notices("draft")
        known = self.env.ref("account_dunning.channel_sandbox", raise_if_not_found=False)
        if not known:
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": "account_dunning.channel_sandbox", "record": self.channel}]
            )
        with self.job() as env, patch.object(RegisteredNotice, "_connect", lambda _story: self.service):
            story = RegisteredNotice(env, self.company.with_env(env))
            story.channel = self.channel.with_env(env)
            with redirect_stdout(io.StringIO()):
                story.show()
        delivery = notice.delivery_ids
        times = {proof.kind: proof.event_time for proof in delivery.proof_ids}
        story = [notice.approved_at, times["submission"], times["dispatch"], times["receipt"]]
        self.assertEqual(story, sorted(story))
        self.assertLess(times["receipt"], notice.approved_at + timedelta(seconds=10))
        self.assertRecordValues(notice, [{"date_left": TODAY, "effective_date": TODAY, "effective_basis": "proved"}])

    # === Perhaps it left === #

    def test_an_uncertain_one_that_the_service_has_is_found_by_our_reference(self):
        for fault in ("timeout_after", "reset_after", "error_500_after", "html", "empty"):
            customer = self.make_customer(f"Customer of {fault.replace('_', ' ')}")
            delivery = self.issue(customer)
            self.service.fail(fault, "send", seconds=1)
            self.deliver()
            self.assertEqual(delivery.state, "uncertain", fault)
            self.assertNotIn("settle_delivery", self.tasks(delivery), fault)
            self.deliver()
            self.assertNotIn("settle_delivery", self.tasks(delivery), fault)
            with self.later(days=1):
                self.collect()
            self.assertEqual(delivery.state, "received", fault)
            self.assertEqual(delivery.date_left, TODAY, fault)
            self.assertEqual(self.taken().count(delivery.uuid), 1, fault)

    def test_an_uncertain_one_that_is_not_found_twice_is_a_persons_task(self):
        delivery = self.issue()
        self.service.fail("reset", "send")
        self.deliver()
        self.assertRecordValues(delivery, [{"state": "uncertain", "look_ups": 0}])
        self.collect()
        self.assertRecordValues(delivery, [{"state": "uncertain", "look_ups": 1}])
        self.collect()
        self.assertEqual(delivery.look_ups, 1, "the second look comes some time later")
        with self.later(minutes=16):
            self.collect()
            self.assertIn("settle_delivery", self.tasks(delivery))
            self.assertIn("does not know it", delivery.last_error)
            self.collect()
            self.deliver()
            self.assertEqual(delivery.state, "uncertain")
            self.assertFalse(self.taken())
            delivery.action_settle_not_left()
            self.deliver()
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(self.taken(), [delivery.uuid])

    def settle_wrongly(self):
        """The service has it; a person, whom it could not tell so, says that it did not leave."""
        delivery = self.issue()
        self.service.fail("reset_after", "send")
        self.deliver()
        self.assertEqual(delivery.state, "uncertain")
        delivery.action_settle_not_left()
        return delivery

    def test_one_that_left_all_the_same_is_found_and_not_sent_again(self):
        delivery = self.settle_wrongly()
        with self.later(days=1):
            self.deliver()
            self.assertRecordValues(delivery, [{"state": "sent", "date_left": TODAY, "attempts": 1}])
            self.assertTrue(delivery.concluded)
            self.collect()
        self.assertEqual(delivery.state, "received")
        self.assertEqual(self.taken(), [delivery.uuid])

    def test_while_the_service_cannot_be_asked_nothing_is_sent_again(self):
        delivery = self.settle_wrongly()
        moment = fields.Datetime.now()
        for fault in ("html", "reset", "error_500", "maintenance", "too_many"):
            self.service.fail(fault, "look_up", seconds=60)
            with freeze_time(moment):
                self.deliver()
            self.assertRecordValues(delivery, [{"state": "queued", "attempts": 1}])
            self.assertEqual(self.taken(), [delivery.uuid], fault)
            moment += timedelta(minutes=16)
        self.service.fail("unauthorized", "look_up")
        with freeze_time(moment):
            self.deliver()
            self.assertRecordValues(delivery, [{"state": "queued", "attempts": 1}])
            self.assertTrue(self.provider.stopped_reason)
            self.provider.action_try_again()
            self.deliver()
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(self.taken(), [delivery.uuid])

    def test_one_that_was_interrupted_is_looked_up(self):
        delivery = self.send()
        self.env.cr.execute(
            "UPDATE account_dunning_delivery SET state = 'sending', external_ref = NULL, date_left = NULL, "
            "concluded = NULL, collect_at = NULL WHERE id = %s",
            [delivery.id],
        )
        self.env.invalidate_all()
        self.deliver()
        self.assertEqual(delivery.state, "uncertain")
        self.collect()
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(self.taken(), [delivery.uuid])

    # === It certainly did not leave === #

    def test_wrong_credentials_stop_the_provider_and_keep_what_waits(self):
        others = [self.make_customer(f"Debtor {number}") for number in range(3)]
        deliveries = self.issue(*others)
        self.service.fail("unauthorized", "send", times=10)
        self.deliver()
        self.assertEqual(deliveries.mapped("state"), ["queued"] * 3)
        self.assertEqual(deliveries.mapped("attempts"), [0, 0, 0])
        self.assertIn("credentials", self.provider.stopped_reason)
        faults = self.service.request("GET", "control/faults")["faults"]
        self.assertEqual(faults[0]["times"], 9, "one call tells it")
        self.deliver()
        self.assertFalse(self.taken())
        self.service.heal()
        self.provider.token = self.service.token
        self.assertFalse(self.provider.stopped_reason)
        self.deliver()
        self.assertEqual(deliveries.mapped("state"), ["sent"] * 3)

    def test_a_stopped_provider_is_told_above_the_lists_and_in_the_run(self):
        manager = self.make_user("manager", "account_dunning.group_dunning_manager")
        desk = self.env["account.dunning.desk"].with_user(manager).with_company(self.company)
        said = "Sandbox is stopped: %s: the service does not accept the credentials."
        delivery = self.issue()
        self.service.fail("unauthorized", "send")
        self.deliver()
        run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual(desk.get_banner()["silent"], [said % "Sending"])
        self.assertEqual(run.errors, said % "Sending")
        self.provider.action_try_again()
        self.assertEqual(desk.get_banner()["silent"], [])
        self.deliver()
        self.assertEqual(delivery.state, "sent")
        self.service.fail("unauthorized", "status")
        self.collect()
        self.assertEqual(desk.get_banner()["silent"], [said % "Reading its status"])
        self.assertIn(said % "Reading its status", run.errors)

    def test_a_stopped_provider_of_another_company_is_told_there_alone(self):
        self.provider.stopped_reason = "Its reason."
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids |= other
        self.provider.company_id = other
        desk = self.env["account.dunning.desk"]
        for company, is_told in ((self.company, False), (other, True)):
            said = desk.with_context(allowed_company_ids=company.ids).get_banner()["silent"]
            self.assertEqual("Sandbox is stopped: Its reason." in said, is_told)

    def test_maintenance_and_too_many_calls_wait_without_an_attempt(self):
        for fault in ("maintenance", "too_many"):
            delivery = self.issue(self.make_customer(f"Customer of {fault.replace('_', ' ')}"))
            self.service.fail(fault, "send", seconds=60)
            self.deliver()
            self.assertRecordValues(delivery, [{"state": "queued", "attempts": 0}])
            self.deliver()
            self.assertEqual(delivery.state, "queued", "the pause is not over")
            with self.later(minutes=16):
                self.deliver()
            self.assertRecordValues(delivery, [{"state": "sent", "attempts": 1}])
            self.provider.action_try_again()

    def test_a_refused_letter_goes_by_the_fallback(self):
        delivery = self.issue()
        with patch.object(SandboxAdapter, "_write", lambda _adapter, _parcel: {}):
            self.deliver()
        self.assertEqual(delivery.state, "failed")
        other = delivery.notice_id.delivery_ids - delivery
        self.assertRecordValues(other, [{"channel_id": self.registered.id, "state": "queued", "is_test": False}])

    def test_a_service_that_nobody_reaches_is_tried_again(self):
        delivery = self.issue()
        self.provider.address = "http://127.0.0.1:1"
        self.deliver()
        self.assertRecordValues(delivery, [{"state": "queued", "attempts": 1}])
        self.provider.address = self.service.address
        with self.later(minutes=16):
            self.deliver()
        self.assertEqual(delivery.state, "sent")

    # === Proofs that do not come as they should === #

    def test_a_proof_that_is_not_ready_is_asked_for_later_and_later_then_somebody_is_told(self):
        delivery = self.send()
        self.service.delay_proofs(99999)
        waited = []
        moment = fields.Datetime.now()
        for _time in range(8):
            with freeze_time(moment):
                self.collect()
            waited.append((delivery.collect_at - moment).total_seconds() / 60)
            moment = delivery.collect_at
        self.assertEqual(waited, [1, 5, 15, 60, 240, 720, 1440, 1440])
        self.assertIn("find_proof", self.tasks(delivery))
        self.assertFalse(delivery.proof_ids)
        self.service.delay_proofs(0)
        with freeze_time(moment):
            self.collect()
        self.assertEqual(len(delivery.proof_ids), 1)
        self.assertFalse(delivery.collect_error)

    def test_wrong_bytes_are_no_proof(self):
        for fault in ("html", "truncated", "empty"):
            delivery = self.issue(self.make_customer(f"Customer of {fault}"))
            self.deliver()
            self.service.fail(fault, "proof", times=3)
            with self.later(hours=3):
                self.collect()
                self.assertFalse(delivery.proof_ids, fault)
                self.assertTrue(delivery.collect_error, fault)
            self.collect_later(hours=4)
            self.assertEqual(len(delivery.proof_ids), 3, fault)
            self.assertEqual(delivery.state, "received")

    def test_a_broken_receipt_is_fetched_again_until_it_is_whole(self):
        delivery = self.send()
        self.collect()
        self.collect_later(hours=1)
        moment = fields.Datetime.now() + timedelta(hours=2)
        self.set_clock(moment)
        waited = []
        self.service.fail("broken", "proof", times=8)
        delivery._expect_news()
        for _time in range(8):
            with freeze_time(moment):
                self.collect()
            waited.append((delivery.collect_at - moment).total_seconds() / 60)
            moment = delivery.collect_at
        self.assertEqual(waited, [1, 5, 15, 60, 240, 720, 1440, 1440])
        broken = delivery.proof_ids.filtered(lambda proof: proof.seal_state == "broken")
        self.assertEqual(broken.mapped("kind"), ["receipt"], "the same broken bytes are kept once")
        self.assertEqual(delivery.state, "sent")
        self.assertIn("find_proof", self.tasks(delivery))
        self.assertIn("broken", delivery.collect_error)
        with freeze_time(moment):
            self.collect()
            self.assertNotIn("find_proof", self.tasks(delivery))
        self.assertEqual(delivery.state, "received")
        receipts = delivery.proof_ids.filtered(lambda proof: proof.kind == "receipt")
        self.assertEqual(sorted(receipts.mapped("seal_state")), ["broken", "trusted"])
        self.assertEqual(len(set(receipts.mapped("external_id"))), 1)
        self.assertFalse(delivery.collect_at)

    def test_a_broken_proof_of_the_submission_is_fetched_again(self):
        delivery = self.send()
        self.service.fail("broken", "proof", times=1)
        self.collect_later(hours=2)
        self.assertEqual(delivery.state, "received")
        self.assertTrue(delivery.collect_at)
        self.collect_later(hours=3)
        self.assertEqual(len(delivery.proof_ids), 4)
        self.assertFalse(delivery.collect_at)

    def test_no_day_is_told_of_what_has_not_left(self):
        delivery = self.issue()
        self.assertFalse(delivery.date_left)
        with self.assertRaisesRegex(UserError, "slip.pdf: on this day it had not left yet"):
            delivery._check_told("slip.pdf", "receipt", TODAY)

    def test_proofs_that_came_are_kept_where_another_did_not(self):
        delivery = self.send()
        self.service.fail("html", "proof", times=1)
        self.collect_later(hours=2)
        self.assertEqual(sorted(delivery.proof_ids.mapped("kind")), ["dispatch", "receipt"])
        self.collect_later(hours=3)
        self.assertEqual(len(delivery.proof_ids), 3)

    def test_a_status_that_cannot_be_read_changes_nothing(self):
        for fault in ("timeout_before", "reset", "error_500", "html", "empty"):
            delivery = self.issue(self.make_customer(f"Customer of {fault.replace('_', ' ')}"))
            self.deliver()
            self.service.fail(fault, "status", seconds=1)
            self.collect()
            self.assertEqual(delivery.state, "sent", fault)
            self.assertTrue(delivery.collect_error, fault)
            self.collect_later(hours=2)
            self.assertEqual(delivery.state, "received", fault)

    def test_wrong_credentials_when_reading_stop_the_provider(self):
        delivery = self.send()
        self.service.fail("unauthorized", "status")
        self.collect()
        self.assertTrue(self.provider.stopped_reason)
        self.assertFalse(delivery.proof_ids)
        self.provider.action_try_again()
        self.collect()
        self.assertEqual(len(delivery.proof_ids), 1)

    def test_a_fault_with_one_customer_stops_no_other(self):
        deliveries = self.issue(*(self.make_customer(f"Debtor {number}") for number in range(3)))
        self.deliver()
        read = SandboxAdapter.fetch_status
        bad = deliveries[1].external_ref

        def fail(adapter, external_ref):
            if external_ref == bad:
                raise RuntimeError("a bug")
            return read(adapter, external_ref)

        with patch.object(SandboxAdapter, "fetch_status", fail), mute_logger(RETRIED), self.later(hours=2):
            self.collect()
        self.assertEqual(deliveries.mapped("state"), ["received", "sent", "received"])
        self.assertTrue(deliveries[1].collect_error)
        self.collect_later(hours=4)
        self.assertEqual(deliveries[1].state, "received")

    def test_the_longest_waiting_is_looked_at_first(self):
        deliveries = self.issue(*(self.make_customer(f"Debtor {number}") for number in range(3)))
        self.deliver()
        deliveries[2].collect_at = fields.Datetime.now() - timedelta(hours=5)
        with patch("odoo.addons.account_dunning.models.account_dunning_collection.BATCH", 1):
            self.collect()
        self.assertEqual([len(delivery.proof_ids) for delivery in deliveries], [0, 0, 1])

    # === Where a provider in test may be used === #

    def test_elsewhere_nothing_leaves_by_a_provider_in_test(self):
        delivery = self.issue()
        self.patch(type(self.env["res.company"]), "_dunning_is_trial", lambda _company: False)
        self.deliver()
        self.assertFalse(self.taken())
        self.assertEqual(delivery.state, "queued")
        self.assertEqual(self.channel._reachable(self.customer), self.registered)

    def test_the_sandbox_is_never_enabled(self):
        with self.assertRaisesRegex(ValidationError, "for tests: what it sends reaches nobody"):
            self.provider.state = "enabled"

    def test_no_provider_of_registered_mail_comes_with_the_addon(self):
        ours = self.env["ir.model.data"].search(
            [("module", "=", "account_dunning"), ("model", "=", "account.dunning.provider")]
        )
        names = set(ours.mapped("name")) - {"provider_sandbox"}  # of the demo data
        self.assertEqual(names, {"provider_email", "provider_own_letter"})

    # === Credentials === #

    def test_the_token_goes_in_and_does_not_come_out(self):
        self.assertTrue(self.provider.has_token)
        self.assertFalse(self.provider.read(["token"])[0]["token"])
        self.provider.write({"name": "Other name", "token": ""})
        self.assertEqual(self.provider.credentials["token"], self.service.token)

    def test_only_an_administrator_reads_credentials_and_path(self):
        manager = self.make_user("manager", "account_dunning.group_dunning_manager")
        provider = self.provider.with_user(manager)
        self.assertEqual(provider.name, "Sandbox")
        for name in ("credentials", "address", "token", "webhook_key", "webhook_url"):
            with self.assertRaises(AccessError, msg=name):
                provider.read([name])
            with self.assertRaises(AccessError, msg=name):
                provider.write({name: "x"})

    def test_nothing_secret_is_logged_or_shown(self):
        delivery = self.issue()
        self.provider.token = "s3cret-token"
        with self.assertLogs(level="DEBUG") as logs:
            self.deliver()
            self.collect()
            logging.getLogger("odoo").debug("end")
        told = "\n".join(logs.output) + f"{self.provider.stopped_reason} {delivery.last_error}"
        self.assertNotIn("s3cret-token", told)
