"""A receipt is dropped on its delivery, in Chromium."""

from odoo.tests import HttpCase, freeze_time, tagged

from .browser import in_browser
from .common import TODAY
from .proof_common import ProofCommon

DROP = """
    const zone = await wait(one(".o_dunning_receipts"));
    const files = new DataTransfer();
    files.items.add(new File(["%PDF-1.4 slip"], "slip.pdf", { type: "application/pdf" }));
    const fire = (target, type) => target.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
    fire(zone, "dragenter");
    fire(await wait(one(".o_dunning_receipts_over")), "drop");
    const row = await wait(one(".modal .o_data_row"));
    if (!row.textContent.includes("slip.pdf")) throw new Error("the file is not named: " + row.textContent);
    await click(one(".modal .o_data_row td[name='date_event']"));
    await write(one(".modal td[name='date_event'] input"), "03/31/2026");
    await click(one(".modal footer button[name='action_add']"));
    await wait(() => !document.querySelector(".modal"));
    await wait(one(".o_form_view [name='proof_ids'] .o_data_row"));
"""
EMPTY = """
    const zone = await wait(one(".o_dunning_receipts input"));
    const files = new DataTransfer();
    files.items.add(new File([], "nothing.pdf"));
    zone.files = files.files;
    zone.dispatchEvent(new Event("change", { bubbles: true }));
    await wait(() => document.body.textContent.includes("nothing.pdf is empty."));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserReceipts(ProofCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.make_user("billing", "account.group_account_invoice")
        self.delivery = self.send("registered_letter")
        self.env.flush_all()

    def look(self, steps):
        self.browser_js(
            f"/odoo/action-account_dunning.account_dunning_delivery_action/{self.delivery.id}",
            in_browser(steps),
            ready="!!document.querySelector('.o_dunning_receipts')",
            login="billing",
        )
        self.env.invalidate_all()

    def test_a_file_that_is_dropped_becomes_a_proof(self):
        self.look(DROP)
        self.assertEqual(self.delivery.proof_ids.file_name, "slip.pdf")
        self.assertEqual(self.delivery.state, "received")

    def test_an_empty_file_is_refused_at_once(self):
        self.look(EMPTY)
        self.assertFalse(self.delivery.proof_ids)
