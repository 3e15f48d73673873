from datetime import date
from decimal import Decimal

from odoo.tests import freeze_time, tagged

from .common import DunningCommon

PAID = date(2026, 9, 1)


@tagged("post_install", "-at_install")
@freeze_time(PAID)
class LateInterestCommon(DunningCommon):
    """A French company claims from a business; 10,000 due 2026-05-01."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.france = cls.env.ref("base.fr")
        cls.company.country_id = cls.france
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.customer.write({"debtor_kind": "business", "country_id": cls.france.id})
        cls.invoice = cls.make_invoice_due(date(2026, 5, 1))

    @classmethod
    def make_invoice_due(cls, due, amount=10000.0, **vals):
        return cls.make_invoice(amount, days=(PAID - due).days, **vals)

    def pay_on(self, day, amount=None, invoice=None):
        vals = {"payment_date": day, **({"amount": amount} if amount else {})}
        self._register_payment(invoice or self.invoice, **vals)
        self.env.invalidate_all()

    def late(self, day=PAID, invoice=None):
        """What the engine says of the invoice on `day`: its items by due date."""
        invoice = invoice or self.invoice
        found = self.env["account.late.interest"]._get_late(self.company, day, invoice.ids)
        return list(found.values())

    def assert_due(self, interest, compensation=0, day=PAID, invoice=None):
        found = self.late(day, invoice)
        self.assertEqual(sum(one.interest for one in found), Decimal(str(interest)))
        self.assertEqual(sum(one.compensation for one in found), Decimal(str(compensation)))
        return found


class TestLateInterest(LateInterestCommon):
    """Rule by rule, to the cent."""

    def test_each_day_at_its_own_half_years_rate(self):
        (late,) = self.assert_due(413.76, 40)
        self.assertEqual([part.amount for part in late.slices], [Decimal("199.73"), Decimal("214.03")])
