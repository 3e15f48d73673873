import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { invoiceAnswerDependencies, useInvoiceAnswer } from "../invoice_answer";

/** What happened about one invoice; asked for only when its page is shown, so that the form costs nothing more. */
export class DunningTimeline extends Component {
    static template = "account_dunning.Timeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.events = useInvoiceAnswer("get_dunning_timeline");
    }

    formatDate(date) {
        return date ? formatDate(deserializeDate(date)) : "";
    }

    formatAmount(event) {
        return event.amount ? formatMonetary(event.amount, { currencyId: event.currency_id }) : "";
    }

    async open(event) {
        this.action.doAction(await this.orm.call("account.dunning.event", "action_open", [[event.id]]));
    }
}

registry.category("view_widgets").add("dunning_timeline", {
    component: DunningTimeline,
    fieldDependencies: invoiceAnswerDependencies,
});
