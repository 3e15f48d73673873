"""Take the pictures of the docs from the running product: ./dev python docs/take_pictures.py ADDRESS

Needs `./dev run` in another terminal; ADDRESS is the one it printed, without /odoo.
"""

import base64
import itertools
import json
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
PAGES = {  # picture: (path, what must be on the page before the picture is taken)
    "invoices": ("/odoo/customer-invoices", ".o_data_row"),
    "cases": ("/odoo/action-account_dunning.account_dunning_case_action", ".o_data_row"),
    "policies": ("/odoo/action-account_dunning.account_dunning_policy_action", ".o_data_row"),
}
OPENED = {"case": "cases"}  # picture of the first record's form: the list it is opened from

FIND_INVOICE = """fetch("/web/dataset/call_kw", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({params: {model: "account.move", method: "search", kwargs: {limit: 1},
        args: [[["dunning_state", "=", "in_progress"], ["amount_residual", ">", 0]]]}})})
    .then((answer) => answer.json()).then((answer) => answer.result[0])"""
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


class Browser:
    """One page of a headless Chromium, driven through its own debugging protocol."""

    def __init__(self, width=1400, height=800):
        self.profile = tempfile.mkdtemp()
        program = next(filter(None, map(shutil.which, BROWSERS)))
        options = [f"--user-data-dir={self.profile}", "--remote-debugging-port=0", f"--window-size={width},{height}"]
        command = [program, *FLAGS, *QUIET, *options, "about:blank"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
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


def take_print_dialog(browser, address):
    invoice_id = browser.evaluate(FIND_INVOICE)
    path = f"/odoo/action-account.action_move_out_invoice_type/{invoice_id}"
    browser.open(address + path, ".o_form_view .o_cp_action_menus")
    browser.evaluate(OPEN_PRINT)
    browser.wait_for(".modal table tbody tr")
    browser.picture(PICTURES / "print.png")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    address = sys.argv[1].rstrip("/")
    browser = Browser()
    try:
        log_in(browser, address)
        for name, (path, selector) in PAGES.items():
            browser.open(address + path, selector)
            browser.picture(PICTURES / f"{name}.png")
            print(PICTURES / f"{name}.png")
        for name, listed in OPENED.items():
            browser.open(address + PAGES[listed][0], PAGES[listed][1])
            browser.evaluate("document.querySelector('.o_data_row .o_data_cell').click()")
            browser.wait_for(".o_form_view")
            browser.picture(PICTURES / f"{name}.png")
        take_print_dialog(browser, address)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
