"""What tests in Chromium do in the web client: they look for what a person sees, wait until it is there, and click."""

LOOK = """
    const wait = async (find) => {
        for (let tries = 0; tries < 100; tries++) {
            const found = find();
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("not found: " + find);
    };
    const one = (selector) => () => document.querySelector(selector);
    const named = (selector, text) => () =>
        [...document.querySelectorAll(selector)].find((node) => node.textContent.trim() === text);
    const click = async (find) => (await wait(find)).click();
    const write = async (find, text) => {
        const field = await wait(find);
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
    };
"""


def in_browser(steps):
    """The script of these steps, as `browser_js` expects it: it ends by saying that all went well."""
    ended = 'console.log("test successful");'
    return f"{LOOK}(async () => {{ {steps} {ended} }})().catch((error) => console.error(error.message));"
