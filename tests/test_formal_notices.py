"""A formal notice from its approval to the letter: what stops it, where that is mended, and what its page says."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time

from . import pdf_reading
from .common import TODAY
from .letter_samples import LETTERS, PERSON, STORE, LetterSamples, Sample

MANAGER = "account.group_account_invoice,account_dunning.group_dunning_manager"


@freeze_time(TODAY)
class TestFormalNotices(LetterSamples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("manager", *MANAGER.split(","))
        for policy in cls.policies.values():
            policy.level_ids.filtered(lambda level: level.stage != "reminder").approval = "manual"

    def draft(self, sample=None):
        """A formal notice that waits for approval."""
        sample = sample or LETTERS["04_formal_notice_business"]
        customer = self.make_debtor(sample)
        invoices = [self.make_open(customer, *owed) for owed in sample.owed]
        self.night()
        level = self.policies[sample.customer.kind].level_ids[sample.level - 1]
        self.reach_level_before(level, invoices)
        self.night()
        return self.notices("draft", partner=customer)

    def approve(self, notice):
        return notice.with_user(self.manager).approve_at_desk()

    def assert_stopped(self, notice, words, url=None):
        """Neither approved nor issued, and told why, with the screen where it is mended."""
        answer = self.approve(notice)
        self.assertEqual(answer["approved"], 0)
        self.assertIn(words, answer["messages"][0])
        self.assertEqual(notice.state, "draft")
        points = notice.get_letter()["points"]
        told = [point for point in points if words in point["text"]]
        self.assertEqual(len(told), 1, points)
        if url:
            self.assertIn(url, told[0]["url"])
        notice.invalidate_recordset()
        self.assertIn(words, str(notice.incomplete).replace("&#39;", "'"))

    # === Complete === #

    def test_a_complete_one_is_approved_issued_and_waits_to_be_posted(self):
        notice = self.draft()
        self.assertEqual(self.approve(notice)["approved"], 1)
        self.assertFalse(notice.incomplete)
        self.window()
        self.assertEqual((notice.state, notice.date_issued), ("issued", TODAY))
        self.assertEqual(notice.response_date, TODAY + timedelta(days=15 + 8))
        leading = notice.delivery_ids.filtered("leading")
        self.assertEqual((leading.method, leading.state), ("registered_letter", "queued"))
        self.assertFalse(notice.date_left)
        leading.action_mark_posted(TODAY, "1A 234 567 8901 2")
        self.assertEqual(notice.date_left, TODAY)
        self.assertEqual(set(notice.line_ids.item_id.mapped("stage")), {"formal_notice"})

    def test_its_page_says_what_is_usual_in_letters_of_8_points_or_more(self):
        notice = self.draft()
        self.approve(notice)
        self.window()
        content = notice.document_id.raw
        text = " ".join(" ".join(pdf_reading.read_pages(content)).split())
        for expected in (
            "MISE EN DEMEURE",
            "nous vous mettons en demeure",
            "Nature et fondement de votre obligation : le paiement du prix des marchandises",
            "Nos relances précédentes : Relance 1 du",
            "huit (8) jours à compter de la première présentation",
            "23 avril 2026 (vingt-trois avril deux mille vingt-six)",
            "injonction de payer",
            "Textes applicables : Code civil, articles 1103, 1217 et 1344",
            "L441-10",
            "Anne Durand",
            "Gérante",
            notice.name,
        ):
            self.assertIn(expected, text)
        self.assertEqual(pdf_reading.find_smaller(content, 8), [])

    def test_consequences_are_those_of_the_customers_country(self):
        at_home, abroad = self.draft(), self.draft(LETTERS["10_formal_notice_abroad"])
        self.assertIn("injonction de payer", at_home.get_letter()["html"])
        page = abroad.get_letter()["html"]
        self.assertIn("European order for payment", page)
        self.assertNotIn("injonction", page)

    # === What stops it === #

    def test_nobody_signs(self):
        notice = self.draft()
        self.company.dunning_signatory = False
        self.assert_stopped(notice, "Nobody signs this letter", "res_config_settings_action")

    def test_texts_of_the_level_are_missing(self):
        notice = self.draft()
        notice.level_id.with_context(lang="fr_FR").legal_texts = False
        self.assert_stopped(notice, "names no legal text", f"level_action/{notice.level_id.id}")
        notice.level_id.with_context(lang="fr_FR").legal_texts = "Code civil, article 1344."
        self.assertEqual(self.approve(notice)["approved"], 1)

    def test_the_policy_does_not_say_what_the_debt_is(self):
        notice = self.draft()
        notice.policy_id.with_context(lang="fr_FR").obligation = False
        self.assert_stopped(notice, "what the debt comes from", f"policy_action/{notice.policy_id.id}")

    def test_no_bank_account_is_trusted(self):
        notice = self.draft()
        self.bank.allow_out_payment = False
        self.assert_stopped(notice, "names no account to pay to")

    def test_another_account_stands_in_the_text(self):
        notice = self.draft()
        level = notice.level_id.with_context(lang="fr_FR")
        level.body += "<p>Payez sur DE89 3704 0044 0532 0130 00.</p>"
        self.assert_stopped(notice, "another bank account", f"level_action/{level.id}")

    def test_no_days_are_granted(self):
        notice = self.draft()
        notice.level_id.response_days = 0
        answer = self.approve(notice)
        self.assertIn("days to answer", answer["messages"][0])

    def test_a_language_that_nobody_has_checked(self):
        self.env["res.lang"]._activate_lang("pl_PL")
        notice = self.draft()
        notice.partner_id.lang = "pl_PL"
        self.assert_stopped(notice, "no checked wording", f"partner_form/{notice.partner_id.id}")

    def test_an_item_that_is_not_due_any_more(self):
        notice = self.draft(Sample(4, "fr_FR", STORE, ((4820, 48),)))
        notice.line_ids.date_due = TODAY + timedelta(days=1)
        self.assert_stopped(notice, "is not due yet")

    def test_a_consumers_letter_never_claims_compensation(self):
        notice = self.draft(Sample(4, "fr_FR", PERSON, ((184.90, 56),)))
        level = notice.level_id.with_context(lang="fr_FR")
        with self.assertRaisesRegex(ValidationError, "ne doit pas figurer|must not stand"):
            level.body += "<p>Indemnité forfaitaire de 40 €.</p>"

    def test_banned_words_are_refused_at_save_and_at_issue(self):
        notice = self.draft()
        level = notice.level_id.with_context(lang="fr_FR")
        with self.assertRaisesRegex(ValidationError, "commissaire de justice"):
            level.body += "<p>Nous saisirons un huissier.</p>"
        self.env.cr.execute(
            "UPDATE account_dunning_level SET body = jsonb_set(body, '{fr_FR}', to_jsonb((body->>'fr_FR')"
            " || '<p>Notre huissier passera.</p>')) WHERE id = %s",
            [level.id],
        )
        self.env.invalidate_all()
        self.assert_stopped(notice, "huissier", f"level_action/{level.id}")

    def test_what_became_incomplete_after_its_approval_waits_without_a_number(self):
        notice = self.draft()
        self.approve(notice)
        sequence = self.company._get_dunning_sequence()
        before = sequence.number_next_actual
        self.company.dunning_signatory_role = False
        self.window()
        self.assertRecordValues(notice, [{"state": "approved", "name": False}])
        self.assertIn("role of who signs", notice.reason)
        self.assertEqual(sequence.number_next_actual, before)
        run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertIn("role of who signs", run.errors)
        self.company.dunning_signatory_role = "Gérante"
        self.window()
        self.assertEqual(notice.state, "issued")

    def test_one_incomplete_letter_stops_no_other(self):
        bad, good = self.draft(LETTERS["10_formal_notice_abroad"]), self.draft()
        self.approve(bad | good)
        bad.partner_id.lang = "fr_FR"
        bad.partner_id.street = False
        bad.partner_id.zip = False
        self.window()
        self.assertEqual((bad.state, good.state), ("approved", "issued"))

    def test_a_reminder_needs_a_trusted_account_but_no_signatory(self):
        self.company.write({"dunning_signatory": False, "company_registry": False})
        customer = self.make_debtor(LETTERS["01_reminder_business"])
        self.make_open(customer, 100, 6)
        self.bank.allow_out_payment = False
        self.night()
        self.window()
        notice = self.notices(partner=customer)
        self.assertEqual(notice.state, "draft")
        self.assertIn("names no account to pay to", notice.reason)
        self.bank.allow_out_payment = True
        self.window()
        self.assertEqual(notice.state, "issued")
        self.assertFalse(notice.reason)

    def test_a_second_reminder_announces_what_follows(self):
        level = self.policies["business"].level_ids[1].with_context(lang="fr_FR")
        level.body = "<p>Payez.</p>"
        sample = Sample(2, "fr_FR", STORE, ((100, 17),))
        with self.assertRaises(AssertionError):
            self.make_sample(sample, "REL/1")

    # === By hand, and when nothing leaves === #

    def test_in_a_quiet_period_it_leaves_by_a_managers_word_only(self):
        notice = self.draft()
        self.approve(notice)
        with freeze_time("2026-08-10"):
            self.window()
            self.assertEqual(notice.state, "approved")
            action = notice.with_user(self.manager).action_issue()
            self.assertEqual(notice.state, "issued")
            self.assertIn(f"/web/content/{notice.document_id.id}", action["url"])

    def test_issuing_by_hand_needs_the_approval_and_a_manager(self):
        notice = self.draft()
        clerk = self.make_user("clerk", "account.group_account_invoice")
        with self.assertRaisesRegex(UserError, "approve it first"):
            notice.with_user(self.manager).action_issue()
        self.approve(notice)
        with self.assertRaises(UserError):
            notice.with_user(clerk).action_issue()
        self.pay(notice.line_ids.move_id[0], 10)
        with self.assertRaisesRegex(UserError, "less is owed"):
            notice.with_user(self.manager).action_issue()

    def test_it_is_issued_by_hand_in_mode_prepare(self):
        self.company.dunning_mode = "prepare"
        notice = self.draft()
        self.approve(notice)
        notice.with_user(self.manager).action_issue()
        self.assertTrue(notice.document_id.raw.startswith(b"%PDF"))
        with self.assertRaisesRegex(UserError, "already issued"):
            notice.with_user(self.manager).action_issue()

    def test_a_reprint_gives_the_same_bytes(self):
        notice = self.draft()
        self.approve(notice)
        self.window()
        before = notice.document_id.raw
        self.company.write({"name": "Another Name", "dunning_signatory": "Somebody Else"})
        notice.partner_id.street = "Elsewhere"
        self.env.invalidate_all()
        self.assertEqual(notice._get_stored_letter().raw, before)
        with self.assertRaises(UserError):
            notice.page = "<p>Other</p>"

    def test_the_next_step_waits_for_the_last_day_granted(self):
        notice = self.draft(Sample(4, "fr_FR", STORE, ((4820, 48),)))
        self.approve(notice)
        self.window()
        notice.delivery_ids.filtered("leading").action_mark_posted(TODAY, "1A 234 567 8901 2")
        item = notice.line_ids.item_id
        self.assertEqual(item.response_date, TODAY + timedelta(days=23))
        with self.on(20):
            self.night()
            self.assertFalse(self.notices("draft", partner=notice.partner_id))
