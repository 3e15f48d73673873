"""One formal notice through the sandbox, from its submission to its receipt."""

import os
import time
from datetime import datetime, timezone
from pathlib import Path

from ..sandbox.process import Control

A_SECOND = 1 / 3600  # hours: the addressee is told after one, and accepts after another
UNTIL_ACCEPTED = 3  # seconds
LABELS = {"submission": "submitted", "dispatch": "dispatched", "receipt": "received"}


class RegisteredNotice:
    def __init__(self, env, company):
        self.env, self.company = env, company
        self.channel = env.ref("account_dunning.channel_sandbox")

    def show(self):
        """Send one that waits for approval, once, and print what came back; nothing where there is no sandbox."""
        sandbox = self._connect()
        notice = sandbox and (self._find_sent() or self._choose())
        if not notice:
            return
        if notice.state == "draft":
            self._send(sandbox, notice)
        self._tell(notice)

    def _find_sent(self):
        return self.env["account.dunning.delivery"].search([("channel_id", "=", self.channel.id)], limit=1).notice_id

    def _send(self, sandbox, notice):
        sandbox.set_clock(datetime.now(timezone.utc).isoformat())
        notice.channel_id = self.channel
        notice.action_approve()
        self.env["account.dunning.issue"]._issue_company(self.company)
        for delivery in notice.delivery_ids.filtered("leading"):
            sandbox.let(delivery.uuid, "accept", A_SECOND)
        self.env["account.dunning.outbox"]._deliver_company(self.company)
        time.sleep(UNTIL_ACCEPTED)
        self.env["account.dunning.collection"]._cron_collect()
        self.env.cr.commit()

    def _connect(self):
        """The account at the process that ./dev has started; its root is trusted in this database."""
        if "DUNNING_SANDBOX" not in os.environ:
            return None
        folder = Path(os.environ["DUNNING_SANDBOX"])
        control = Control(f"http://127.0.0.1:{(folder / 'port').read_text()}", (folder / "token").read_text())
        self.channel.provider_id.write({"address": control.address, "token": control.token})
        roots, root = self.env["account.dunning.trust.root"], control.read_root()
        if root not in roots.search([("company_id", "=", self.company.id)]).mapped("certificate"):
            roots.create({"company_id": self.company.id, "certificate": root, "note": "ESSAI - SANS VALEUR"})
        return control

    def _choose(self):
        waiting = self.env["account.dunning.notice"].search(
            [("company_id", "=", self.company.id), ("state", "=", "draft"), ("stage", "=", "formal_notice")], order="id"
        )
        partners = {notice: notice.partner_id.with_company(self.company) for notice in waiting}
        return next((one for one in waiting if self.channel._get_address(partners[one]._get_dunning_recipient())), None)

    def _tell(self, notice):
        delivery = notice.delivery_ids.filtered("leading")[-1:]
        seals = dict(self.env["account.dunning.proof"]._fields["seal_state"]._description_selection(self.env))
        print(f"\n  {notice.name} to {notice.partner_id.name}, by the sandbox (ESSAI - SANS VALEUR)")
        for proof in delivery.proof_ids.sorted("event_time"):
            moment = f"{self.company._dunning_local(proof.event_time):%Y-%m-%d %H:%M:%S}"
            print(f"    {LABELS.get(proof.kind, proof.kind):<14}{moment}   {seals[proof.seal_state]}")
        print(f"    {'state':<14}{delivery.state}{f', {delivery.last_error}' if delivery.last_error else ''}")
        if notice.effective_date:
            print(f"    {'served':<14}{notice.effective_date}   {notice.effective_basis}")
