import { onWillStart, useEffect, useState } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { user } from "@web/core/user";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { DeskListController } from "../desk/desk_views";
import { NoticeLetter } from "./notice_letter";

const REFUSE = "account_dunning.account_dunning_refuse_wizard_action";

export class NoticeApprovalController extends DeskListController {
    static template = "account_dunning.NoticeApproval";
    static components = { ...DeskListController.components, NoticeLetter };

    setup() {
        super.setup();
        this.notification = useService("notification");
        this.mutex = new Mutex();
        this.desk = useState({ currentId: false, index: 0, approved: 0, stamp: 0, canApprove: false });
        onWillStart(async () => {
            this.desk.canApprove = await user.hasGroup("account_dunning.group_dunning_manager");
        });
        useHotkey("arrowdown", () => this.move(1), { allowRepeat: true });
        useHotkey("arrowup", () => this.move(-1), { allowRepeat: true });
        useHotkey("enter", () => this.open(), { isAvailable: (target) => !target.closest("button, a, input, th") });
        const asManager = { isAvailable: () => this.desk.canApprove };
        useHotkey("x", () => this.current?.toggleSelection(), asManager);
        useHotkey("a", () => this.approve(), asManager);
        useHotkey("r", () => this.refuse(), asManager);
        useEffect(
            () => this.showCurrentRow(),
            () => [this.current?.resId]
        );
    }

    get records() {
        return this.model.useSampleModel ? [] : this.model.root.records;
    }

    /** The notice chosen last; once it has left the list, the one that took its place. */
    get current() {
        const { currentId, index } = this.desk;
        const records = this.records;
        return records.find((record) => record.resId === currentId) || records[Math.min(index, records.length - 1)];
    }

    choose(record) {
        this.desk.currentId = record.resId;
        this.desk.index = this.records.indexOf(record);
    }

    move(steps) {
        const record = this.records[this.records.indexOf(this.current) + steps];
        if (record) {
            this.choose(record);
        }
    }

    open() {
        if (this.current) {
            this.openRecord(this.current);
        }
    }

    showCurrentRow() {
        this.rootRef.el?.querySelector(".o_dunning_current")?.scrollIntoView({ block: "nearest" });
    }

    /** The ids of the selection, else of the current notice. */
    async getChosenIds() {
        if (this.hasSelectedRecords) {
            return this.model.root.getResIds(true);
        }
        return this.current ? [this.current.resId] : [];
    }

    /** One after the other: whoever presses twice approves two notices, the second once the list has moved on. */
    approve() {
        return this.mutex.exec(async () => {
            const before = this.current;
            const ids = await this.getChosenIds();
            if (!ids.length) {
                return;
            }
            this.choose(before);
            const answer = await this.orm.call("account.dunning.notice", "approve_at_desk", [ids]);
            this.desk.approved += answer.approved;
            for (const message of answer.messages) {
                this.notification.add(message, { type: "warning" });
            }
            if (answer.dialog) {
                await this.actionService.doAction(answer.dialog, { onClose: () => this.reload() });
            }
            await this.reload();
            if (!answer.dialog && this.current?.resId === before.resId) {
                this.move(1);
            }
        });
    }

    async refuse() {
        const ids = await this.getChosenIds();
        if (!ids.length) {
            return;
        }
        this.choose(this.current);
        await this.actionService.doAction(REFUSE, {
            additionalContext: { active_ids: ids },
            onClose: () => this.reload(),
        });
    }

    async reload() {
        await this.model.load();
        this.desk.stamp++;
    }
}
