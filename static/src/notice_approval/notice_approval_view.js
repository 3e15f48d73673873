import { registry } from "@web/core/registry";
import { listView } from "@web/views/list/list_view";
import { NoticeApprovalController } from "./notice_approval_controller";
import { NoticeApprovalRenderer } from "./notice_approval_renderer";

registry.category("views").add("account_dunning_notice_approval", {
    ...listView,
    Controller: NoticeApprovalController,
    Renderer: NoticeApprovalRenderer,
});
