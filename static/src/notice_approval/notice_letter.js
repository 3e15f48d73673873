import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { fitLetterPage } from "../letter_page";

const DELAY = 120; // milliseconds: whoever moves quickly through the list asks for the last letter only

/** The letter of one notice: its stored PDF, or what it would be if it were issued today. */
export class NoticeLetter extends Component {
    static template = "account_dunning.NoticeLetter";
    static props = { resId: { type: [Number, Boolean] }, stamp: Number };

    setup() {
        this.orm = useService("orm");
        this.frameRef = useRef("frame");
        this.keepLast = new KeepLast();
        this.state = useState({ letter: null, problem: "", isLoading: false });
        useEffect(
            () => this.schedule(),
            () => [this.props.resId, this.props.stamp]
        );
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    schedule() {
        browser.clearTimeout(this.timer);
        this.state.isLoading = Boolean(this.props.resId);
        if (!this.props.resId) {
            Object.assign(this.state, { letter: null, problem: "" });
            return;
        }
        this.timer = browser.setTimeout(() => this.load(this.props.resId), DELAY);
    }

    async load(resId) {
        const found = { letter: null, problem: "", isLoading: false };
        try {
            const call = this.orm.silent.call("account.dunning.notice", "get_letter", [[resId]]);
            found.letter = { resId, ...(await this.keepLast.add(call)) };
        } catch (error) {
            found.problem = error.data?.message || _t("The letter could not be shown.");
        }
        if (resId === this.props.resId) {
            Object.assign(this.state, found);
        }
    }

    /** No click in the letter takes the keyboard away: the panel scrolls, not the frame. */
    onFrameLoaded() {
        fitLetterPage(this.frameRef.el);
    }
}
