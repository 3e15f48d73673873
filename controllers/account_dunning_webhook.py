"""News of delivery services: kept as they come, answered at once, and looked into by the collecting job."""

from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from odoo import http
from odoo.http import request

from ..models.account_dunning_provider import WEBHOOK

LARGEST = 64 * 1024


class AccountDunningWebhook(http.Controller):
    @http.route(
        f"{WEBHOOK}/<string:key>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=LARGEST,
    )
    def receive(self, key, **_form):
        """Whoever knows the path makes us look, and no more: what the body says is never taken for true."""
        provider = self._get_provider(key)
        body = self._read_body()
        if body and request.env["account.dunning.webhook.event"].sudo()._keep(provider, body):
            request.env["account.dunning.collection"].sudo()._wake()
        return request.make_response("OK", [("Content-Type", "text/plain")])

    def _get_provider(self, key):
        provider = request.env["account.dunning.provider"].sudo().search([("webhook_key", "=", key)], limit=1)
        if not provider or provider.state == "disabled":
            raise NotFound
        return provider

    def _read_body(self):
        """At most so many bytes, also where the request does not say how long it is."""
        if (request.httprequest.content_length or 0) > LARGEST:
            raise RequestEntityTooLarge
        body = request.httprequest.get_data()
        if len(body) > LARGEST:
            raise RequestEntityTooLarge
        return body
