"""What letters say, read back from their pages: addresses, references, rows and sums, how to pay."""

import re
from datetime import date
from decimal import Decimal
from itertools import count

import pypdfium2
import zxingcpp

from odoo.tests import freeze_time

from odoo.addons.account_dunning.models.letter_dates import format_long

from . import pdf_reading
from .common import TODAY
from .letter_samples import BAKERY, DUBLIN, LETTERS, PERSON, STORE, TOWN, LetterSamples, Sample


def to_decimal(text):
    """« 1 250,40 € » or "1,250.40 €" as a number."""
    digits = re.sub(r"[^\d,.-]", "", text)
    whole, _mark, cents = digits.replace(",", ".").rpartition(".")
    return Decimal(f"{whole.replace('.', '')}.{cents}")


@freeze_time(TODAY)
class TestLetterContents(LetterSamples):
    numbers = count(100)

    def read(self, notice):
        return self.squeeze(self.env["account.dunning.document"]._render(notice)[notice])

    def squeeze(self, content):
        return " ".join(" ".join(pdf_reading.read_pages(content)).split())

    def shown(self, sample):
        """The words of a letter of this sample, before they are laid out."""
        notice = self.make_sample(sample, f"REL/{next(self.numbers)}")
        return self.env["account.dunning.letter"]._compose(notice, TODAY)[notice].shown

    # === Who writes to whom === #

    def test_both_parties_are_named_with_address_and_registration(self):
        text = self.read(self.make_notice("04_formal_notice_business"))
        for expected in (
            "Atelier Morel SARL",
            "18 rue Paul-Bert, 69003 Lyon",
            "SIREN 994 127 033",
            "Durand Distribution SAS",
            "4 quai des Belges",
            "13001 Marseille",
            "SIREN 994 127 025",
            "Lyon, le 31 mars 2026",
            "REL/2026/00004",
            "Lettre recommandée avec avis de réception",
        ):
            self.assertIn(expected, text)

    def test_the_country_stands_in_addresses_abroad_only(self):
        self.assertEqual(self.shown(LETTERS["10_formal_notice_abroad"])["addressee"][-1], "Ireland")
        self.assertEqual(self.shown(LETTERS["01_reminder_business"])["addressee"][-1], "69003 Lyon")

    def test_registration_numbers_are_called_by_their_names(self):
        say = self.env["account.dunning.letter"]._say_registration
        partner = self.make_customer("One", is_company=True, country_id=self.env.ref("base.fr").id)
        for number, vat, expected in (
            ("552 100 554", "", "SIREN 552 100 554"),
            ("55210055400013", "", "SIRET 552 100 554 00013"),
            ("HRB 4711", "", "HRB4711"),
            ("", "FR23334175221", "FR23334175221"),
            ("", "", ""),
        ):
            partner.write({"company_registry": number, "vat": vat})
            self.assertEqual(say(partner), expected)

    def test_the_address_shows_in_the_window_of_the_envelope(self):
        """DL, 110 x 220 mm, the sheet folded in three of 99 mm: it may lie 10 mm further left and 11 mm lower."""
        for window, horizontal, vertical in (("right", (100, 190), (55, 82)), ("left", (20, 100), (60, 90))):
            with self.subTest(window):
                sample = Sample(4, "fr_FR", STORE, ((4820, 48),), company={"dunning_window": window})
                notice = self.make_sample(sample, f"REL/{window}")
                words = pdf_reading.read_words(self.env["account.dunning.document"]._render(notice)[notice])[0]
                for text in ("Distribution", "Belges", "Marseille"):
                    (word,) = [word for word in words if word.text == text]
                    self.assertGreater(word.left, horizontal[0])
                    self.assertLess(word.right, horizontal[1])
                    self.assertGreater(word.top, vertical[0])
                    self.assertLess(word.bottom, vertical[1])

    # === What is claimed === #

    def test_the_total_is_the_sum_of_the_printed_lines(self):
        for name, sample in LETTERS.items():
            with self.subTest(name):
                shown = self.shown(sample)
                rows = sum(to_decimal(row["balance"]) for row in shown["rows"])
                taken = sum(to_decimal(row["taken"]) for row in shown["credits"])
                self.assertEqual(rows + taken, to_decimal(shown["principal"]))
                charges = shown["charges"]
                added = sum(
                    to_decimal(charges[kind]) if charges and charges["claimed"] and charges[kind] else 0
                    for kind in ("interest", "compensation")
                )
                self.assertEqual(rows + taken + added, to_decimal(shown["total"]))

    def test_rows_say_what_was_paid_and_what_is_not_claimed_now(self):
        sample = Sample(3, "en_US", DUBLIN, ((4820, 33), (1440, 27)), paid=1500, disputed=300)
        first, second = self.shown(sample)["rows"]
        self.assertEqual([to_decimal(first[name]) for name in ("original", "paid", "balance")], [4820, 1500, 3320])
        self.assertEqual([to_decimal(second[name]) for name in ("paid", "held", "balance")], [0, 300, 1140])
        self.assertEqual((first["held"], first["days"]), ("", 33))

    def test_credits_are_named_with_what_of_them_was_taken_off(self):
        sample = Sample(2, "en_US", DUBLIN, ((100, 17),), credit=40)
        notice = self.make_sample(sample, "REL/1")
        (credit,) = notice.line_ids.filtered(lambda line: line.role == "credit")
        self.assertEqual((credit.amount_residual, credit.amount_credit, credit.live), (40, 40, False))
        text = self.read(notice)
        self.assertIn(f"Credit note {credit.name} of", text)
        self.assertIn("-40.00", text)
        self.assertIn("60.00", text)

    def test_a_payment_on_account_is_not_called_a_credit_note(self):
        customer = self.make_debtor(LETTERS["01_reminder_business"])
        self.make_open(customer, 100, 6)
        payment = self.env["account.payment"].create(
            {
                "partner_id": customer.id,
                "amount": 30,
                "currency_id": self.euro.id,
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": TODAY,
            }
        )
        payment.action_post()
        self.night()
        notice = self.issue(self.notices("draft", partner=customer), "REL/1")
        text = self.read(notice)
        self.assertIn("non encore affecté, déduit", text)
        self.assertNotIn("Avoir", text)

    def test_a_credit_larger_than_what_is_claimed_is_taken_in_part(self):
        """The older invoice is covered by it and not claimed at all."""
        surroundings = self.env["account.dunning.surroundings"]
        notice = self.make_sample(Sample(2, "en_US", DUBLIN, ((100, 17), (50, 16)), credit=120), "REL/1")
        taken = [one.vals["amount_credit"] for one in surroundings._look(notice, TODAY)[notice].credits]
        self.assertEqual(taken, [20])
        self.assertEqual(notice.amount_claimed, 30)

    def test_other_items_stand_apart_and_in_no_total(self):
        sample = LETTERS["02_second_reminder_credit_and_others"]
        notice = self.make_sample(sample, "REL/1")
        (other,) = notice.line_ids.filtered(lambda line: line.role == "informative")
        self.assertEqual((other.amount_residual, other.amount_claimed, other.live), (610, 0, False))
        self.assertIn("non comprises dans la présente demande", self.read(notice))
        self.assertEqual(notice.amount_total, 5480)

    def test_formal_notices_list_nothing_else(self):
        level = self.policies["business"].level_ids[3]
        level.list_other_items = True
        notice = self.make_sample(Sample(4, "fr_FR", STORE, ((4820, 48),), others=((610, 3),)), "REL/1")
        self.assertEqual(set(notice.line_ids.mapped("role")), {"claimed"})

    def test_what_is_disputed_is_not_told_for_information(self):
        customer = self.make_debtor(LETTERS["02_second_reminder_credit_and_others"])
        invoices = [self.make_open(customer, amount, days) for amount, days in ((100, 17), (70, 16))]
        self.night()
        self.reach_level_before(self.policies["business"].level_ids[1], invoices)
        self.dispute(self.item(invoices[1]), 0)
        self.night()
        notice = self.issue(self.notices("draft", partner=customer), "REL/1")
        self.assertEqual(notice.line_ids.mapped("name"), [invoices[0].name])

    # === How to pay === #

    def test_the_code_holds_the_transfer(self):
        notice = self.make_notice("04_formal_notice_business")
        pages = pypdfium2.PdfDocument(self.env["account.dunning.document"]._render(notice)[notice])
        (code,) = [code for page in pages for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())]
        lines = code.text.split("\n")
        self.assertEqual(lines[:4], ["BCD", "002", "1", "SCT"])
        self.assertEqual(lines[6:8], ["FR7630004000010000123456401", f"EUR{notice.amount_total}"])
        self.assertIn("REL/2026/00004", lines)

    def test_there_is_no_code_where_no_transfer_in_euro_can_be_made(self):
        self.assertTrue(self.shown(LETTERS["01_reminder_business"])["payment"]["has_code"])
        self.euro = self.setup_other_currency("CHF", rates=[])
        self.assertFalse(self.shown(LETTERS["06_reminder_consumer"])["payment"]["has_code"])

    def test_one_invoice_is_paid_with_its_own_reference_several_with_the_notices(self):
        one = self.make_sample(Sample(1, "fr_FR", BAKERY, ((100, 8),)), "REL/1")
        self.assertEqual(one.payment_reference, one.line_ids.move_id.payment_reference)
        several = self.make_sample(Sample(1, "fr_FR", STORE, ((100, 8), (50, 7))), "REL/2")
        self.assertEqual(several.payment_reference, "REL/2")

    def test_an_account_that_nobody_trusts_is_never_printed(self):
        other = self.env["res.partner.bank"].create(
            {"acc_number": "FR14 2004 1010 0505 0001 3M02 606", "partner_id": self.company.partner_id.id, "sequence": 1}
        )
        self.bank.sequence = 5
        self.assertEqual(self.company._get_dunning_bank(), self.bank)
        self.assertNotIn(other.acc_number, self.read(self.make_notice("01_reminder_business")))

    def test_the_address_of_an_invoice_is_given_where_it_has_a_key_and_can_be_paid(self):
        customer = self.make_debtor(LETTERS["01_reminder_business"])
        invoice = self.make_open(customer, 100, 6)
        self.night()
        notice = self.notices("draft", partner=customer)
        letters = self.env["account.dunning.letter"]
        self.assertFalse(letters._get_payment_link(notice))
        invoice._portal_ensure_token()
        self.assertFalse(letters._get_payment_link(notice))
        provider = self.env["payment.provider"].create({"name": "Cards", "code": "none", "company_id": self.company.id})
        self.env.cr.execute("UPDATE payment_provider SET state = 'enabled' WHERE id = %s", [provider.id])
        self.env.invalidate_all()
        self.assertIn(invoice.access_token, letters._get_payment_link(notice))

    def test_composing_writes_no_invoice(self):
        invoice = self.make_open(self.make_debtor(LETTERS["01_reminder_business"]), 100, 6)
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin FROM account_move WHERE id = %s", [invoice.id])
        before = self.env.cr.fetchone()
        self.night()
        self.issue(self.notices("draft", partner=invoice.partner_id), "REL/1")
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin FROM account_move WHERE id = %s", [invoice.id])
        self.assertEqual(self.env.cr.fetchone(), before)

    # === Words === #

    def test_dates_in_words(self):
        spelling = self.env["account.dunning.spelling"]
        for lang, day, expected in (
            ("fr_FR", date(2026, 12, 1), "premier décembre deux mille vingt-six"),
            ("fr_FR", date(2027, 1, 21), "vingt et un janvier deux mille vingt-sept"),
            ("en_US", date(2026, 4, 23), "twenty-third of April twenty twenty-six"),
            ("en_US", False, ""),
        ):
            self.assertEqual(spelling.with_context(lang=lang)._spell_date(day), expected)
        self.env["res.lang"]._activate_lang("el_GR")
        self.assertEqual(spelling.with_context(lang="el_GR")._spell_number(8), "")
        self.assertEqual(spelling.with_context(lang="el_GR")._spell_date(TODAY), "")

    def test_the_first_of_a_month_in_french(self):
        env = self.env(context={"lang": "fr_FR"})
        self.assertEqual(
            [format_long(env, day) for day in (date(2026, 3, 1), date(2026, 3, 11))], ["1er mars 2026", "11 mars 2026"]
        )
        self.assertEqual(format_long(self.env(context={"lang": "en_US"}), date(2026, 3, 1)), "1 March 2026")

    def test_earlier_reminders_are_recalled_with_their_ways(self):
        text = self.read(self.make_notice("04_formal_notice_business")).replace(" ", "")
        for expected in (
            "précédentes:Relance1du16février2026(par",
            "),Relance2du26février2026(par",
            "Relance3du8mars",
        ):
            self.assertIn(expected, text)

    def test_a_first_reminder_recalls_none(self):
        self.assertFalse(self.shown(LETTERS["01_reminder_business"])["earlier"])

    def test_the_mail_alone_says_what_is_owed(self):
        notice = self.make_notice("02_second_reminder_credit_and_others")
        mail = str(notice.mail_body)
        for line in notice._get_claimed_lines():
            self.assertIn(line.name, mail)
        for expected in (
            "FR76 3000 4000 0100 0012 3456 401",
            "REL/2026/00002",
            "office@creditor.example",
            "08/03/2026",
        ):
            self.assertIn(expected, mail)
        self.assertNotIn("cid:", mail)
        self.assertNotIn("class=", mail)
        heads = re.findall("<th [^>]*>", mail)
        self.assertTrue(heads and all("background" in head for head in heads), heads)
        self.assertIn("<thead>", mail)

    def test_a_consumer_is_told_how_his_data_are_used(self):
        self.assertIn("Vos données sont traitées", self.read(self.make_notice("06_reminder_consumer")))
        self.assertNotIn("Vos données", self.read(self.make_notice("01_reminder_business")))

    def test_names_are_escaped(self):
        customer = BAKERY._replace(name="<b>Pain & Fils</b>")
        notice = self.make_sample(Sample(1, "fr_FR", customer, ((100, 8),)), "REL/<1>&")
        self.assertIn("&lt;b&gt;Pain &amp; Fils&lt;/b&gt;", notice.page)
        self.assertIn("REL/&lt;1&gt;&amp;", notice.page)
        self.assertIn("<b>Pain & Fils</b>", self.read(notice))
        self.assertIn("REL/<1>&", self.read(notice))

    def test_the_same_few_queries_for_any_number_of_letters(self):
        drafts = self.env["account.dunning.notice"]
        for number in range(12):
            customer = self.make_debtor(Sample(1, "fr_FR", BAKERY._replace(name=f"Customer {number}"), ()))
            self.make_open(customer, 100 + number, 8)
        self.night()
        drafts = self.env["account.dunning.notice"].search([("state", "=", "draft")])
        counts = []
        for notices in (drafts[:2], drafts[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            notices.line_ids.move_id.mapped("ref")
            before = self.env.cr.sql_log_count if hasattr(self.env.cr, "sql_log_count") else 0
            self.env["account.dunning.letter"]._compose(notices, TODAY)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)

    # === The form of a level === #

    def test_a_level_shows_its_letter_as_it_stands_in_the_form(self):
        level = self.policies["business"].level_ids[3].with_context(lang="fr_FR")
        self.assertIn("MISE EN DEMEURE", level.letter_preview)
        changed = level.new(origin=level)
        changed.subject = "Autre objet : {amount}"
        self.assertIn("Autre objet", changed.letter_preview)
        self.assertNotIn("{amount}", changed.letter_preview)
        self.assertFalse(self.notices())

    def test_every_shipped_level_has_a_letter_to_show(self):
        for policy in self.policies.values():
            for level in policy.with_context(active_test=False).level_ids:
                self.assertIn("</html>", level.with_context(lang="fr_FR").letter_preview)

    def test_texts_of_french_law_are_not_copied_to_companies_elsewhere(self):
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        copy = self.use_policy("business")
        formal = copy.level_ids.filtered(lambda level: level.stage != "reminder")
        for lang in ("en_US", "fr_FR"):
            for name in ("consequences", "consequences_abroad", "legal_texts"):
                self.assertFalse(any(formal.with_context(lang=lang).mapped(name)), name)
        self.assertTrue(all(self.policies["business"].level_ids[3].mapped("legal_texts")))

    def test_town_and_person_have_letters_of_their_own(self):
        self.assertIn("ordonnateur", self.read(self.make_notice("08_formal_notice_public")))
        self.assertNotIn("L441-10", self.read(self.make_notice("07_formal_notice_consumer")))
        self.assertEqual((TOWN.kind, PERSON.kind), ("public", "consumer"))
