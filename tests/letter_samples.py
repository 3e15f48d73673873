"""Letters of a company and its customers that never change: what the stored pictures show.

A letter is one entry of LETTERS: the level whose shipped texts it has, the customer's language, and what he owes as
(amount, days after the due date).
"""

from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon

LETTERS = {
    "reminder_1_french": ("level_business_1", "fr_FR", [(1250.40, 8), (380, 6)]),
    "formal_notice_english": ("level_business_4", "en_US", [(12400, 64), (3999.99, 51), (75.5, 40)]),
}
STREETS = {
    "en_US": ("12 Harbour Street", "D02 X285", "Dublin", "ie"),
    "fr_FR": ("4 quai des Belges", "13001", "Marseille", "fr"),
}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class LetterSamples(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        cls.euro = cls.setup_other_currency("EUR")
        address = {"zip": "69002", "city": "Lyon", "country_id": cls.env.ref("base.fr").id}
        cls.company.write({"name": "Atelier Morel SARL", "phone": "+33 4 72 00 00 00", **address})

    def make_letter(self, name):
        """The PDF of a letter of LETTERS."""
        notice = self.make_notice(*LETTERS[name])
        return self.env["account.dunning.document"]._render(notice)[notice]

    def make_notice(self, shipped, lang, owed):
        """An issued notice with the texts of a shipped level."""
        street, postcode, city, country = STREETS[lang]
        address = {"street": street, "zip": postcode, "city": city, "country_id": self.env.ref(f"base.{country}").id}
        customer = self.make_customer("Durand Distribution", lang=lang, **address)
        invoices = [self.make_invoice(amount, days, customer, currency_id=self.euro.id) for amount, days in owed]
        shipped = self.env.ref(f"account_dunning.{shipped}")
        level = self.policy.level_ids.filtered(lambda one: one.stage == shipped.stage)[:1]
        self.copy_texts(shipped, level, lang)
        if level != self.first:
            self.reach_level_before(level, invoices)
        self.night()
        notice = self.notices("draft", partner=customer)
        self.env["account.dunning.issue"]._freeze(self.company, notice)
        return notice

    def copy_texts(self, shipped, level, lang):
        source, target = (record.with_context(lang=lang) for record in (shipped, level))
        target.write({"subject": source.subject, "body": source.body, "response_days": source.response_days})

    def reach_level_before(self, level, invoices):
        """As if the reminders had been sent a month ago."""
        self.night()
        before = self.policy.level_ids.filtered(lambda one: one.sequence < level.sequence)
        items = self.env["account.dunning.item"].union(*map(self.item, invoices))
        self.notices("draft", partner=items.partner_id).action_cancel()
        items.write(
            {"level_id": before[-1].id, "stage_count": len(before), "last_notice_date": TODAY.replace(month=2, day=20)}
        )
