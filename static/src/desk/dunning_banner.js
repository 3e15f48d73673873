import { Component, onWillStart, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/** Above a list: that nothing leaves, while it doesn't; on the work list also what happened since yesterday. */
export class DunningBanner extends Component {
    static template = "account_dunning.DunningBanner";
    static props = { withFacts: { type: Boolean, optional: true } };

    setup() {
        const orm = useService("orm");
        this.state = useState({ silent: [], facts: [] });
        onWillStart(async () => {
            const banner = await orm.call("account.dunning.desk", "get_banner", [Boolean(this.props.withFacts)]);
            Object.assign(this.state, banner);
        });
    }
}
