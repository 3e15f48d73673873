import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/**
 * Long work that the server does slice by slice: `make_slice` tells how far it is, `finish` gives the action that
 * shows what came of it. Whoever closes the dialog stops after a slice.
 */
export class SliceProgress extends Component {
    static template = "account_dunning.SliceProgress";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.params = this.props.action.params;
        this.isStopped = false;
        this.state = useState({ done: 0, total: this.params.total, problem: "" });
        onMounted(() => this.run());
        onWillUnmount(() => (this.isStopped = true));
    }

    get percent() {
        return Math.round((100 * this.state.done) / this.state.total);
    }

    get said() {
        const { done, total } = this.state;
        const { unit, finishing } = this.params;
        return this.isLast ? finishing : _t("%(done)s of %(total)s %(unit)s", { done, total, unit });
    }

    get isLast() {
        return this.state.done >= this.state.total;
    }

    /** Begins where it was: what a failed call had begun was undone by the server. */
    async run() {
        this.state.problem = "";
        try {
            while (!this.isLast && !this.isStopped) {
                Object.assign(this.state, await this.call("make_slice"));
            }
            if (!this.isStopped) {
                const download = await this.call("finish");
                if (!this.isStopped) {
                    await this.action.doAction(download);
                }
            }
        } catch (error) {
            this.state.problem = error.data?.message || this.params.failing;
        }
    }

    call(method) {
        return this.orm.silent.call(this.params.model, method, [[this.params.res_id]]);
    }

    stop() {
        this.action.doAction({ type: "ir.actions.act_window_close" });
    }
}

registry.category("actions").add("account_dunning_progress", SliceProgress);
