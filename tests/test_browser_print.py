import io

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools.pdf import PdfFileReader

from .common import TODAY, DunningCommon

CLICKS = """
    const wait = async (find) => {
        for (let tries = 0; tries < 100; tries++) {
            const found = find();
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("not found: " + find);
    };
    const named = (selector, text) => () =>
        [...document.querySelectorAll(selector)].find((node) => node.textContent.trim() === text);
    (async () => {
        (await wait(() => document.querySelector(".o_cp_action_menus .dropdown-toggle"))).click();
        const print = named(".o-dropdown--menu .dropdown-toggle, .o-dropdown--menu .dropdown-item", "Print");
        const letter = named(".o-dropdown--menu .dropdown-item", "Follow-up Letter");
        const menu = await wait(() => letter() || print());
        if (!letter()) {
            menu.dispatchEvent(new MouseEvent("mouseenter", { bubbles: true }));
            menu.click();
        }
        (await wait(letter)).click();
        await wait(() => document.querySelector(".modal table tbody tr"));
        (await wait(() => document.querySelector(".modal footer button[name='action_print']"))).click();
        await wait(() => !document.querySelector(".modal"));
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserPrint(DunningCommon, HttpCase):
    def test_a_billing_user_prints_a_letter_from_the_invoice(self):
        self.make_user("clerk", "account.group_account_invoice")
        invoice = self.make_invoice(1234, days=9)
        self.browser_js(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            CLICKS,
            ready="!!document.querySelector('.o_form_view .o_cp_action_menus')",
            login="clerk",
        )
        notice = self.notices("issued")
        self.authenticate("clerk", "clerk")
        answer = self.url_open(f"/web/content/{notice.document_id.id}?download=true")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        text = PdfFileReader(io.BytesIO(answer.content)).pages[0].extract_text()
        for expected in (invoice.name, "03/22/2026", "9", "1,234.00", notice.name):
            self.assertIn(expected, text)
