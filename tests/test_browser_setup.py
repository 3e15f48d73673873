from odoo.tests import HttpCase, freeze_time, tagged

from .browser import in_browser
from .common import TODAY, DunningCommon

ACTION = "/odoo/action-account_dunning.account_dunning"
SET_UP = """
    await click(one("button[name='action_finish']"));
    await wait(one("button[name='action_calculate']"));
    await wait(() => [...document.querySelectorAll(".o_data_row")].some((row) => /Reminder 1/.test(row.textContent)));
"""
START = """
    await click(one("button[name='action_start']"));
    await click(one(".modal footer .btn-primary"));
    await wait(() => !document.querySelector("button[name='action_start']"));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserSetup(DunningCommon, HttpCase):
    def test_from_the_five_questions_to_the_first_night(self):
        """A manager answers, sees what would happen, starts; only then the night prepares and the window sends."""
        self.policy.active = False
        self.company.write({"dunning_mode": "off", "dunning_policy_id": False})
        self.make_user("chief", "account.group_account_manager", "account_dunning.group_dunning_manager")
        self.customer.debtor_kind = "business"
        invoice = self.make_invoice(days=20)
        self.tell_as_sent(invoice)
        self.open("setup_action", SET_UP, "action_finish")
        self.assertEqual(self.company.dunning_mode, "simulate")
        self.night()
        self.window()
        self.assertFalse(self.notices())
        self.open("start_action", START, "action_start")
        self.assertEqual(self.company.dunning_mode, "send")
        self.assertEqual(self.company.dunning_baseline_date, TODAY)
        with self.on(1):
            self.night()
            self.window()
        self.assertTrue(self.notices("issued").date_left)
        self.assertEqual(invoice.dunning_state, "in_progress")

    def tell_as_sent(self, invoice):
        message = {"model": invoice._name, "res_id": invoice.id, "message_type": "email_outgoing"}
        self.env["mail.message"].create(
            {**message, "date": invoice.invoice_date, "author_id": self.env.user.partner_id.id}
        )
        invoice.is_move_sent = True

    def open(self, action, steps, button):
        ready = f"!!document.querySelector(\"button[name='{button}']\")"
        self.browser_js(f"{ACTION}_{action}", in_browser(steps), ready=ready, login="chief")
        self.env.invalidate_all()
