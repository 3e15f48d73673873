"""Words that no letter has are refused when a level's text is saved."""

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.account_dunning.core import wording
from odoo.addons.account_dunning.models.account_dunning_wording import INSTEAD

from .common import TODAY, DunningCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestWording(DunningCommon):
    def test_the_words_are_named_with_what_to_write_instead(self):
        with self.assertRaisesRegex(ValidationError, "“Huissier” must not stand .* called commissaire de justice"):
            self.first.body = "<p>Un <b>Huis</b>sier viendra.</p>"
        with self.assertRaisesRegex(ValidationError, "“saisie”.*court"):
            self.first.subject = "Dernier avis avant saisie"

    def test_every_reason_says_what_to_write(self):
        self.assertEqual(set(INSTEAD), set(wording.CODES))

    def test_a_court_may_be_named(self):
        self.first.body = "<p>À défaut, nous saisirons la juridiction compétente.</p>"

    def test_in_every_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        with self.assertRaisesRegex(ValidationError, "huissier"):
            self.first.with_context(lang="fr_FR").body = "<p>Un huissier viendra.</p>"
        with self.assertRaisesRegex(ValidationError, "huissier"):
            self.first.update_field_translations("subject", {"fr_FR": "Un huissier viendra"})

    def test_by_the_debtors_of_the_policy(self):
        self.first.body = "<p>Nous demandons une indemnité forfaitaire de 40 €.</p>"
        with self.assertRaisesRegex(ValidationError, "consumer owes no compensation"):
            self.policy.debtor_kind = "consumer"
        self.policy.debtor_kind = "business"
        self.second.body = "<p>Une injonction de payer suivra.</p>"
        with self.assertRaisesRegex(ValidationError, "public body"):
            self.policy.debtor_kind = "public"
