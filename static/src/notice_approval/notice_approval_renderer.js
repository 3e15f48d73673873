import { getActiveHotkey } from "@web/core/hotkeys/hotkey_service";
import { ListRenderer } from "@web/views/list/list_renderer";

/** A click chooses the row whose letter is shown; it does not open the notice. */
export class NoticeApprovalRenderer extends ListRenderer {
    static props = [...ListRenderer.props, "currentId?", "onChoose?"];

    getRowClass(record) {
        const isCurrent = record.resId === this.props.currentId;
        return `${super.getRowClass(record)} ${isCurrent ? "table-active o_dunning_current" : ""}`;
    }

    async onCellClicked(record, column, ev, newWindow) {
        if (newWindow) {
            return super.onCellClicked(record, column, ev, newWindow);
        }
        this.props.onChoose(record);
    }

    /** The arrows move from notice to notice, wherever the focus is in the list. */
    onCellKeydown(ev, group = null, record = null) {
        if (record && ["arrowup", "arrowdown", "enter"].includes(getActiveHotkey(ev))) {
            return;
        }
        super.onCellKeydown(ev, group, record);
    }
}
