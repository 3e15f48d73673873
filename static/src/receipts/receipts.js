import { Component, useRef, useState } from "@odoo/owl";
import { Dropzone } from "@web/core/dropzone/dropzone";
import { useCustomDropzone } from "@web/core/dropzone/dropzone_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { getDataURLFromFile } from "@web/core/utils/urls";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const LARGEST = 25 * 1024 * 1024;

/** Where receipts are dropped on a delivery, or chosen: a dialog then asks what they are. */
export class Receipts extends Component {
    static template = "account_dunning.Receipts";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.input = useRef("input");
        this.state = useState({ busy: false });
        useCustomDropzone(this.root, Dropzone, {
            extraClass: "o_dunning_receipts_over",
            onDrop: (ev) => this.take(ev.dataTransfer.files),
        });
    }

    onChange(ev) {
        this.take(ev.target.files);
    }

    async take(dropped) {
        const files = [...dropped].filter((file) => this.fits(file));
        if (!files.length || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const contents = await Promise.all(files.map(async (file) => [file.name, await this.read(file)]));
            const { resModel, resId } = this.props.record;
            const dialog = await this.orm.call(resModel, "open_receipts", [[resId], contents]);
            await this.action.doAction(dialog, { onClose: () => this.props.record.load() });
        } finally {
            this.state.busy = false;
            this.input.el.value = "";
        }
    }

    fits(file) {
        if (file.size > 0 && file.size <= LARGEST) {
            return true;
        }
        const reason = file.size ? _t("%s is larger than 25 MB.", file.name) : _t("%s is empty.", file.name);
        this.notification.add(reason, { type: "danger" });
        return false;
    }

    async read(file) {
        return (await getDataURLFromFile(file)).split(",")[1];
    }
}

registry.category("view_widgets").add("account_dunning_receipts", { component: Receipts });
