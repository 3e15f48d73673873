import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** By which way and to whom the next notice of an invoice goes; asked for beside the form, which need not wait. */
export class DunningWay extends Component {
    static template = "account_dunning.Way";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ way: "" });
        useRecordObserver((record) => {
            this.load(record.resId, record.data.dunning_explanation);
        });
    }

    /** `_sentence` changes with every action on the invoice: reading it makes the observer come back. */
    async load(resId, _sentence) {
        this.state.way = resId ? await this.orm.call("account.move", "get_dunning_way", [[resId]]) : "";
    }
}

registry.category("view_widgets").add("dunning_way", {
    component: DunningWay,
    fieldDependencies: [{ name: "dunning_explanation", type: "char" }],
});
