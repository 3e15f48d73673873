import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/** The finished file, whenever it is there: a window opened long after the click would be blocked as a pop-up. */
function downloadLetters(env, action) {
    const { url, title, message } = action.params;
    if (message) {
        env.services.notification.add(message, { title, type: "warning", sticky: true });
    }
    browser.location.assign(url);
    return { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("account_dunning_letter_download", downloadLetters);
