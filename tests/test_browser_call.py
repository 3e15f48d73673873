from datetime import timedelta

from odoo.tests import HttpCase, freeze_time, tagged

from .browser import in_browser
from .common import TODAY, DunningCommon

STEPS = """
    await click(one("div[name='dunning_explanation'] button[name='action_dunning_log_call']"));
    await click(() => named(".modal [name='outcome'] .o_radio_item", "Short of cash")()?.querySelector("input"));
    await wait(one(".modal [name='date_promise']"));
    const day = () => document.querySelector(".modal [name='date_promise'] input");
    if (!day()) await click(one(".modal [name='date_promise'] button"));
    await write(day, "DAY");
    await click(one(".modal footer button[name='action_log']"));
    await wait(() => !document.querySelector(".modal"));
    await wait(() => /promise/i.test(document.querySelector("div[name='dunning_explanation']").textContent));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserCall(DunningCommon, HttpCase):
    def test_a_call_ends_in_a_promise(self):
        """Two clicks and a day: the call is logged, the promise holds the invoice, the task is done."""
        self.make_user("clerk", "account.group_account_invoice")
        invoice = self.make_invoice(days=9)
        self.night()
        case = self.item(invoice).case_id
        case._raise_task("call")
        day = TODAY + timedelta(days=10)
        self.browser_js(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            in_browser(STEPS.replace("DAY", day.strftime("%m/%d/%Y"))),
            ready="!!document.querySelector(\"button[name='action_dunning_log_call']\")",
            login="clerk",
        )
        self.env.invalidate_all()
        self.assertRecordValues(case.contact_ids, [{"kind": "call", "outcome": "cash", "next_step": "promise"}])
        self.assertRecordValues(case.hold_ids, [{"kind": "promise", "date_until": day}])
        self.assertEqual(case.task_ids.state, "done")
        self.assertEqual(invoice.dunning_state, "on_hold")
