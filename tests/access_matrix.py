"""Who sees and may do what, worked out from the views themselves.

A row is one thing (a model, a field or button of a view, a menu, an action, a field added to a core model), a column
one role. `tests/samples/access_matrix.csv` keeps the reviewed answer; `test_access_matrix` compares and tries all.
"""

import ast
import csv
from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tools.safe_eval import safe_eval

MODULE = "account_dunning"
FILE = Path(__file__).parent / "samples" / "access_matrix.csv"
ROLES = {
    "billing": ["account.group_account_invoice"],
    "accountant": ["account.group_account_user"],
    "readonly": ["account.group_account_readonly"],
    "salesperson": ["base.group_user", "base.group_partner_manager"],
    "portal": ["base.group_portal"],
    "manager": ["account.group_account_invoice", "account_dunning.group_dunning_manager"],
    "auditor": ["account_dunning.group_dunning_auditor"],
}
YES, HIDDEN, REFUSED = "yes", "hidden", "refused"
OPERATIONS = ("read", "write", "create", "unlink")
ROOT_TYPES = ("form", "list", "kanban", "pivot", "graph", "search")


def read_file():
    """{(kind, what): {role: outcome}}"""
    with FILE.open(newline="") as file:
        return {(row.pop("kind"), row.pop("what")): row for row in csv.DictReader(file)}


def write_file(matrix):
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kind", "what", *ROLES])
        writer.writerows([kind, what, *outcomes.values()] for (kind, what), outcomes in sorted(matrix.items()))


# === What there is === #


def get_ours(env, model):
    """{XML id without the module: record} of this addon's records of `model`."""
    data = env["ir.model.data"].sudo().search([("module", "=", MODULE), ("model", "=", model)])
    found = {one.name: env[model].sudo().browse(one.res_id) for one in data}
    return {name: record for name, record in found.items() if record.exists()}


def get_models(env):
    return sorted(name for name in env.registry if name.startswith("account.dunning.") and not env[name]._abstract)


def get_core_fields(env):
    """(model, field) that this addon adds to models of others, kept or computed."""
    for model in sorted(env.registry):
        if not model.startswith("account.dunning.") and not env[model]._abstract and not env[model]._transient:
            for name, field in sorted(env[model]._fields.items()):
                if field._module == MODULE and not field.inherited:
                    yield model, name


def get_views(env):
    """{name: (view as it is opened, buttons of ours or None where all are)}; extensions show in what they extend."""
    found = {}
    for name, view in sorted(get_ours(env, "ir.ui.view").items()):
        if view.type not in ROOT_TYPES:
            continue
        if view.mode == "primary":
            found[name] = view, None
        else:
            buttons = {node.get("name") for node in etree.fromstring(view.arch_db).iter("button")}
            found[name] = get_root(view), buttons
    return found


def get_root(view):
    while view.mode != "primary":
        view = view.inherit_id
    return view


def get_elements(env, view, buttons, arch=None):
    """{(kind, what): node} of the fields and buttons of `view`; of a core view those that this addon added."""
    arch = view._get_combined_arch() if arch is None else arch
    found = {}
    for node in arch.iter("field", "button"):
        kind = node.tag
        path = [*(above.get("name") for above in reversed(list(node.iterancestors("field")))), node.get("name")]
        if kind == "button":
            if not node.get("name") or (buttons is not None and node.get("name") not in buttons):
                continue
            what = "/".join([*path[:-1], get_button_name(env, node)])
        else:
            if buttons is not None and not any(is_ours(env, view.model, path[: end + 1]) for end in range(len(path))):
                continue
            what = "/".join(path)
        found.setdefault((kind, what), []).append(node)
    return found


def get_button_name(env, node):
    name, label = node.get("name"), node.get("string") or ""
    if node.get("type") == "action":
        name = env["ir.actions.actions"].sudo().browse(int(name)).get_external_id()[int(name)].partition(".")[2]
    return f"{name} ({label})" if label else name


def is_ours(env, model, path):
    field = None
    for name in path:
        field = env[model]._fields.get(name)
        if field is None:
            return False
        model = field.comodel_name or model
    return field._module == MODULE


# === What a role gets === #


def get_matrix(env, users):
    """{(kind, what): {role: outcome}}"""
    matrix = {}
    for role, user in users.items():
        for key, outcome in get_outcomes(user.with_user(user).env).items():
            matrix.setdefault(key, dict.fromkeys(users, REFUSED))[role] = outcome
    return matrix


def get_outcomes(env):
    return {
        **get_model_outcomes(env),
        **get_view_outcomes(env),
        **get_menu_outcomes(env),
        **get_action_outcomes(env),
        **get_core_field_outcomes(env),
    }


def get_model_outcomes(env):
    return {
        ("model", model): "/".join(name for name in OPERATIONS if env[model].has_access(name)) or REFUSED
        for model in get_models(env)
    }


def get_view_outcomes(env):
    found = {}
    for name, (view, buttons) in get_views(env).items():
        shown = get_shown(env, view, buttons)
        for kind, what in get_elements(env, view, buttons):
            outcome = REFUSED if shown is None else YES if (kind, what) in shown else HIDDEN
            found[kind, f"{name}: {what}"] = outcome
    return found


def get_shown(env, view, buttons):
    """The elements of the view as this user gets it; None where he may not open it."""
    try:
        arch = get_arch(env, view)
    except AccessError:
        return None
    return get_elements(env, view, buttons, arch)


def get_arch(env, view):
    views = env[view.model].get_views([(view.id, view.type)])
    return etree.fromstring(views["views"][view.type]["arch"])


def get_menu_outcomes(env):
    shown = get_shown_menus(env)
    return {("menu", name): YES if menu.id in shown else HIDDEN for name, menu in get_ours(env, "ir.ui.menu").items()}


def get_shown_menus(env):
    """The ids of the menus that the tree of this user leads to."""
    if not env["ir.ui.menu"].has_access("read"):
        return set()
    tree = env["ir.ui.menu"].load_menus(False)
    found, branches = set(), ["root"]
    while branches:
        children = tree[branches.pop()]["children"]
        found.update(children)
        branches += children
    return found


def get_action_outcomes(env):
    """What stands in the menus Print and Actions of a list or form."""
    found = {}
    for model in ("ir.actions.server", "ir.actions.act_window", "ir.actions.report"):
        for name, action in get_ours(env, model).items():
            if action.binding_model_id:
                found["action", name] = YES if is_bound(env, action) else HIDDEN
    return found


def is_bound(env, action):
    try:
        bindings = env["ir.actions.actions"].get_bindings(action.binding_model_id.model)
    except AccessError:
        return False
    return any(one["id"] == action.id for actions in bindings.values() for one in actions)


def get_core_field_outcomes(env):
    """A client may ask for a field that no view shows."""
    found = {}
    for model, name in get_core_fields(env):
        allowed = env[model].has_access("read") and env[model]._has_field_access(env[model]._fields[name], "read")
        found["core field", f"{model}: {name}"] = YES if allowed else REFUSED
    return found


# === As the web client does === #


def get_specification(env, model, arch):
    """What the client asks for to show this view: the fields, and those of the lists inside."""
    found = {}
    arch = etree.fromstring(etree.tostring(arch))  # alone: what it stands in does not count
    for node in arch.iter("field"):
        if next(node.iterancestors("field"), None) is not None:
            continue
        field = env[model]._fields[node.get("name")]
        found.setdefault(field.name, {}).update(get_field_specification(env, field, node, arch.tag))
    return found


def get_field_specification(env, field, node, view_type):
    if not field.relational:
        return {}
    if field.type == "many2one":
        return {"fields": {"display_name": {}}}
    inner = next((child for child in node if child.tag in ("list", "kanban")), None)
    if inner is None and node.get("widget") == "many2many_tags":
        return {"fields": {"display_name": {}}}
    if inner is None and view_type != "form":
        return {}
    if inner is None:
        inner = etree.fromstring(env[field.comodel_name].get_views([(False, "list")])["views"]["list"]["arch"])
    return {"fields": get_specification(env, field.comodel_name, inner), "limit": 40}


def is_visible(env, record, node):
    """Whether neither the node nor what it stands in is invisible for this record."""
    for one in (node, *node.iterancestors()):
        if one.tag == "field" and one is not node:
            break
        expression = one.get("invisible")
        if expression and safe_eval(expression, get_values(record, expression)):
            return False
    return True


def get_values(record, expression):
    names = {node.id for node in ast.walk(ast.parse(expression.strip(), mode="eval")) if isinstance(node, ast.Name)}
    fields = [name for name in names if name in record._fields]
    return {**record.read(fields, load=None)[0], "id": record.id, "context": {}, "uid": record.env.uid}
