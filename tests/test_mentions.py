"""What a bookkeeper reads of an incomplete letter, and where he mends it."""

from odoo.tests import freeze_time, tagged

from odoo.addons.account_dunning.core import mentions
from odoo.addons.account_dunning.core.mentions import Point

from .common import TODAY, DunningCommon

# fields that the letter brings along
LATER = {"dunning_signatory", "dunning_signatory_role", "obligation", "consequences", "legal_texts"}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMentions(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.make_invoice(days=6)
        cls.env["account.dunning.night"]._decide_partners(cls.company, cls.customer.ids)
        cls.notice = cls.env["account.dunning.notice"].search([("partner_id", "=", cls.customer.id)])
        cls.points = cls.env["account.dunning.mentions"]

    def test_every_point_has_a_sentence(self):
        said = {code: self.points._say(Point(code)) for code in mentions.CODES}
        self.assertEqual(len(set(said.values())), len(mentions.CODES), "each says something else")
        for code, sentence in said.items():
            self.assertRegex(sentence, r"^[A-Z“].*\.$", code)

    def test_a_sentence_names_what_it_is_about(self):
        self.assertIn("(FAC/1)", self.points._say(Point(mentions.ITEM_DATE, "FAC/1")))
        self.assertEqual(
            self.points._say(Point(mentions.BANNED, "huissier")),
            "“huissier” must not stand in this letter: the profession is called commissaire de justice.",
        )

    def test_every_point_has_a_place(self):
        for code in mentions.CODES:
            if code in (mentions.BANK_UNTRUSTED, mentions.BANNED):
                continue  # of their own below
            with self.subTest(code):
                record, name = self.points._get_place(Point(code), self.notice)
                self.assertEqual(len(record), 1)
                self.assertIn(name, record._fields.keys() | LATER)

    def test_an_invoice_is_found_by_its_number(self):
        other = self.make_invoice(days=7)
        self.env["account.dunning.night"]._decide_partners(self.company, self.customer.ids)
        for invoice in (self.invoice, other):
            place = self.points._get_place(Point(mentions.ITEM_NOT_DUE, invoice.name), self.notice)
            self.assertEqual(place, (invoice, "invoice_date_due"))

    def test_the_bank_account_that_nobody_has_checked(self):
        accounts = self.env["res.partner.bank"].create(
            [
                {"acc_number": number, "partner_id": self.company.partner_id.id}
                for number in ("FR76 3000 6000 0112 3456 7890 189", "BE68539007547034")
            ]
        )
        place = self.points._get_place(Point(mentions.BANK_UNTRUSTED, "BE68 5390 0754 7034"), self.notice)
        self.assertEqual(place, (accounts[1], "allow_out_payment"))

    def test_consequences_abroad(self):
        self.company.country_id = self.env.ref("base.fr")
        for country, expected in (("base.fr", "consequences"), ("base.de", "consequences_abroad")):
            self.customer.country_id = self.env.ref(country)
            place = self.points._get_place(Point(mentions.CONSEQUENCES), self.notice)
            self.assertEqual(place, (self.notice.level_id, expected))
        self.customer.country_id = False
        self.assertEqual(self.points._get_place(Point(mentions.CONSEQUENCES), self.notice)[1], "consequences")

    def test_banned_words_are_found_in_their_text(self):
        level = self.notice.level_id
        place = self.points._get_place(Point(mentions.BANNED, "pénalités"), self.notice)
        self.assertEqual(place, (level, "body"), "in a text that is not of the level: where texts are")
        for name, text in (("body", "<p>Des <b>péna</b>lités</p>"), ("subject", "Pénalités")):
            with self.subTest(name):
                level[name] = text
                place = self.points._get_place(Point(mentions.BANNED, "pénalités"), self.notice)
                self.assertEqual(place, (level, name))
