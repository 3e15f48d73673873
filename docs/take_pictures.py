"""Take the pictures of the docs from the running product: ./dev python docs/take_pictures.py ADDRESS

Needs `./dev run` in another terminal; ADDRESS is the one it printed, without /odoo.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

PICTURES = Path(__file__).resolve().parent / "pictures"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
LANGUAGES = {"en": "en_US", "fr": "fr_FR"}
ADDON = "/odoo/action-account_dunning.account_dunning"
LISTS = {  # picture: (path, what must be on the page before the picture is taken)
    "invoices": ("/odoo/customer-invoices", ".o_data_row"),
    "tasks": (f"{ADDON}_task_action", ".o_data_row"),
    "approve": (f"{ADDON}_notice_action_approve", ".o_dunning_current"),
    "setup": (f"{ADDON}_setup_action", ".o_form_view"),
    "dry_run": (f"{ADDON}_dry_run_action", ".o_form_view .o_data_row"),
    "start": (f"{ADDON}_start_action", ".o_form_view"),
}
LATE = [["dunning_state", "=", "in_progress"], ["amount_residual", ">", 0], ["dunning_next_date", "!=", False]]
OPEN_PRINT = """(async () => {
    const wait = async (find) => {
        for (let tries = 0; tries < 100 && !find(); tries++) await new Promise((done) => setTimeout(done, 100));
        return find();
    };
    const named = (...names) => () => [...document.querySelectorAll(".o-dropdown--menu .dropdown-item")]
        .find((node) => names.includes(node.textContent.trim()));
    document.querySelector(".o_cp_action_menus .dropdown-toggle").click();
    const menu = await wait(named("Print", "Imprimer"));
    menu.dispatchEvent(new MouseEvent("mouseenter", { bubbles: true }));
    menu.click();
    (await wait(named("Follow-up Letter", "Lettre de relance"))).click();
})()"""
OPEN_PAGE = """[...document.querySelectorAll(".o_notebook .nav-link")]
    .find((node) => ["Dunning", "Relances"].includes(node.textContent.trim())).click()"""

OPEN_WORKING = """[...document.querySelectorAll(".tab-pane.active button, .tab-pane.active a")]
    .find((node) => ["How is this computed?", "Comment est-ce calculé ?"].includes(node.textContent.trim())).click()"""

OPEN_VERIFICATION = "document.querySelector('.o_form_statusbar button[name=action_verify]').click()"
VERIFY = """((line) => {
    const box = document.querySelector(".modal .o_field_widget[name=outside] textarea");
    box.value = line;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.dispatchEvent(new Event("change", { bubbles: true }));
    document.querySelector(".modal button[name=action_verify]").click();
})"""
OPEN_DOSSIER = """[...document.querySelectorAll(".o_form_statusbar button")]
    .find((node) => node.textContent.trim() === "Dossier").click()"""
PROVED = [["kind", "=", "receipt"], ["delivery_id", "!=", False]]


class Browser:
    """One page of a headless Chromium, driven through its own debugging protocol."""

    def __init__(self, width=1400, height=1000):
        self.profile = tempfile.mkdtemp()
        program = next(filter(None, map(shutil.which, BROWSERS)))
        options = [f"--user-data-dir={self.profile}", "--remote-debugging-port=0", f"--window-size={width},{height}"]
        command = [program, *FLAGS, *QUIET, *options, "about:blank"]
        self.width, self.height = width, height
        zone = {**os.environ, "TZ": "Europe/Paris"}  # that of the demonstration's company
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=zone)
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(self._find_page(), suppress_origin=True, timeout=60)

    def _find_page(self):
        ready = Path(self.profile) / "DevToolsActivePort"
        for _attempt in range(100):
            if ready.exists() and ready.read_text().strip():
                break
            time.sleep(0.1)
        port = ready.read_text().splitlines()[0]
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        return next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                return answer.get("result", answer)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def set_height(self, height=None):
        """For what does not fit into a window of the usual height; without `height` back to that."""
        size = {"width": self.width, "height": height or self.height}
        self.call("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)

    def open(self, address, selector):
        self.call("Page.navigate", url=address)
        self.wait_for(selector)

    def wait_for(self, selector):
        for _attempt in range(300):
            if self.evaluate(f"!!document.querySelector({json.dumps(selector)})"):
                time.sleep(1)  # animations end
                return
            time.sleep(0.1)
        raise SystemExit(f"{selector} did not appear")

    def picture(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def log_in(browser, address, login="admin", password="admin"):
    browser.open(f"{address}/web/login", "input[name=login]")
    browser.evaluate(
        f"document.querySelector('input[name=login]').value = {json.dumps(login)};"
        f"document.querySelector('input[name=password]').value = {json.dumps(password)};"
        "document.querySelector('form.oe_login_form').submit()"
    )
    browser.wait_for(".o_main_navbar")


class Session:
    """The product in one language, as its administrator."""

    def __init__(self, browser, address, language):
        self.browser, self.address, self.language = browser, address, language
        user_id = self.rpc("res.users", "search", [["login", "=", "admin"]])[0]
        self.rpc("res.users", "write", [user_id], {"lang": LANGUAGES[language]})

    def rpc(self, model, method, *args, **kwargs):
        body = json.dumps({"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}})
        return self.browser.evaluate(
            'fetch("/web/dataset/call_kw", {method: "POST", headers: {"Content-Type": "application/json"},'
            f" body: {json.dumps(body)}}}).then((answer) => answer.json()).then((answer) => answer.result)"
        )

    def open(self, path, selector):
        self.browser.open(self.address + path, selector)

    def keep(self, name):
        path = PICTURES / self.language / f"{name}.png"
        self.browser.picture(path)
        print(path)

    def take_lists(self):
        for name, (path, selector) in LISTS.items():
            self.open(path, selector)
            self.keep(name)

    def take_case(self):
        self.open(f"{ADDON}_case_action", ".o_data_row")
        self.keep("cases")
        self.browser.evaluate("document.querySelector('.o_data_row .o_data_cell').click()")
        self.browser.wait_for(".o_form_view .o_data_row")
        self.keep("case")

    def take_level(self):
        """The formal notice to businesses of the company's own policy."""
        domain = [
            ["stage", "=", "formal_notice"],
            ["company_id", "!=", False],
            ["policy_id.debtor_kind", "=", "business"],
        ]
        level_id = self.rpc("account.dunning.level", "search", domain, limit=1)[0]
        self.open(f"{ADDON}_level_action/{level_id}", ".o_dunning_letter_preview iframe")
        self.keep("level")

    def take_invoice(self):
        """Of the late invoices the one of which most has happened."""
        found = self.rpc("account.move", "search", LATE, limit=40)
        invoice_id = max(found, key=lambda one: len(self.rpc("account.move", "get_dunning_timeline", [one])))
        form = f"/odoo/action-account.action_move_out_invoice_type/{invoice_id}"
        self.open(form, ".o_form_view .o_cp_action_menus")
        self.browser.evaluate(OPEN_PAGE)
        self.browser.wait_for(".o_dunning_timeline")
        self.keep("invoice")
        self.browser.evaluate(OPEN_WORKING)
        self.browser.wait_for(".modal table tbody tr")
        self.keep("interest")
        self.open(form, ".o_form_view .o_cp_action_menus")
        self.browser.evaluate(OPEN_PRINT)
        self.browser.wait_for(".modal table tbody tr")
        self.keep("print")

    def take_proofs(self):
        """Of the notice that went through the sandbox: its receipt, its delivery, its dossier, its chain."""
        found = self.rpc("account.dunning.proof", "search_read", PROVED, ["delivery_id", "case_id"], limit=1)
        if not found:
            raise SystemExit("No receipt came in: run ./dev run --reset, which sends a notice through the sandbox.")
        proof_id, delivery, case = found[0]["id"], found[0]["delivery_id"], found[0]["case_id"]
        self.browser.set_height(1500)
        self.open(f"{ADDON}_proof_action/{proof_id}", "iframe.o_dunning_proof_preview")
        time.sleep(3)  # the PDF is drawn in a page of its own
        self.keep("proof")
        self.browser.set_height(1100)
        self.open(f"{ADDON}_delivery_action/{delivery[0]}", ".o_form_view .o_data_row")
        self.keep("delivery")
        self.browser.set_height()
        self.open(f"{ADDON}_case_action/{case[0]}", ".o_form_statusbar button")
        self.browser.evaluate(OPEN_DOSSIER)
        self.browser.wait_for(".modal .o_field_widget[name=summary] table")
        self.keep("dossier")

    def take_verification(self):
        """With its answer; the line that the chain shows is the one that was kept outside."""
        chain = self.rpc("account.dunning.chain", "search_read", [["sequence", ">", 0]], ["head_line"], limit=1)[0]
        self.open(f"{ADDON}_chain_action/{chain['id']}", ".o_form_statusbar button[name=action_verify]")
        self.browser.evaluate(OPEN_VERIFICATION)
        self.browser.wait_for(".modal .o_field_widget[name=outside] textarea")
        self.browser.evaluate(f"{VERIFY}({json.dumps(chain['head_line'])})")
        self.browser.wait_for(".modal .alert-success")
        self.keep("verification")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    address = sys.argv[1].rstrip("/")
    browser = Browser()
    try:
        log_in(browser, address)
        for language in LANGUAGES:
            session = Session(browser, address, language)
            session.take_lists()
            session.take_case()
            session.take_level()
            session.take_invoice()
            session.take_proofs()
            session.take_verification()
    finally:
        browser.close()


if __name__ == "__main__":
    main()
