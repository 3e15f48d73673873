const PAPER = "10mm 12mm"; // the margins that the printed page has and the page on the screen does not

/** Show the whole letter of a frame as on paper: as high as its text, so that what is around it scrolls. */
export function fitLetterPage(frame) {
    const page = frame?.contentDocument?.documentElement;
    if (page) {
        page.style.padding = PAPER;
        frame.style.height = `${page.scrollHeight + 20}px`;
    }
}
