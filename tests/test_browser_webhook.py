import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import TODAY
from .registered_common import SandboxCommon

LARGEST = 64 * 1024
STATES = ("waiting", "sent", "received")


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserWebhook(SandboxCommon, HttpCase):
    """Over real HTTP: whatever comes in, it makes us look and no more."""

    def setUp(self):
        super().setUp()
        self.path = f"/account_dunning/webhook/{self.provider.webhook_key}"
        self.events = self.env["account.dunning.webhook.event"].search([])
        self.env["ir.cron.trigger"].search([]).unlink()

    def post(self, body, path=None, **headers):
        self.env.flush_all()
        headers = {"Content-Type": "application/json", **headers}
        answer = self.url_open(path or self.path, data=body, headers=headers, timeout=30)
        self.env.invalidate_all()
        return answer.status_code

    def get_new(self):
        return self.env["account.dunning.webhook.event"].search([("provider_id", "=", self.provider.id)], order="id")

    def make_delivery(self, name="Debtor"):
        delivery = self.issue(self.make_customer(name))
        self.deliver()
        self.collect()
        return delivery

    def say(self, delivery, state="received", **more):
        return json.dumps({"id": delivery.external_ref, "reference": delivery.uuid, "state": state, **more}).encode()

    def count_wakes(self):
        cron = self.env.ref("account_dunning.ir_cron_collect")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_news_are_kept_raw_and_looked_into_at_once(self):
        delivery = self.make_delivery()
        self.service.advance(hours=2)
        self.collect()
        self.assertEqual(delivery.state, "sent", "the next look is an hour away")
        body = self.say(delivery)
        self.assertEqual(self.post(body), 200)
        event = self.get_new()
        self.assertEqual(event._get_body(), body)
        self.assertEqual(event.text, body.decode())
        self.assertEqual(self.count_wakes(), 1)
        self.assertEqual(delivery.state, "sent", "nothing was done yet")
        self.collect()
        self.assertEqual(delivery.state, "received")
        self.assertEqual(event.state, "heeded")

    def test_the_same_again_and_again_is_kept_once(self):
        delivery = self.make_delivery()
        for _time in range(5):
            self.assertEqual(self.post(self.say(delivery)), 200)
        self.assertEqual(len(self.get_new()), 1)
        self.assertEqual(self.count_wakes(), 1)
        self.collect()
        looked = delivery.collect_at
        self.post(self.say(delivery))
        self.collect()
        self.assertEqual(delivery.collect_at, looked, "a replay wakes nothing")

    def test_a_forged_one_changes_nothing(self):
        delivery = self.make_delivery()
        for state in ("received", "refused", "bounced"):
            self.post(self.say(delivery, state, proof="aGVsbG8="))
            self.collect()
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(sorted(delivery.proof_ids.mapped("kind")), ["submission"])

    def test_out_of_order_and_late(self):
        delivery = self.make_delivery()
        self.service.advance(hours=2)
        for state in reversed(STATES):
            self.post(self.say(delivery, state))
            self.collect()
        self.assertEqual(delivery.state, "received")
        self.assertEqual(len(delivery.proof_ids), 3)

    def test_unknown_references_and_garbage_do_no_harm(self):
        delivery = self.make_delivery()
        before = delivery.collect_at
        bodies = [
            b"\x00\xff\xfe garbage",
            b"{",
            b'{"reference": "no uuid"}',
            b'{"reference": "00000000-0000-0000-0000-000000000000"}',
            b"'; DROP TABLE account_dunning_delivery; --",
            "{'état': '…'}".encode(),
            b"[" * 20000,
        ]
        for body in bodies:
            self.assertEqual(self.post(body), 200, body[:40])
        self.assertEqual(len(self.get_new()), len(bodies))
        self.collect()
        self.assertEqual(set(self.get_new().mapped("state")), {"unknown"})
        self.assertEqual(delivery.collect_at, before)
        self.assertTrue(all(event.text for event in self.get_new()))

    def test_another_providers_delivery_is_not_woken(self):
        delivery = self.make_delivery()
        other = self.provider.copy({"name": "Other", "address": "http://127.0.0.1:1", "token": "x"})
        self.assertNotEqual(other.webhook_key, self.provider.webhook_key)
        before = delivery.collect_at
        self.post(self.say(delivery), f"/account_dunning/webhook/{other.webhook_key}")
        self.collect()
        self.assertEqual(delivery.collect_at, before)

    def test_a_wrong_path_is_not_found(self):
        for path in ("/account_dunning/webhook/x", "/account_dunning/webhook/False", self.path[:-1]):
            self.assertEqual(self.post(b"{}", path), 404)
        self.provider.state = "disabled"
        self.assertEqual(self.post(b"{}"), 404)
        self.assertFalse(self.get_new())

    @mute_logger("odoo.http")
    def test_too_large_is_refused(self):
        self.assertEqual(self.post(b"x" * LARGEST), 200)
        self.assertEqual(self.post(b"x" * (LARGEST + 1)), 413)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.post(b"x=" + b"y" * (LARGEST + 1), **form), 413)
        self.assertEqual(len(self.get_new()), 1)

    def test_only_post(self):
        self.assertEqual(self.url_open(self.path).status_code, 405)

    @mute_logger("odoo.http")
    def test_without_a_length_no_more_than_the_limit_is_read(self):
        status = self.post(b"x" * 1024 for _chunk in range(200))
        self.assertIn(status, (200, 411, 413))
        self.assertFalse(self.get_new().filtered(lambda event: len(event._get_body()) > LARGEST))

    def test_a_flood_is_answered_and_wakes_once(self):
        self.patch(self.registry["account.dunning.webhook.event"], "_count_waiting", lambda _self, _provider: 1000)
        with mute_logger("odoo.addons.account_dunning.models.account_dunning_webhook_event"):
            self.assertEqual(self.post(b"one more"), 200)
        self.assertFalse(self.get_new())

    def test_events_are_thrown_away_after_a_month(self):
        self.post(b"{}")
        event = self.get_new()
        event.sudo().received_at = fields.Datetime.now() - timedelta(days=29)
        event._gc_events()
        self.assertTrue(event.exists())
        event.sudo().received_at = fields.Datetime.now() - timedelta(days=31)
        event._gc_events()
        self.assertFalse(event.exists())
