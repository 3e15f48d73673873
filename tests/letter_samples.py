"""Letters of a company and its customers that never change: what the stored pictures and the documentation show."""

import base64
import io
from datetime import timedelta
from typing import NamedTuple

from PIL import Image, ImageDraw

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon


class Customer(NamedTuple):
    name: str
    kind: str
    street: str
    zip: str
    city: str
    country: str
    registry: str = ""


class Sample(NamedTuple):
    """`level`: the rung of the shipped policy of the customer's kind; `owed`: (amount, days after the due date);
    `about`: what the documentation says of it."""

    level: int
    lang: str
    customer: Customer
    owed: tuple
    paid: float = 0  # of the first invoice
    credit: float = 0
    disputed: float = 0  # of the last invoice
    others: tuple = ()
    company: dict = {}
    about: str = ""


BAKERY = Customer("Boulangerie des Deux Épis SARL", "business", "12 rue du Four", "69003", "Lyon", "fr", "994127017")
STORE = Customer("Durand Distribution SAS", "business", "4 quai des Belges", "13001", "Marseille", "fr", "994127025")
PERSON = Customer("Jeanne Martin", "consumer", "7 allée des Tilleuls", "44000", "Nantes", "fr")
TOWN = Customer("Commune de Saint-Aubin", "public", "1 place de la Mairie", "33820", "Saint-Aubin", "fr", "299412703")
DUBLIN = Customer("Liffey Trading Ltd", "business", "12 Harbour Street", "D02 X285", "Dublin", "ie", "IE512345")
COLOGNE = Customer("Rheinhandel GmbH", "business", "Hohe Straße 14", "50667", "Köln", "de")

LETTERS = {
    "01_reminder_business": Sample(
        1, "fr_FR", BAKERY, ((1250.40, 8), (380, 6)), about="First reminder to a business, two invoices"
    ),
    "02_second_reminder_credit_and_others": Sample(
        2,
        "fr_FR",
        STORE,
        ((4820, 23), (960, 18), (1440, 16)),
        paid=1500,
        credit=240,
        others=((610, 3),),
        about="Second reminder: a part payment, a credit note, and another item for information",
    ),
    "03_last_reminder_partly_disputed": Sample(
        3,
        "fr_FR",
        STORE,
        ((4820, 33), (1440, 27)),
        disputed=300,
        company={"dunning_window": "left"},
        about="Last reminder before a formal notice, one invoice partly disputed; address on the left",
    ),
    "04_formal_notice_business": Sample(
        4,
        "fr_FR",
        STORE,
        ((4820, 48), (1440, 42)),
        paid=1500,
        about="Formal notice to a business: interest and compensation claimed",
    ),
    "05_last_notice_business": Sample(5, "fr_FR", BAKERY, ((1250.40, 75),), about="Last notice before legal action"),
    "06_reminder_consumer": Sample(1, "fr_FR", PERSON, ((184.90, 9),), about="First reminder to a consumer"),
    "07_formal_notice_consumer": Sample(
        4, "fr_FR", PERSON, ((184.90, 56), (59.90, 51)), about="Formal notice to a consumer"
    ),
    "08_formal_notice_public": Sample(4, "fr_FR", TOWN, ((12480, 60),), about="Formal notice to a public body"),
    "09_second_reminder_english": Sample(
        2, "en_US", COLOGNE, ((7200, 17), (310.25, 15)), about="Second reminder in English"
    ),
    "10_formal_notice_abroad": Sample(
        4, "en_US", DUBLIN, ((12400, 64), (3999.99, 51), (75.5, 40)), about="Formal notice to a customer abroad"
    ),
}


def draw_picture(size, words, color):
    """A logo or a signature as base64, drawn so that it is the same everywhere."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for start, end in words:
        pen.line((start, end), fill=color, width=6)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return base64.b64encode(written.getvalue())


LOGO = draw_picture(
    (280, 80), [((10, 70), (60, 10)), ((60, 10), (110, 70)), ((30, 45), (90, 45)), ((130, 70), (270, 70))], "#7a1f3d"
)
SIGNATURE = draw_picture(
    (360, 120),
    [((10, 90), (80, 20)), ((80, 20), (110, 100)), ((110, 100), (200, 40)), ((200, 40), (350, 80))],
    "#1b2a6b",
)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class LetterSamples(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        cls.euro = cls.setup_other_currency("EUR")
        france = cls.env.ref("base.fr").id
        cls.company.write(
            {
                "name": "Atelier Morel SARL",
                "street": "18 rue Paul-Bert",
                "zip": "69003",
                "city": "Lyon",
                "country_id": france,
                "account_fiscal_country_id": france,
                "phone": "+33 4 72 00 00 00",
                "website": "https://www.atelier-morel.example",
                "company_registry": "994127033",
                "logo": LOGO,
                "report_footer": "<p>SARL au capital de 20 000 € – RCS Lyon 994 127 033</p>",
                "dunning_signatory": "Anne Durand",
                "dunning_signatory_role": "Gérante",
                "dunning_signature": SIGNATURE,
            }
        )
        cls.policies = {kind: cls.use_policy(kind) for kind in ("business", "consumer", "public")}

    @classmethod
    def use_policy(cls, kind):
        shipped = cls.env.ref(f"account_dunning.policy_{kind}").with_company(cls.company)
        policy = cls.env["account.dunning.policy"].browse(shipped.action_use()["res_id"])
        levels = policy.with_context(active_test=False).level_ids
        levels.write({"active": True, "approval": "automatic", "after_call": False})
        policy.write({"only_sent": False, "min_days_between_notices": 0, "min_days_after_sending": 0})
        return policy

    def make_letter(self, name):
        """The PDF of a letter of LETTERS."""
        notice = self.make_notice(name)
        return self.env["account.dunning.document"]._render(notice)[notice]

    def make_alone(self, name):
        """The PDF of a letter whose invoices are the first ones of their company, whatever letters were made before."""
        with self.cr.savepoint() as savepoint:
            content = self.make_letter(name)
            savepoint.rollback()
        return content

    def make_notice(self, name):
        """An issued notice as LETTERS says; its letter is not made yet."""
        return self.make_sample(LETTERS[name], f"REL/2026/000{name[:2]}")

    def make_sample(self, sample, number="REL/2026/00042"):
        self.company.write({"dunning_window": "right", **sample.company})
        level = self.policies[sample.customer.kind].level_ids[sample.level - 1]
        customer = self.make_debtor(sample)
        invoices = [self.make_open(customer, *owed) for owed in sample.owed]
        self.pay_and_credit(sample, customer, invoices)
        self.night()
        self.reach_level_before(level, invoices)
        for owed in sample.others:
            self.make_open(customer, *owed)
        if sample.disputed:
            self.dispute(self.item(invoices[-1]), sample.disputed)
        self.night()
        drafts = self.notices("draft", partner=customer)
        return self.issue(drafts.filtered(lambda notice: notice.level_id == level), number)

    def make_debtor(self, sample):
        customer = sample.customer
        return self.make_customer(
            customer.name,
            lang=sample.lang,
            street=customer.street,
            zip=customer.zip,
            city=customer.city,
            country_id=self.env.ref(f"base.{customer.country}").id,
            company_registry=customer.registry,
            is_company=customer.kind != "consumer",
            debtor_kind=customer.kind,
        )

    def make_open(self, customer, amount, days):
        return self.make_invoice(amount, days, customer, currency_id=self.euro.id)

    def pay_and_credit(self, sample, customer, invoices):
        if sample.paid:
            self.pay(invoices[0], sample.paid)
        if sample.credit:
            self.make_invoice(sample.credit, 10, customer, move_type="out_refund", currency_id=self.euro.id)

    def dispute(self, item, amount):
        vals = {"case_id": item.case_id.id, "item_ids": [Command.set(item.ids)], "kind": "dispute", "amount": amount}
        self.env["account.dunning.hold"].create({**vals, "note": "Two pieces were broken"})

    def reach_level_before(self, level, invoices):
        """As if the earlier levels had left, a week apart, the last one long enough ago."""
        before = level.policy_id.level_ids.filtered(lambda one: one.sequence < level.sequence)
        items = self.env["account.dunning.item"].union(*map(self.item, invoices))
        self.notices("draft", partner=items.partner_id).action_cancel()
        self.env.flush_all()  # what is cancelled no longer claims these levels
        oldest = min(items.move_line_id.mapped("date_maturity"))
        for earlier in before:
            self.make_left(earlier, items, oldest + timedelta(days=earlier.delay_days))

    def make_left(self, level, items, day):
        """A notice of this level that left on this day."""
        notice = self.env["account.dunning.notice"].create(
            {
                "case_id": items.case_id.id,
                "partner_id": items.partner_id.id,
                "company_id": self.company.id,
                "currency_id": self.euro.id,
                "policy_id": level.policy_id.id,
                "level_id": level.id,
                "state": "issued",
                "date_issued": day,
                "response_date": day + timedelta(days=10) if level.stage == "formal_notice" else False,
                "line_ids": [
                    Command.create({"role": "claimed", "item_id": item.id, "level_id": level.id, "round": item.round})
                    for item in items
                ],
            }
        )
        self.env["account.dunning.delivery"].create(
            {
                "notice_id": notice.id,
                "channel_id": level.channel_id.id,
                "leading": True,
                "state": "sent",
                "date_left": day,
            }
        )
        notice._leave(day)

    def issue(self, notice, number):
        """Frozen as by the job, which draws its numbers from a sequence."""
        self.env["account.dunning.charge"]._charge(self.company, notice, TODAY)
        missing = self.env["account.dunning.copies"]._get_missing(notice.filtered("level_id.attach_invoices"))
        self.env["account.dunning.invoice.copy"]._store(dict.fromkeys(missing, b"%PDF-1.4 as the night would make it"))
        letter = self.env["account.dunning.letter"]._compose(notice, TODAY)[notice]
        points = self.env["account.dunning.completeness"]._get_points(notice, letter)
        self.assertFalse(points)
        notice.write(letter.numbered(number))
        return notice
