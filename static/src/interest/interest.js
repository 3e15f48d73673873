import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { invoiceAnswerDependencies, useInvoiceAnswer } from "../invoice_answer";

/** Interest and compensation of one invoice to date; asked for only when its page is shown. */
export class LateInterest extends Component {
    static template = "account_dunning.LateInterest";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.late = useInvoiceAnswer("get_late_interest");
    }

    async open(method) {
        const action = await this.orm.call("account.move", method, [[this.late.resId]]);
        const onClose = () => this.late.reload();
        return typeof action === "object" ? this.action.doAction(action, { onClose }) : onClose();
    }
}

registry.category("view_widgets").add("late_interest", {
    component: LateInterest,
    fieldDependencies: invoiceAnswerDependencies,
});
