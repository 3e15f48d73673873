from odoo.tests import HttpCase, freeze_time, tagged

from .common import TODAY
from .test_screens import BILLING, ScreensCommon

KEYS = """
    const wait = async (find) => {
        for (let tries = 0; tries < 100; tries++) {
            const found = find();
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("not found: " + find + " in " + document.body.innerText.slice(0, 2000));
    };
    const one = (selector) => document.querySelector(selector);
    const press = (key) => (document.activeElement || document.body).dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const page = () => one(".o_dunning_letter_page")?.contentDocument?.body?.textContent || "";
    const current = () => one(".o_dunning_current td[name=partner_id]")?.textContent.trim() || "";
    const shows = (name) => wait(() => current() === name && page().includes(name) && page().includes("PREVIEW"));
"""
APPROVE = (
    KEYS
    + """
    (async () => {
        await shows("Debtor 1");
        press("ArrowDown");
        await shows("Debtor 2");
        press("ArrowUp");
        await shows("Debtor 1");
        press("a");
        await shows("Debtor 2");
        press("a");
        await shows("Debtor 3");
        press("r");
        const reason = await wait(() => one(".modal [name=reason] input"));
        reason.value = "An agreement";
        reason.dispatchEvent(new Event("input", { bubbles: true }));
        reason.dispatchEvent(new Event("change", { bubbles: true }));
        one(".modal button[name=action_refuse]").click();
        await shows("Debtor 4");
        [...document.querySelectorAll(".o_data_row td[name=partner_id]")]
            .find((cell) => cell.textContent.trim() === "Debtor 6").click();
        await shows("Debtor 6");
        press("x");
        await wait(() => one(".o_data_row_selected, .o_data_row.table-info"));
        press("a");
        await shows("Debtor 5");
        one(".o_dunning_approve").click();
        await shows("Debtor 4");
        press("a");
        await wait(() => one(".o_view_nocontent"));
        press("a");
        press("r");
        press("ArrowDown");
        await wait(() => one(".o_dunning_approved").textContent.includes("5"));
        if (one(".modal, .o_error_dialog")) throw new Error(one(".modal").textContent);
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""
)
MEANWHILE = (
    KEYS
    + """
    (async () => {
        await shows("Debtor 1");
        await fetch("/web/dataset/call_kw", {method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify({params: {model: "account.dunning.notice", method: "approve_at_desk",
                args: [[NOTICE]], kwargs: {}}})});
        press("a");
        await wait(() => one(".o_notification")?.textContent.includes("already approved by"));
        await shows("Debtor 2");
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""
)
LATE = (
    KEYS
    + """
    (async () => {
        await shows("Debtor 1");
        press("a");
        const reason = await wait(() => one(".modal [name=reason] input"));
        await wait(() => one(".modal .o_data_row [name=limitation_date]")?.textContent.includes("2021"));
        reason.value = "He wants to pay";
        reason.dispatchEvent(new Event("input", { bubbles: true }));
        reason.dispatchEvent(new Event("change", { bubbles: true }));
        one(".modal button[name=action_approve]").click();
        await shows("Debtor 2");
        if (one(".modal, .o_error_dialog")) throw new Error(one(".modal").textContent);
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""
)
POWERLESS = (
    KEYS
    + """
    (async () => {
        await shows("Debtor 1");
        if (one(".o_dunning_approve, .o_dunning_refuse, button[name=action_approve]")) throw new Error("a button");
        press("a");
        press("r");
        press("ArrowDown");
        await shows("Debtor 2");
        if (one(".modal")) throw new Error("a dialog");
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""
)
ACTION = "/odoo/action-account_dunning.account_dunning_notice_action_approve"
READY = "!!document.querySelector('.o_list_view .o_dunning_letter_panel')"


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserApprove(ScreensCommon, HttpCase):
    """The list with the letters, by keyboard, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.approval = "manual"
        (cls.billing | cls.manager).write({"password": "a password for the test"})

    def prepare(self, count):
        customers = [self.make_customer(f"Debtor {number}") for number in range(1, count + 1)]
        for number, customer in enumerate(customers):
            self.make_invoice(1000 - number, days=6, partner=customer)
        self.night()
        return [self.notices("draft", partner=customer) for customer in customers]

    def play(self, script, user):
        self.browser_js(ACTION, script, ready=READY, login=user.login)
        self.env.invalidate_all()

    def test_a_manager_approves_by_keyboard_and_the_window_sends(self):
        notices = self.prepare(6)
        self.play(APPROVE, self.manager)
        states = [notice.state for notice in notices]
        self.assertEqual(states, ["approved", "approved", "cancelled", "approved", "approved", "approved"])
        self.assertEqual(notices[2].reason, "An agreement")
        self.assertEqual(notices[0].approved_by, self.manager)
        self.window()
        self.assertEqual([bool(notice.date_left) for notice in notices], [True, True, False, True, True, True])

    def test_what_was_approved_meanwhile_is_said(self):
        notices = self.prepare(2)
        self.play(MEANWHILE.replace("NOTICE", str(notices[0].id)), self.manager)
        self.assertEqual([notice.state for notice in notices], ["approved", "draft"])

    def test_a_late_claim_asks_for_a_reason(self):
        self.company.dunning_law_country_id = self.env.ref("base.fr")
        late, other = (self.make_customer(f"Debtor {number}", debtor_kind="business") for number in (1, 2))
        self.make_invoice(1000, days=10 * 366, partner=late)
        self.make_invoice(10, days=6, partner=other)
        self.night()
        self.play(LATE, self.manager)
        notice = self.notices("approved", partner=late)
        self.assertEqual(notice.limitation_reason, "He wants to pay")

    def test_without_the_right_keys_do_nothing(self):
        notices = self.prepare(2)
        self.assertTrue(self.billing.has_group(BILLING))
        self.play(POWERLESS, self.billing)
        self.assertEqual([notice.state for notice in notices], ["draft", "draft"])
