from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestPlaceholders(DunningCommon):
    """A placeholder that nothing fills in is refused where it is written."""

    def test_an_unknown_placeholder_is_named_with_the_known_ones(self):
        for field in ("subject", "body"):
            with self.assertRaises(ValidationError) as refused:
                self.first[field] = "Pay {amuont} by {date}"
            self.assertIn("{amuont}", str(refused.exception))
            self.assertIn("{amount}, {principal}, {date}, {days}, {response_date}", str(refused.exception))

    def test_also_in_a_translation(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        with self.assertRaisesRegex(ValidationError, "montant"):
            self.first.with_context(lang="fr_FR").subject = "Relance {montant}"
        with self.assertRaisesRegex(ValidationError, "montant"):
            self.first.update_field_translations("subject", {"fr_FR": "Relance {montant}"})

    def test_known_ones_and_other_braces_are_taken(self):
        self.first.write({"subject": "{number} {company} {customer} {amount}", "body": "<p>{date} {} {a b}</p>"})

    def test_the_nature_of_the_debt_has_known_ones_only(self):
        self.policy.obligation = "the price of {customer}'s orders"
        with self.assertRaisesRegex(ValidationError, "{custmer}"):
            self.policy.obligation = "the price of {custmer}'s orders"

    def test_so_have_the_texts_of_a_formal_notice(self):
        for field in ("consequences", "consequences_abroad", "legal_texts"):
            with self.assertRaisesRegex(ValidationError, "{amuont}"):
                self.formal[field] = "Pay {amuont}"
