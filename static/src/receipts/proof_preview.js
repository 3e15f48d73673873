import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SHOWN = ["application/pdf", "image/png", "image/jpeg"];

/** The receipt itself, where a browser can show it without running anything of it. */
export class ProofPreview extends Component {
    static template = "account_dunning.ProofPreview";
    static props = { ...standardWidgetProps };

    get address() {
        const { attachment_id, mimetype } = this.props.record.data;
        return attachment_id && SHOWN.includes(mimetype) && `/web/content/${attachment_id.id}#toolbar=0&navpanes=0`;
    }
}

registry.category("view_widgets").add("account_dunning_proof_preview", { component: ProofPreview });
