import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/** The finished file, whenever it is there: a window opened long after the click would be blocked as a pop-up. */
function download(env, action) {
    const { url, title, message, type = "warning" } = action.params;
    if (message) {
        env.services.notification.add(message, { title, type, sticky: true });
    }
    browser.location.assign(url);
    return { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("account_dunning_download", download);
