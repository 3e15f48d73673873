"""Registered notices that have left, and receipts for them."""

import io
from datetime import datetime, time

from reportlab.pdfgen.canvas import Canvas

from odoo.tests import freeze_time

from .common import TODAY, DunningCommon

RECEIPT = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\n%%EOF receipt "


@freeze_time(TODAY)
class ProofCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids.sequence = 9
        cls.policy = cls.make_policy([(5, "formal_notice"), (15, "last_notice")])
        cls.company.dunning_policy_id = cls.policy
        cls.formal, cls.last = cls.policy.level_ids
        cls.last.write({"delay_days": 3, "delay_basis": "response_date"})
        cls.customer.debtor_kind = "business"
        cls.proofs = cls.env["account.dunning.proof"]

    @classmethod
    def make_channel(cls, method):
        """By a service whose calls are not the matter here."""
        provider = cls.env["account.dunning.provider"].create(
            {"name": "Service", "code": "own_letter", "state": "enabled"}
        )
        return cls.env["account.dunning.channel"].create(
            {"name": method, "method": method, "provider_id": provider.id, "fallback_channel_id": cls.registered.id}
        )

    def send(self, method="registered_email", customer=None):
        """The leading delivery of a formal notice that left today by `method`."""
        if method != "registered_letter":
            self.formal.channel_id = self.make_channel(method)
        self.invoice = self.make_invoice(days=60, partner=customer)
        self.night()
        notice = self.notices("draft", partner=customer)
        notice.action_approve()
        notice.action_issue()
        delivery = notice.delivery_ids
        delivery._record_sent(self.today(), "REF-1")
        return delivery

    def receive(self, delivery, kind="receipt", day=TODAY, content=None, source="collection", **facts):
        return self.proofs._receive(
            content if content is not None else RECEIPT + f"{kind} {day}".encode(),
            source=source,
            company=self.company,
            delivery=delivery,
            kind=kind,
            file_name=f"{kind}.pdf",
            event_time=day and datetime.combine(day, time(10)),
            **facts,
        )

    def tasks(self, delivery):
        return delivery.notice_id.case_id.task_ids.filtered(lambda task: task.state == "open").mapped("kind")


def make_pdf(text):
    """A PDF of one line, as a provider's receipt before it is sealed."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 700, text)
    canvas.save()
    return out.getvalue()
