import io
import zipfile

from odoo.tests import HttpCase, freeze_time, tagged

from .browser import in_browser
from .common import TODAY, DunningCommon

STEPS = """
    await click(named(".o_form_statusbar button", "Dossier"));
    const summary = await wait(one(".modal .o_field_widget[name='summary'] ul"));
    if (!summary.textContent.includes("Formal notice")) throw new Error("what is missing is not said");
    await write(one(".modal [name='recipient'] input"), "Maître Durand");
    await click(one(".modal footer button[name='action_export']"));
    await wait(one(".modal .o_field_invalid[name='reason']"));
    await write(one(".modal [name='reason'] input"), "No answer");
    await click(one(".modal footer button[name='action_export']"));
    await wait(() => !document.querySelector(".modal"));
    const told = [...document.querySelectorAll(".o_notification")].map((one) => one.textContent).join();
    if (/popup/i.test(told)) throw new Error("the file was blocked as a pop-up");
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserDossier(DunningCommon, HttpCase):
    def test_a_billing_user_makes_a_dossier_of_a_case(self):
        """The dialog says what goes in and what lacks; without a reason there is none."""
        clerk = self.make_user("clerk", "account.group_account_invoice")
        by_hand = self.env["account.dunning.by.hand"].with_company(self.company)
        invoice = self.make_invoice(days=9)
        notice, _waiting = by_hand._issue(self.company, invoice, channel=self.letter)
        # the page of an invoice asks for its styles over HTTP, and a test serves one request at a time
        self.env["account.dunning.invoice.copy"]._store({invoice: b"%PDF-1.7 copy"})
        action = "account_dunning.account_dunning_case_action"
        self.browser_js(
            f"/odoo/action-{action}/{notice.case_id.id}",
            in_browser(STEPS),
            ready="!!document.querySelector('.o_form_statusbar button')",
            login="clerk",
        )
        self.env.invalidate_all()
        log = self.env["account.dunning.export"].search([])
        self.assertRecordValues(log, [{"user_id": clerk.id, "recipient": "Maître Durand", "reason": "No answer"}])
        file = self.env["ir.attachment"].search([("res_model", "=", "account.dunning.dossier.wizard")])
        with zipfile.ZipFile(io.BytesIO(file.raw)) as archive:
            self.assertIn(notice.document_id.raw, [archive.read(name) for name in archive.namelist()])
