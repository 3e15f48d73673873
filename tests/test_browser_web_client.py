from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install", "dunning_browser")
class TestBrowserWebClient(HttpCase):
    def test_the_web_client_opens_for_a_billing_user(self):
        new_test_user(self.env, "billing", password="billing", groups="account.group_account_invoice")
        self.browser_js(
            "/odoo",
            "document.querySelector('.o_main_navbar') && console.log('test successful')",
            ready="!!document.querySelector('.o_main_navbar')",
            login="billing",
        )
