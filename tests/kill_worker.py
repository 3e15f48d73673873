"""The jobs in real processes that die, or pause, at a named point.

Started as a program it loads Odoo once and forks a process for each request, a line of JSON, as Odoo's own prefork
server does: each has its own connections and its own commits. A point is named after the job, the function that
commits and which of its commits it is, with `before` or `after`: `deliver: _send_batch 1 after`; the call of the
provider is `deliver: send before` and `deliver: send after`.

Imported it is what the tests start and question such processes with.
"""

import argparse
import importlib
import inspect
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import odoo
import odoo.sql_db
from odoo.tools import config

SETTINGS = ("channel", "level", "policy", "provider")
LONGEST = 120  # seconds until a process that hangs is ended
GO_ON = signal.SIGUSR1  # what a paused process waits for
LONGEST_PAUSE = 30

# === The program === #


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--smtp-port", required=True)
    options = parser.parse_args()
    mail = ["--smtp=127.0.0.1", f"--smtp-port={options.smtp_port}"]
    config.parse_config(["-c", options.config, "-d", options.database, "--log-level=warn", *mail], setup_logging=True)

    from odoo.modules.registry import Registry

    registry = Registry(options.database)
    odoo.sql_db.close_all()
    tell(ready=True)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            serve(registry, json.loads(line))
        _pid, status = os.waitpid(pid, 0)
        tell(ended=os.waitstatus_to_exitcode(status))


def tell(**event):
    os.write(1, json.dumps(event).encode() + b"\n")


def serve(registry, request):
    signal.alarm(LONGEST)
    errors = ErrorLog()
    logging.getLogger().addHandler(errors)
    points = Points(request)
    points.watch()
    if "module" in request:
        get_jobs(request).watch(points)
    set_sizes(request.get("batch"))
    tell(pid=os.getpid())
    time.sleep(max(0, request.get("at", 0) - time.time()))
    for points.job in request["jobs"]:
        try:
            with registry.cursor() as cr:
                do(odoo.api.Environment(cr, odoo.SUPERUSER_ID, {}), points.job, request)
        except Exception:  # noqa: BLE001  (the test is told what any job raised)
            errors.messages.append(f"{points.job}: {traceback.format_exc()}")
    tell(trace=points.trace, errors=errors.messages)
    os._exit(0)


def do(env, job, request):
    if job in ("decide", "issue", "deliver", "collect"):
        run_cron(env, job)
    else:
        getattr(get_jobs(request), job)(env, request)


def get_jobs(request):
    """The module beside this one that the request names, else this one."""
    return importlib.import_module(request["module"]) if "module" in request else sys.modules[__name__]


def run_cron(env, job):
    """The scheduled action as Odoo's cron runs it."""
    cron = env.ref(f"account_dunning.ir_cron_{job}")
    cron, _progress = cron.with_context(cron_id=cron.id)._add_progress()
    env.cr.commit()
    cron._callback(cron.cron_name, cron.ir_actions_server_id.id)


class ErrorLog(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


class Points:
    """Counts each point that is passed, and dies or pauses, once, at the one that was asked for."""

    def __init__(self, request):
        self.kill = tuple(request.get("kill") or ())
        self.pause = request.get("pause")
        self.job, self.trace, self.hits = "", [], Counter()

    def watch(self):
        from odoo.addons.account_dunning.delivery.email import EmailAdapter
        from odoo.addons.account_dunning.delivery.sandbox import SandboxAdapter
        from odoo.addons.account_dunning.models.account_dunning_document import AccountDunningDocument
        from odoo.addons.base.models.ir_cron import IrCron

        commit = IrCron._commit_progress

        def watched_commit(cron, *args, **kwargs):
            with self.around(get_commit_name(sys._getframe(1))):
                return commit(cron, *args, **kwargs)

        IrCron._commit_progress = watched_commit
        self.watch_calls(EmailAdapter, "send")
        self.watch_calls(SandboxAdapter, "send", "look_up", "fetch_status", "fetch_artefact")
        AccountDunningDocument._render = lambda _self, notices: dict.fromkeys(notices, b"%PDF-1.4 letter")

    def watch_calls(self, adapter, *names):
        """Before and after a call, however it ends."""
        for name in names:
            setattr(adapter, name, self.watched(name, getattr(adapter, name)))

    def watched(self, name, call):
        def watched(*args):
            with self.around(name):
                return call(*args)

        return watched

    @contextmanager
    def around(self, name):
        self.reach(f"{self.job}: {name} before")
        try:
            yield
        finally:
            self.reach(f"{self.job}: {name} after")

    def reach(self, point):
        self.hits[point] += 1
        self.trace.append(point)
        if (point, self.hits[point]) == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if point == self.pause:
            self.pause = None
            signal.pthread_sigmask(signal.SIG_BLOCK, [GO_ON])
            tell(reached=point)
            signal.sigtimedwait([GO_ON], LONGEST_PAUSE)


def get_commit_name(frame):
    lines, first = inspect.getsourcelines(frame.f_code)
    commits = [line for line in lines[: frame.f_lineno - first + 1] if "_commit_progress(" in line]
    return f"{frame.f_code.co_name} {len(commits)}"


def set_sizes(batch):
    """Small chunks and batches, so that a dozen customers make several of them."""
    from odoo.addons.account_dunning.models import (
        account_dunning_delivery_registered,
        account_dunning_issue,
        account_dunning_outbox,
        account_dunning_run,
    )

    if batch:
        at_once = timedelta(0)  # a service is looked at again by the next job
        account_dunning_delivery_registered.GRACE = account_dunning_delivery_registered.POLL = at_once
        account_dunning_delivery_registered.BACK_OFF = (at_once,) * 9
        account_dunning_run.CUSTOMERS_A_CHUNK = batch
        account_dunning_issue.BATCH = account_dunning_outbox.BATCH = batch


# === What can be asked for besides the three jobs === #


def prepare(env, request):
    """A company in mode `send` and customers with as many overdue invoices each."""
    company = env.ref("base.main_company")
    company.write(
        {
            "country_id": env.ref("base.fr").id,
            "email": "office@creditor.example",
            "street": "1 rue de Lyon",
            "city": "Paris",
            "dunning_mode": "send",
            "dunning_baseline_date": company._dunning_today(),
            "dunning_business_hours_only": False,
            "dunning_nightly_cap": 0,
            "dunning_tz": "UTC",
        }
    )
    if company.chart_template != "fr":
        env["account.chart.template"].try_loading("fr", company, install_demo=False)
    env = env(context={"allowed_company_ids": company.ids})
    account = {"acc_number": "FR76 3000 4000 0100 0012 3456 401", "partner_id": company.partner_id.id}
    env["res.partner.bank"].create({**account, "allow_out_payment": True})
    company.dunning_policy_id = make_policy(env)
    for number in range(request["customers"]):
        customer = make_customer(env, number)
        for _invoice in range(request["invoices"]):
            make_invoice(env, customer, 60).action_post()


def make_policy(env):
    levels = [
        odoo.Command.create(
            {
                "name": f"Level {days}",
                "sequence": days,
                "delay_days": days,
                "stage": "reminder",
                "channel_id": env.ref("account_dunning.channel_email").id,
                "approval": "automatic",
                "subject": f"After {days} days: {{amount}}",
                "body": "<p>Please pay.</p>",
            }
        )
        for days in (5, 15)
    ]
    return env["account.dunning.policy"].create({"name": "Ladder", "level_ids": levels})


def make_customer(env, number):
    address = {"street": "2 rue du Port", "zip": "13002", "city": "Marseille"}
    return env["res.partner"].create({"name": f"Debtor {number}", "email": f"debtor{number}@debtor.example"} | address)


def make_invoice(env, customer, days):
    due = odoo.fields.Date.today() - timedelta(days=days)
    line = odoo.Command.create({"name": "Work", "quantity": 1, "price_unit": 100.0, "tax_ids": []})
    return env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": customer.id,
            "invoice_date": due - timedelta(days=30),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [line],
        }
    )


def make_drafts(env, _request):
    for customer in env["res.partner"].search([("name", "=like", "Debtor %")]):
        make_invoice(env, customer, 60)


def settle(env, request):
    """A person looks up each uncertain delivery in the journal of the mail server."""
    for delivery in env["account.dunning.delivery"].search([("state", "=", "uncertain")]):
        if delivery.message_id in request["journal"]:
            delivery.action_settle_left()
        else:
            delivery.action_settle_not_left()


# === By a service of registered mail === #


def prepare_registered(env, request):
    """From now on the ladder of `prepare` goes by the sandbox, which is usable as in a database of demonstration."""
    env["res.partner"].search([("name", "=like", "Debtor %")]).debtor_kind = "business"
    partner = env["res.partner"].search([("name", "=", "Debtor 0")])
    mark = {"module": "account_dunning", "name": "demo_customer_1", "model": partner._name, "res_id": partner.id}
    env["ir.model.data"].create(mark)
    account = {"address": request["address"], "token": request["token"]}
    provider = env["account.dunning.provider"].create(
        {"name": "Sandbox", "code": "sandbox", "state": "test", **account}
    )
    env.ref("base.main_company").dunning_policy_id.level_ids.channel_id = env["account.dunning.channel"].create(
        {"name": "Sandbox", "method": "registered_email", "provider_id": provider.id}
    )


def let_time_pass(env, request):
    """At the service: every letter is dispatched and accepted."""
    from odoo.addons.account_dunning.sandbox.process import Control

    Control(request["address"], request["token"]).advance(hours=2)


def try_again(env, _request):
    """An administrator has looked at what stopped the provider."""
    env["account.dunning.provider"].search([("code", "=", "sandbox")]).action_try_again()


def settle_registered(env, request):
    """A person asks the service about each delivery that it was asked about in vain."""
    for delivery in env["account.dunning.delivery"].search([("state", "=", "uncertain")])._needs_person():
        if delivery.uuid in request["taken"]:
            delivery.action_settle_left()
        else:
            delivery.action_settle_not_left()


def account(env, request):
    """Ordinary work of accountants, each action a transaction of its own as in a request of the web client."""
    for action, move_id in request["actions"]:
        tries = []

        def attempt(action=action, move_id=move_id, tries=tries):
            tries.append(1)
            ACTIONS[action](env["account.move"].browse(move_id))
            env.cr.commit()

        started = time.monotonic()
        odoo.service.model.retrying(attempt, env)
        tell(action=action, move=move_id, seconds=time.monotonic() - started, tries=len(tries))


def pay(invoice):
    context = {"active_model": "account.move", "active_ids": invoice.ids}
    invoice.env["account.payment.register"].with_context(**context).create({})._create_payments()
    if not invoice.line_ids.matched_credit_ids:
        raise ValueError(f"{invoice.name} is not reconciled")


ACTIONS = {
    "register a payment": pay,
    "unreconcile": lambda invoice: invoice.line_ids.remove_move_reconcile(),
    "reset to draft": lambda invoice: invoice.button_draft(),
    "delete": lambda invoice: invoice.with_context(force_delete=True).unlink(),
}


# === What the tests use === #


class Place:
    """A throw-away copy of the tests' database with a mail server: what is sent, and what is known of it."""

    def __init__(self, database, folder, port, stack):
        self.database, self.folder, self.port, self.stack = database, folder, port, stack
        self.connection = stack.enter_context(closing(connect(database)))
        self.forgotten = 0
        self.worker = self.start_worker()

    def start_worker(self):
        """One more process to make requests to, so that two things happen at once."""
        return self.stack.enter_context(Worker(self.database, self.port, self.folder / "worker.log").started())

    def rows(self, query, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    def read_journal(self):
        path = self.folder / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines[self.forgotten :]]

    def reset(self):
        """As before the first night: settings and ledger stay."""
        tables = [table for (table,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        prefix = "account_dunning_"
        kept = tuple(f"{prefix}{name}" for name in SETTINGS)
        ours = [
            table
            for table in tables
            if table.startswith(prefix) and (table == f"{prefix}level_change" or not table.startswith(kept))
        ]
        self.rows(f"TRUNCATE {', '.join(ours)}")
        self.rows("DELETE FROM ir_attachment WHERE res_model LIKE 'account.dunning.%%'")
        self.rows("DELETE FROM mail_message WHERE model = 'account.dunning.case'")
        self.forgotten += len(self.read_journal())


class Worker:
    def __init__(self, database, port, log):
        self.command = [sys.executable, __file__, "--config", config["config"], "--database", database]
        self.command += ["--smtp-port", str(port)]
        self.log = log

    @contextmanager
    def started(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with self.log.open("a") as log, subprocess.Popen(self.command, stderr=log, **pipes) as self.process:
            self.application = f"odoo-{self.process.pid}"  # its connections bear the number of the server
            try:
                self.read_until("ready")
                yield self
            finally:
                self.process.stdin.close()

    def start(self, *jobs, **request):
        """Ask for `jobs`; the number of the process that does them."""
        self.process.stdin.write(json.dumps({"jobs": jobs, **request}) + "\n")
        self.process.stdin.flush()
        return self.read_until("pid")[-1]["pid"]

    def read_until(self, key):
        events = []
        for line in self.process.stdout:
            events.append(json.loads(line))
            if key in events[-1]:
                return events
            if "ended" in events[-1]:
                raise EOFError(f"The process ended before it told `{key}`: {events}")
        raise EOFError(f"The worker ended: {self.log.read_text()[-3000:]}")

    def wait(self):
        """All that the process told until it ended: `ended`, its exit code, and unless killed `trace` and `errors`."""
        events = self.read_until("ended")
        result = {key: value for event in events for key, value in event.items()}
        result["actions"] = [event for event in events if "action" in event]
        return result

    def run(self, *jobs, **request):
        self.start(*jobs, **request)
        return self.wait()


def connect(database):
    import psycopg2

    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection


@contextmanager
def throwaway(name, folder, customers, invoices=1):
    """A Place: a clone of the tests' database with its files, customers who owe invoices, and a mail server."""
    source = config["db_name"][0]
    database = f"{source}_{name}"
    with ExitStack() as stack:
        stack.callback(drop, database)
        clone(source, database)
        place = Place(database, folder, stack.enter_context(mail_server(folder)), stack)
        prepared = place.worker.run("prepare", customers=customers, invoices=invoices)
        assert not prepared["errors"], prepared["errors"]
        yield place


def clone(source, database):
    drop(database)
    odoo.sql_db.close_all()
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{database}" TEMPLATE "{source}"')
        cursor.execute(f'ALTER DATABASE "{database}" SET synchronous_commit TO off')  # only our processes die
    shutil.copytree(config.filestore(source), config.filestore(database))


def drop(database):
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    shutil.rmtree(config.filestore(database), ignore_errors=True)


@contextmanager
def mail_server(folder):
    """tests/smtp_catcher.py as a process of its own; its port."""
    ready = folder / "port"
    program = Path(__file__).with_name("smtp_catcher.py")
    with subprocess.Popen([sys.executable, program, "--outbox", folder, "--port-file", ready]) as process:
        try:
            while not ready.exists():
                assert process.poll() is None, "The mail server did not start"
                time.sleep(0.05)
            yield int(ready.read_text())
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
