import { registry } from "@web/core/registry";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { DunningBanner } from "./dunning_banner";

export class DeskListController extends ListController {
    static template = "account_dunning.DeskList";
    static components = { ...ListController.components, DunningBanner };
}

export class DeskKanbanController extends KanbanController {
    static template = "account_dunning.DeskKanban";
    static components = { ...KanbanController.components, DunningBanner };
}

const views = registry.category("views");
views.add("account_dunning_desk_list", { ...listView, Controller: DeskListController });
views.add("account_dunning_desk_kanban", { ...kanbanView, Controller: DeskKanbanController });
