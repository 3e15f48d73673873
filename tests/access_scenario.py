"""One of everything that a button can stand on, and what the web client would do with it."""

import base64
import re
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import psycopg2.errors
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..sandbox.seal import Seal
from . import access_matrix
from .access_matrix import ROLES
from .common import TODAY, DunningCommon

QUIET = ("odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")


class UndoneError(Exception):
    """Ends a savepoint, although all went well."""


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class AccessScenario(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls.make_user(f"matrix_{role}", *groups) for role, groups in ROLES.items()}
        cls.views = access_matrix.get_views(cls.env)
        cls.make_cases()
        cls.make_records_by_hand()
        cls.make_proofs()
        cls.make_provider()
        cls.make_tasks()
        cls.company.dunning_mode = "prepare"

    # === One of everything that a button can stand on === #

    @classmethod
    def make_cases(cls):
        """Letters in each state, drafts and an approved notice, each of a customer of its own."""
        letters = [cls.make_customer(f"Letter {number}", email=False) for number in range(4)]
        drafts = [cls.make_customer(f"Draft {number}") for number in range(3)]
        cls.portal_customer = cls.users["portal"].partner_id
        invoices = [cls.make_invoice(partner=partner) for partner in [*letters, cls.portal_customer]]
        by_hand = cls.env["account.dunning.by.hand"].with_company(cls.company)
        by_hand._issue(cls.company, cls.env["account.move"].concat(*invoices), channel=cls.letter)
        waiting = cls.env["account.dunning.delivery"].search([("partner_id", "in", [one.id for one in letters])])
        posted, registered, uncertain, _queued = waiting
        posted.action_mark_posted()
        registered.channel_id = cls.registered
        registered.action_mark_posted(tracking_number="1A 123")
        uncertain.state = "uncertain"
        for partner in [*drafts, letters[0]]:
            cls.make_invoice(days=7, partner=partner)
        cls.env["account.dunning.night"]._decide_partners(cls.company, [one.id for one in drafts])
        notices = cls.env["account.dunning.notice"].search([("state", "=", "draft")], order="id")
        notices[0].action_approve()
        notices[1].action_cancel()

    @classmethod
    def make_records_by_hand(cls):
        cases = cls.env["account.dunning.case"].search([("company_id", "=", cls.company.id)])
        cases[0]._raise_task("call")
        cases[1]._raise_task("find_address")
        cases[1].task_ids.action_done()
        cls.env["account.dunning.hold"].create({"case_id": cases[0].id, "kind": "dispute", "amount": 1})
        cls.env["account.dunning.contact"].create({"case_id": cases[1].id, "kind": "call", "outcome": "cash"})
        shown = {"document": base64.b64encode(b"Signed"), "document_name": "signed.txt"}
        cls.env["account.dunning.interruption"].create({"case_id": cases[0].id, "date": TODAY, **shown})
        cls.env["account.dunning.level.change"].create({"item_id": cases[2].item_ids[0].id, "reason": "Agreed"})
        cls.env["account.dunning.run"].create({"company_id": cls.company.id, "date": TODAY, "mode": "send"})
        cls._register_payment(cases[2].item_ids.move_id[0], amount=10)
        waived = [{"move_id": case.item_ids.move_id[0].id, "reason": "Agreed"} for case in cases[:2]]
        cls.env["account.late.interest.waiver"].create(waived)[0].action_revoke()
        cls.make_files(cases[0].item_ids.move_id[0])
        agreed = cls.env["account.dunning.plan"].create({"case_id": cases[3].id, "amount": 5})
        instalment = {"case_id": cases[3].id, "plan_id": agreed.id, "kind": "promise", "amount": 5}
        cls.env["account.dunning.hold"].create({**instalment, "date_until": TODAY + timedelta(days=9)})
        cases[3].item_ids.move_id[0].dunning_set_einvoice_status("207", reason="Late")

    @classmethod
    def make_files(cls, move):
        """A supporting document of an invoice, and its copy for letters."""
        order = {"file": base64.b64encode(b"Ordered"), "file_name": "order.txt"}
        cls.env["account.dunning.annex"].create({"move_id": move.id, "kind": "order", **order})
        cls.env["account.dunning.invoice.copy"]._store({move: b"%PDF-1.4 copy"})

    @classmethod
    def make_proofs(cls):
        """Receipts of a delivery, of nobody knows which, and one that was given to a delivery."""
        left = cls.env["account.dunning.delivery"].search([("date_left", "!=", False)], limit=1)
        for number, delivery in enumerate((left, None, None)):
            received = {"company": cls.company, "delivery": delivery, "file_name": f"receipt {number}.pdf"}
            proof = cls.env["account.dunning.proof"]._receive(
                f"%PDF-1.4 {number}".encode(), source="upload", **received
            )
        proof._assign(left)
        cls.env["account.dunning.anchor"]._note(proof.chain_id, "export")
        handed_out = {"target": "lawyer", "recipient": "Lawyer", "reason": "Suit", "date_as_of": TODAY, "date": TODAY}
        cls.env["account.dunning.export"].create(
            {**handed_out, "case_id": left.notice_id.case_id.id, "company_id": cls.company.id, "user_id": cls.env.uid}
        )
        root = base64.b64encode(Seal.make(datetime(2026, 1, 1, tzinfo=timezone.utc)).root_pem)
        cls.env["account.dunning.trust.root"].create({"certificate": root, "company_id": cls.company.id})
        cls.make_erasures(proof)

    @classmethod
    def make_erasures(cls, proof):
        """One that the manager asked for himself, and one that waits for him."""
        received = cls.env["account.dunning.proof"].search([("id", "!=", proof.id), ("source", "=", "upload")], limit=1)
        asked = {"ground": "request", "reason": "Reference 2026-014"}
        for of, user in ((proof, cls.users["manager"]), (received, cls.env.user)):
            cls.env["account.dunning.erasure"].create({**asked, "proof_id": of.id, "asked_by_id": user.id})

    @classmethod
    def make_provider(cls):
        """One that stopped, and a message of its service."""
        account = {"code": "sandbox", "state": "test", "address": "http://127.0.0.1:1", "token": "x"}
        provider = cls.env["account.dunning.provider"].create(
            {"name": "Service", "company_id": cls.company.id, **account}
        )
        provider._stop("Refused")
        cls.env["account.dunning.webhook.event"]._keep(provider, b"{}")

    @classmethod
    def make_tasks(cls):
        """One of each kind, on a case where there is something to do."""
        ladder = cls.make_policy([(5, "reminder")], only_sent=True)
        unsent = cls.make_customer("Unsent", dunning_policy_id=ladder.id)
        cls.make_invoice(days=40, partner=unsent)
        cls.env["account.dunning.night"]._decide_partners(cls.company, unsent.ids)
        cases = cls.env["account.dunning.case"].search([("company_id", "=", cls.company.id)])
        deliveries = cases.notice_ids.delivery_ids
        by_kind = {
            "approve": cases.notice_ids.filtered(lambda notice: notice.state == "draft").case_id,
            "post_letter": deliveries.filtered(lambda delivery: delivery.state == "queued").notice_id.case_id,
            "settle_delivery": deliveries.filtered(lambda delivery: delivery.state == "uncertain").notice_id.case_id,
            "send_invoice": cases.filtered(lambda case: case.partner_id == unsent),
        }
        for kind in cls.env["account.dunning.task"]._fields["kind"].get_values(cls.env):
            by_kind.get(kind, cases)[0]._raise_task(kind)

    def env_of(self, role):
        user = self.users[role]
        return self.env(user=user, context={"allowed_company_ids": user.company_ids.ids, "lang": "en_US"})

    def get_candidates(self, role, model):
        """Records of the company; of a dialog one that this user has filled in."""
        env = self.env(context=self.env_of(role).context)
        if env[model]._transient:
            return self.fill_in(self.env_of(role), model)
        if model == "res.partner":
            return env["account.dunning.case"].search([("company_id", "=", self.company.id)]).partner_id
        domain = [("company_id", "in", [self.company.id, False])] if "company_id" in env[model]._fields else []
        if model == "account.move":
            domain += [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        return env[model].search(domain, limit=100)

    def fill_in(self, env, model):
        if model.startswith("account.dunning.dry.run"):
            dry_run = env["account.dunning.dry.run"].browse(env["account.dunning.dry.run"].action_tonight()["res_id"])
            by_model = {"account.dunning.dry.run.line": "line_ids", "account.dunning.dry.run.group": "group_ids"}
            return dry_run[by_model[model]] if model in by_model else dry_run
        if model == "account.dunning.plan.wizard.line":
            return self.fill_in(env, "account.dunning.plan.wizard").line_ids
        if model == "account.dunning.start" and env[model].has_access("create"):
            return env[model].browse(env[model].action_open()["res_id"])
        names = [
            name
            for name, field in env[model]._fields.items()
            if (field.required or field.type == "many2many") and not field.compute
        ]
        given = {**{name: self.get_sample(env[model]._fields[name]) for name in names}, **env[model].default_get(names)}
        if model == "account.dunning.print":
            return env[model].create([{**given, "by": "letter"}, {**given, "by": "level"}])
        if model == "account.dunning.letter.batch":
            posted = [{**given, "date_planned": TODAY, "file_format": file_format} for file_format in ("pdf", "zip")]
            return env[model].create(posted)
        return env[model].create(given)

    def get_sample(self, field):
        """Something that this required field of a dialog accepts."""
        if field.type == "boolean":
            return False
        if field.type == "binary":
            number = self.get_candidates("manager", "account.move")[:1].name
            return base64.b64encode(f"number;code\n{number};207".encode())
        if field.name == "customer_list":
            return self.get_candidates("manager", "res.partner").ids
        if field.name == "letter_list":
            deliveries = self.get_candidates("manager", "account.dunning.delivery")
            waiting = deliveries.filtered(lambda delivery: delivery._waits_for_post())
            return [[delivery.notice_id.id, delivery.id] for delivery in waiting]
        if field.relational:
            records = self.get_candidates("manager", field.comodel_name)
            return [(6, 0, records.ids)] if field.type == "many2many" else records[:1].id
        if field.type == "selection":
            return field.get_values(self.env)[0]
        return {"date": TODAY, "datetime": TODAY, "integer": 1, "float": 1, "monetary": 1}.get(field.type, "As agreed")

    def get_core_record(self, role, model):
        """A record of a core model that this role may read, where there is one."""
        record = self.env[model].search([], limit=1)
        if model == "account.move":
            return self.env_of(role)[model].browse(self.env[model].search(self.of_customer(role), limit=1).id)
        if model == "res.partner":
            record = self.users[role].partner_id
        if model == "res.company":
            record = self.company
        return self.env_of(role)[model].browse(record.id)

    def of_customer(self, role):
        """The portal's customer reads his own invoices only, which he gets as a follower."""
        domain = [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        return [*domain, ("partner_id", "=", self.portal_customer.id)] if role == "portal" else domain

    # === As the web client does === #

    @contextmanager
    def undone(self):
        """What happens inside is written to the database, and then is not."""
        savepoint = self.env.cr.savepoint(flush=True)
        self.env.invalidate_all()  # what another user has read is not in the cache of this one's request
        try:
            with savepoint:
                yield
                self.env.flush_all()
                raise UndoneError
        except UndoneError:
            pass
        finally:
            self.env.invalidate_all(flush=False)
            self.env.registry.clear_cache()  # policies that were rolled back are remembered there

    def read_as_client(self, env, view, ours=None):
        with self.undone():
            arch = access_matrix.get_arch(env, view)
            model = env[view.model]
            read = getattr(self, f"read_{view.type}", self.read_records)
            read(model, arch, self.get_top_fields(env, view, ours))

    def get_top_fields(self, env, view, ours):
        """Of a core view only what this addon added to it."""
        if ours is None:
            return None
        shown = access_matrix.get_shown(env, view, ours)
        return {what.partition("/")[0] for kind, what in shown if kind == "field"}

    def read_records(self, model, arch, names):
        specification = access_matrix.get_specification(model.env, model._name, arch)
        if names is not None:
            specification = {name: asked for name, asked in specification.items() if name in names}
        if model._transient:
            return self.fill_in(model.env, model._name)[:1].web_read(specification)
        return model.web_search_read([], specification, limit=80, order=arch.get("default_order"))

    def read_groups(self, model, arch, _names):
        measures = {node.get("name") for node in arch.iter("field") if node.get("type") == "measure"}
        rows = [node.get("name") for node in arch.iter("field") if node.get("type") != "measure"]
        return model.formatted_read_group([], rows, [f"{name}:sum" for name in measures] or ["__count"])

    read_pivot = read_graph = read_groups

    def read_search(self, model, arch, names):
        if names is not None:
            return
        for node in arch.iter("field"):
            domain = node.get("filter_domain")
            typed = safe_eval(domain, {"self": "1"}) if domain else [(node.get("name"), "ilike", "1")]
            model.search_count(typed)
        for node in arch.iter("filter"):
            domain = safe_eval(node.get("domain") or "[]", {"uid": model.env.uid, "context_today": None})
            grouped = safe_eval(node.get("context") or "{}").get("group_by")
            if grouped and model._fields.get(grouped) and model._fields[grouped].type in ("date", "datetime"):
                grouped += ":month"  # as the client does
            model.search_count(domain)
            if grouped:
                model.formatted_read_group([], [grouped], ["__count"])

    # === Buttons === #

    def get_buttons(self, shown):
        return {what: nodes for (kind, what), nodes in shown.items() if kind == "button"}

    def get_button_model(self, view, what):
        model = self.env[view.model]
        for name in what.split("/")[:-1]:
            model = self.env[model._fields[name].comodel_name]
        return model._name

    def get_methods(self, role=None):
        """{(model, method)} of the buttons that this role is shown, or of all."""
        found = set()
        for view, ours in self.views.values():
            env = self.env_of(role) if role else self.env
            shown = access_matrix.get_shown(env, view, ours) if role else access_matrix.get_elements(env, view, ours)
            for what, nodes in self.get_buttons(shown or {}).items():
                if nodes[0].get("type") == "object":
                    found.add((self.get_button_model(view, what), nodes[0].get("name")))
        return found

    def press_any(self, role, view, what, nodes):
        model = self.get_button_model(view, what)
        with self.undone():
            found = [
                (node, record)
                for node in nodes
                for record in self.get_candidates(role, model)
                if access_matrix.is_visible(self.env, record.sudo(), node)
            ]
            self.assertTrue(found, f"no {model} of the scenario shows this button: add one")
            self.press(role, *found[0])

    def press(self, role, node, record):
        active = {"active_id": record.id, "active_ids": record.ids, "active_model": record._name}
        context = safe_eval(node.get("context") or "{}", {"id": record.id, **active})
        env = self.env_of(role)
        env = env(context={**env.context, **active, **context})
        try:
            if node.get("type") == "action":
                action = self.env["ir.actions.actions"].browse(int(node.get("name")))
                return self.open(env, self.env[action.type].browse(action.id))
            result = getattr(env[record._name].browse(record.id), node.get("name"))()
            env.flush_all()
            return self.follow(env, result)
        except AccessError:
            raise
        except UserError:
            return None

    def open(self, env, action, records=None):
        """As when the action is chosen in a menu, on these records."""
        active = {}
        if records:
            active = {"active_id": records[0].id, "active_ids": records.ids, "active_model": records._name}
        env = env(context={**env.context, **active})
        if action._name == "ir.actions.server":
            return self.follow(env, action.with_env(env).run())
        return self.follow(env, action._get_action_dict())

    def follow(self, env, action):
        if not isinstance(action, dict) or action["type"] == "ir.actions.act_window_close":
            return None
        if action["type"] == "ir.actions.client":
            params = action.get("params", {})
            return self.download(env, params["url"]) if "url" in params else self.follow(env, params.get("next"))
        if action["type"] == "ir.actions.act_url":
            return self.download(env, action["url"])
        context = action.get("context") or {}
        if isinstance(context, str):
            context = safe_eval(context, {**env.context, "uid": env.uid})
        env = env(context={**env.context, **context})
        model = env[action["res_model"]]
        if action.get("res_id"):
            return self.read_as_client_of(model.browse(action["res_id"]))
        if action.get("target") == "new":
            return Form(model)
        modes = action["view_mode"].split(",") if "view_mode" in action else [mode for _id, mode in action["views"]]
        for view_type in modes:
            view_id = (action.get("view_id") or [False])[0] if view_type == modes[0] else False
            arch = etree.fromstring(model.get_views([(view_id, view_type)])["views"][view_type]["arch"])
            getattr(self, f"read_{view_type}", self.read_records)(model, arch, None)
        return None

    def read_as_client_of(self, record):
        arch = etree.fromstring(record.get_views([(False, "form")])["views"]["form"]["arch"])
        record.web_read(access_matrix.get_specification(record.env, record._name, arch))

    def download(self, env, url):
        attachment = re.match(r"/web/content/(\d+)", url)
        if attachment:
            return env["ir.attachment"].browse(int(attachment[1])).raw
        _web, _content, model, res_id, name = url.partition("?")[0].strip("/").split("/")[:5]
        return env[model].browse(int(res_id)).read([name])

    # === Hidden buttons === #

    def check_refused(self, role, records, method):
        for record in records[:20]:
            called = getattr(self.env_of(role)[records._name].browse(record.id), method)
            if not self.is_refused(called) and self.does_write(called):
                self.fail(f"{role} changes {record} by {method}, of which he is shown no button")

    def is_refused(self, called):
        try:
            with self.undone():
                called()
        except (AccessError, UserError):
            return True
        return False

    def does_write(self, called):
        try:
            with self.undone():
                self.env.cr.execute("SET TRANSACTION READ ONLY")
                called()
        except psycopg2.errors.ReadOnlySqlTransaction:
            return True
        return False
