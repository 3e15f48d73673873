from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestSecurityGroups(TransactionCase):
    def test_a_billing_user_is_a_dunning_user_but_no_manager(self):
        user = new_test_user(self.env, "billing", groups="account.group_account_invoice")
        self.assertTrue(user.has_group("account_dunning.group_dunning_user"))
        self.assertFalse(user.has_group("account_dunning.group_dunning_manager"))

    def test_an_auditor_has_no_right_to_bill(self):
        user = new_test_user(self.env, "auditor", groups="account_dunning.group_dunning_auditor")
        self.assertFalse(user.has_group("account.group_account_invoice"))
        self.assertFalse(user.has_group("account_dunning.group_dunning_user"))
