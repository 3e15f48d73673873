"""What services tell us by themselves, as it came: a hint where to look, never taken for true."""

import base64
import hashlib
import logging
import re
from datetime import timedelta

from psycopg2 import Binary

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
KEPT_DAYS = 30
MOST_WAITING = 1000  # of one provider; what comes beyond is answered and not kept, the hourly look finds it all
UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_REFERENCES = 20


class AccountDunningWebhookEvent(models.Model):
    _name = "account.dunning.webhook.event"
    _description = "Message of a Delivery Service"
    _order = "id desc"
    _rec_name = "sha256"

    provider_id = fields.Many2one("account.dunning.provider", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    received_at = fields.Datetime(required=True, readonly=True)
    body = fields.Binary(attachment=False, readonly=True)
    sha256 = fields.Char(string="SHA-256", required=True, readonly=True)
    text = fields.Text(string="Message", compute="_compute_text")
    state = fields.Selection(
        [("new", "New"), ("heeded", "Looked at"), ("unknown", "Names no open delivery")],
        required=True,
        readonly=True,
        default="new",
    )

    _once = models.UniqueIndex("(provider_id, sha256)", "This message was already kept.")
    _new_idx = models.Index("(provider_id, id) WHERE state = 'new'")

    @api.depends("body")
    def _compute_text(self):
        for event in self:
            event.text = event._get_body().decode(errors="replace").replace("\0", "")

    def _get_body(self):
        """The raw bytes, as they came."""
        return base64.b64decode(self.with_context(bin_size=False).body or b"")

    @api.model
    def _keep(self, provider, body):
        """Store the raw bytes, once however often they come; True when they are new."""
        if self._count_waiting(provider) >= MOST_WAITING:
            _logger.warning("Too many messages of %s wait: one was not kept", provider.display_name)
            return False
        kept = self.env.execute_query(
            SQL(
                """
                INSERT INTO account_dunning_webhook_event (provider_id, company_id, received_at, body, sha256, state)
                     VALUES (%s, %s, %s, %s, %s, 'new')
                ON CONFLICT (provider_id, sha256) DO NOTHING RETURNING id
                """,
                provider.id,
                provider.company_id.id or None,
                fields.Datetime.now(),
                Binary(base64.b64encode(body)),
                hashlib.sha256(body).hexdigest(),
            )
        )
        return bool(kept)

    @api.model
    def _count_waiting(self, provider):
        return self.search_count([("provider_id", "=", provider.id), ("state", "=", "new")], limit=MOST_WAITING)

    @api.model
    def _heed_new(self):
        """The deliveries that new messages name are looked at by this job, whatever else the messages say."""
        for event in self.search([("state", "=", "new")], limit=MOST_WAITING, order="id"):
            named = event._find_deliveries()
            named._expect_news()
            event.state = "heeded" if named else "unknown"
        self.env["ir.cron"]._commit_progress()

    def _find_deliveries(self):
        """Open ones of the provider that sent the message, by our reference anywhere in it."""
        uuids = {found.decode().lower() for found in UUID.findall(self._get_body())[:MOST_REFERENCES]}
        return self.env["account.dunning.delivery"].search(
            [
                ("uuid", "in", list(uuids)),
                ("channel_id.provider_id", "=", self.provider_id.id),
                ("collect_at", "!=", False),
            ]
        )

    @api.autovacuum
    def _gc_events(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("received_at", "<", limit)]).unlink()
