import { Component, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { fitLetterPage } from "../letter_page";

/** The page of a letter as the field's value has it, in a frame of its own: no style of it touches the form. */
export class LetterPreview extends Component {
    static template = "account_dunning.LetterPreview";
    static props = { ...standardFieldProps };

    setup() {
        this.frameRef = useRef("frame");
    }

    get page() {
        return this.props.record.data[this.props.name];
    }

    onFrameLoaded() {
        fitLetterPage(this.frameRef.el);
    }
}

registry.category("fields").add("dunning_letter_preview", {
    component: LetterPreview,
    displayName: _t("Letter"),
    supportedTypes: ["text"],
});
