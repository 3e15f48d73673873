import io
from datetime import timedelta

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools.pdf import PdfFileReader

from .browser import in_browser
from .common import TODAY, DunningCommon

STEPS = """
    const select = async () => {
        const all = await wait(one(".o_list_view thead .o_list_record_selector input"));
        if (!all.checked) all.click();
    };
    await select();
    await click(one(".o_control_panel button[name='action_open_printing']"));
    await click(one(".modal footer button[name='action_print']"));
    await wait(() => !document.querySelector(".modal"));
    await select();
    await click(one(".o_control_panel button[name='action_open_posting']"));
    await write(one(".modal [name='date'] input"), "03/30/2026");
    await click(one(".modal footer button[name='action_post']"));
    await wait(() => !document.querySelector(".modal"));
    await wait(() => !document.querySelector(".o_list_view tbody .o_data_row"));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserPost(DunningCommon, HttpCase):
    def test_a_billing_user_prints_letters_and_marks_them_as_posted(self):
        """All letters of the list in one PDF, then on the day entered: their level is reached on that day."""
        self.make_user("clerk", "account.group_account_invoice")
        invoices = self.make_invoice(days=9) | self.make_invoice(days=8, partner=self.make_customer("Other"))
        with self.on(-2):
            by_hand = self.env["account.dunning.by.hand"].with_company(self.company)
            by_hand._issue(self.company, invoices, channel=self.letter)
        self.browser_js(
            "/odoo/action-account_dunning.account_dunning_delivery_action_post",
            in_browser(STEPS),
            ready="document.querySelectorAll('.o_list_view .o_data_row').length === 2",
            login="clerk",
        )
        self.env.invalidate_all()
        deliveries = self.env["account.dunning.delivery"].search([("company_id", "=", self.company.id)])
        batch = self.env["ir.attachment"].search([("res_model", "=", "account.dunning.letter.batch")], limit=1)
        self.assertEqual(len(PdfFileReader(io.BytesIO(batch.raw)).pages), 6)  # with the list, each on its own sheet
        self.assertEqual(deliveries.mapped("date_left"), [TODAY - timedelta(days=1)] * 2)
        self.assertEqual(self.item(invoices[0]).level_id | self.item(invoices[1]).level_id, self.first)
