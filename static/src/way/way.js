import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { invoiceAnswerDependencies, useInvoiceAnswer } from "../invoice_answer";

/** By which way and to whom the next notice of an invoice goes. */
export class DunningWay extends Component {
    static template = "account_dunning.Way";
    static props = { ...standardWidgetProps };

    setup() {
        this.way = useInvoiceAnswer("get_dunning_way");
    }
}

registry.category("view_widgets").add("dunning_way", {
    component: DunningWay,
    fieldDependencies: invoiceAnswerDependencies,
});
