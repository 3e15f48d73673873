import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const BATCH = "account.dunning.letter.batch";

/** Letters are made slice by slice, then downloaded as one file. Whoever closes the dialog stops after a slice. */
export class LetterProgress extends Component {
    static template = "account_dunning.LetterProgress";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        const { batch_id, total } = this.props.action.params;
        this.batchId = batch_id;
        this.isStopped = false;
        this.state = useState({ done: 0, total, problem: "" });
        onMounted(() => this.run());
        onWillUnmount(() => (this.isStopped = true));
    }

    get percent() {
        return Math.round((100 * this.state.done) / this.state.total);
    }

    get said() {
        const { done, total } = this.state;
        return this.isLast ? _t("Putting the letters together…") : _t("%(done)s of %(total)s letters", { done, total });
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
            this.state.problem = error.data?.message || _t("The letters could not be printed.");
        }
    }

    call(method) {
        return this.orm.silent.call(BATCH, method, [[this.batchId]]);
    }

    stop() {
        this.action.doAction({ type: "ir.actions.act_window_close" });
    }
}

registry.category("actions").add("account_dunning_letter_progress", LetterProgress);
