const PAPER = "10mm 12mm"; // the margins that the printed page has and the page on the screen does not

/** Show the whole letter of a frame as on paper: as wide as the frame, and so high that only what is around scrolls. */
export function fitLetterPage(frame) {
    const page = frame?.contentDocument?.documentElement;
    if (page) {
        page.style.cssText = `padding: ${PAPER}; background: white; width: max-content;`;
        page.style.zoom = Math.min(1, frame.clientWidth / page.offsetWidth);
        frame.style.height = `${page.getBoundingClientRect().height + 10}px`;
    }
}
