from odoo.tests import HttpCase, freeze_time, tagged

from .browser import in_browser
from .common import TODAY, DunningCommon

STEPS = """
    const told = () => document.querySelector("[name='dunning_explanation'] .o_field_widget").textContent.trim();
    const before = told();
    await click(named("button[name='action_dunning_hold']", "Dispute"));
    await write(one(".modal [name='note'] textarea"), "The goods were broken");
    await click(one(".modal footer button[name='action_hold']"));
    await wait(() => !document.querySelector(".modal"));
    await wait(() => told() !== before);
    if (!/dispute/i.test(told())) throw new Error("the sentence says: " + told());

    await click(one("button[name='action_open_dunning_case']"));
    await click(named(".o_notebook .nav-link", "Holds"));
    await click(one("[name='hold_ids'] button[name='action_lift']"));
    await wait(() => !document.querySelector("[name='hold_ids'] button[name='action_lift']"));
    await click(() => [...document.querySelectorAll(".o_breadcrumb .breadcrumb-item a")].pop());
    await wait(() => document.querySelector("[name='dunning_explanation']") && told() === before);
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserHold(DunningCommon, HttpCase):
    def test_a_billing_user_notes_a_dispute_and_lifts_it(self):
        """The sentence on the invoice says that it is disputed, and afterwards what comes next, as before."""
        self.make_user("clerk", "account.group_account_invoice")
        invoice = self.make_invoice(days=9)
        self.env["account.dunning.night"]._refresh(self.company, invoice.partner_id)
        self.browser_js(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            in_browser(STEPS),
            ready="!!document.querySelector(\"button[name='action_dunning_hold']\")",
            login="clerk",
        )
        self.env.invalidate_all()
        hold = invoice.dunning_case_id.hold_ids
        self.assertRecordValues(hold, [{"kind": "dispute", "state": "ended", "outcome": "lifted"}])
        self.assertEqual((hold.note, hold.item_ids), ("The goods were broken", self.item(invoice)))
        self.assertEqual(invoice.dunning_reason, "due")
