import io

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools.pdf import PdfFileReader

from .browser import in_browser
from .common import TODAY, DunningCommon

STEPS = """
    await click(one(".o_cp_action_menus .dropdown-toggle"));
    const print = named(".o-dropdown--menu .dropdown-toggle, .o-dropdown--menu .dropdown-item", "Print");
    const letter = named(".o-dropdown--menu .dropdown-item", "Follow-up Letter");
    const menu = await wait(() => letter() || print());
    if (!letter()) {
        menu.dispatchEvent(new MouseEvent("mouseenter", { bubbles: true }));
        menu.click();
    }
    await click(letter);
    await wait(one(".modal table tbody tr"));
    await click(one(".modal footer button[name='action_print']"));
    await wait(() => !document.querySelector(".modal"));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserPrint(DunningCommon, HttpCase):
    def test_a_billing_user_prints_a_letter_from_the_invoice(self):
        self.make_user("clerk", "account.group_account_invoice")
        invoice = self.make_invoice(1234, days=9)
        self.browser_js(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            in_browser(STEPS),
            ready="!!document.querySelector('.o_form_view .o_cp_action_menus')",
            login="clerk",
        )
        notice = self.notices("issued")
        self.authenticate("clerk", "clerk")
        answer = self.url_open(f"/web/content/{notice.document_id.id}?download=true")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        text = PdfFileReader(io.BytesIO(answer.content)).pages[0].extract_text()
        for expected in (invoice.name, "22 Mar 2026", "9", "1,234.00", notice.name):
            self.assertIn(expected, text)
