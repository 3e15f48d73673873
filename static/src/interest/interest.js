import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Interest and compensation of one invoice to date; asked for only when its page is shown. */
export class LateInterest extends Component {
    static template = "account_dunning.LateInterest";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ resId: false, late: false });
        useRecordObserver((record) => {
            this.load(record.resId, record.data.dunning_explanation);
        });
    }

    /** `_sentence` changes with every action on the invoice: reading it makes the observer come back. */
    async load(resId, _sentence) {
        this.state.resId = resId;
        this.state.late = resId ? await this.orm.call("account.move", "get_late_interest", [[resId]]) : false;
    }

    async open(method) {
        const action = await this.orm.call("account.move", method, [[this.state.resId]]);
        const onClose = () => this.load(this.state.resId);
        return typeof action === "object" ? this.action.doAction(action, { onClose }) : onClose();
    }
}

registry.category("view_widgets").add("late_interest", {
    component: LateInterest,
    fieldDependencies: [{ name: "dunning_explanation", type: "char" }],
});
