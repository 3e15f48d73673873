"""One measurement a process, so that none warms or burdens another; its figures are the last line it prints.

measures.py decide | send | screens | letters | verify | accruals DATABASE; read PLAIN PAID; interest
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from lxml import etree
from proofs import make_proofs
from session import environment

CATCHER = Path(__file__).resolve().parent.parent / "tests" / "smtp_catcher.py"
QUERIES_A_CHUNK, ROWS_A_QUERY = 40, 100
NOTICES = 200  # issued and mailed
ROUNDS = 9  # of reading
LIST = 80
SLICES, SLICES_AN_INVOICE = 1_000_000, 4


@contextmanager
def timed(seconds, name):
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


# === Decide === #


def measure_decide(database):
    """The nightly job as the cron calls it, commits included, with every item new."""
    seconds = {}
    with environment(database) as env, watched_chunks(env) as chunks:
        with timed(seconds, "night"):
            env["account.dunning.run"]._cron_decide()
        check_run(env)
        queries, budget = max(chunks, key=lambda chunk: chunk[0] - chunk[1])
        return {
            "seconds": seconds["night"],
            "queries": queries,
            "queries_budget": budget,
            "notices": env["account.dunning.notice"].search_count([("state", "=", "draft")]),
            "lines": env["account.dunning.notice.line"].search_count([]),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


@contextmanager
def watched_chunks(env):
    """(queries, budget) of each chunk that the night works on; the budget grows with the rows that it writes."""
    run_class = env.registry["account.dunning.run"]
    work, chunks = run_class._work_chunk, []

    def work_watched(run, *arguments):
        queries, rows = run.env.cr.sql_log_count, count_rows(run.env)
        counting = run.env.cr.sql_log_count - queries
        work(run, *arguments)
        queries = run.env.cr.sql_log_count - queries - counting
        chunks.append((queries, QUERIES_A_CHUNK + (count_rows(run.env) - rows) // ROWS_A_QUERY))

    with patch.object(run_class, "_work_chunk", work_watched):
        yield chunks


def count_rows(env):
    """Rows ever inserted by the night: the next id of each table that it writes to, which costs nothing to read."""
    env.cr.execute(
        """
        SELECT (SELECT last_value FROM account_dunning_item_id_seq)
             + (SELECT last_value FROM account_dunning_case_id_seq)
             + (SELECT last_value FROM account_dunning_notice_id_seq)
             + (SELECT last_value FROM account_dunning_notice_line_id_seq)
        """
    )
    return env.cr.fetchone()[0]


def check_run(env):
    run = env["account.dunning.run"].search([])
    if run.state != "done" or run.errors:
        raise SystemExit(f"The night did not end well: {run.state} {run.errors}")


# === Issue and deliver === #


def measure_send(database):
    with tempfile.TemporaryDirectory() as folder, caught_mails(Path(folder)) as port:
        with environment(database, "--smtp=127.0.0.1", f"--smtp-port={port}") as env:
            env["account.dunning.run"]._cron_decide()
            sent = send(env)
        lines = (Path(folder) / "outbox" / "journal.jsonl").read_text().splitlines()
    return {**sent, "accepted": len({json.loads(line)["message_id"] for line in lines})}


@contextmanager
def caught_mails(folder):
    """A real SMTP server in a process of its own; its port."""
    ready = folder / "port"
    options = ["--outbox", folder / "outbox", "--port-file", ready]
    catcher = subprocess.Popen([sys.executable, CATCHER, *options])
    try:
        while not ready.exists() and catcher.poll() is None:
            time.sleep(0.05)
        yield ready.read_text()
    finally:
        catcher.terminate()
        catcher.wait()


def send(env):
    """Both jobs of the sending window, ended after some batches by the company's cap."""
    check_engine()
    company, seconds = env.ref("base.main_company"), {}
    company.dunning_nightly_cap = NOTICES
    env.cr.commit()
    with timed(seconds, "issue"):
        env["account.dunning.issue"]._issue_company(company)
    with timed(seconds, "deliver"):
        env["account.dunning.outbox"]._deliver_company(company)
    issued = env["account.dunning.notice"].search([("state", "=", "issued")])
    return {
        "issued": len(issued),
        "letters": len(issued.filtered("document_id")),
        "issue_ms": seconds["issue"] * 1000 / NOTICES,
        "deliver_ms": seconds["deliver"] * 1000 / NOTICES,
    }


def check_engine():
    from odoo.addons.base.models.ir_actions_report import _wkhtml

    if not _wkhtml().is_patched_qt:
        raise SystemExit("The PDF engine of this set-up is not the one with patched Qt")


# === Printing === #

LETTERS = 500  # the same stored letters over and over: what counts is their number
MEGABYTE = 1024


def measure_letters(database):
    """Letters as one PDF and as an archive, slice by slice as the web client asks for them; peak memory beside."""
    with environment(database) as env:
        made = env["account.dunning.notice"].search([("document_id", "!=", False)])
        asked = [(made[number % len(made)], None) for number in range(LETTERS)]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        figures = {file_format: print_letters(env, asked, file_format) for file_format in ("pdf", "zip")}
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE - before
        return {**figures, "more_memory_mb": more, "printed": LETTERS}


def print_letters(env, asked, file_format):
    """Seconds of the whole and of its longest call, megabytes of the file."""
    batch = env["account.dunning.letter.batch"].browse(env["account.dunning.letter.batch"]._open(asked)["res_id"])
    batch.file_format = file_format
    batch.action_print()
    calls = []
    while batch.done_count < LETTERS:
        calls.append(time_request(env, batch.make_slice))
    calls.append(time_request(env, batch.finish))
    if len(batch.printed_list) != LETTERS:
        raise SystemExit(f"{len(batch.printed_list)} letters printed instead of {LETTERS}")
    return {"seconds": sum(calls), "longest": max(calls), "megabytes": batch._get_files().file_size / MEGABYTE**2}


def time_request(env, method):
    """As a request of its own: committed, and nothing of it stays in the cache."""
    seconds = {}
    with timed(seconds, "call"):
        method()
        env.cr.commit()
    env.invalidate_all()
    return seconds["call"]


# === Verifying === #

PROOFS = 10_000


def measure_verify(database):
    """All proofs of a company read again and recomputed, slice by slice as the web client asks for them."""
    with environment(database) as env:
        chain = make_proofs(env, PROOFS)
        dialog = env["account.dunning.verification"].browse(chain.action_verify()["res_id"])
        dialog.action_verify()
        calls = []
        while dialog.done_count < PROOFS:
            calls.append(time_request(env, dialog.make_slice))
        calls.append(time_request(env, dialog.finish))
        if dialog.state != "intact":
            raise SystemExit(f"The proofs are not intact: {dialog.answer}")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        return {"seconds": sum(calls), "longest": max(calls), "memory_mb": memory}


# === Screens === #

INVOICES = ("name", "partner_id", "state", "payment_state", "invoice_date_due", "amount_total_signed")
OUR_INVOICES = ("dunning_level_id", "dunning_state", "dunning_next_level_id", "dunning_next_date", "dunning_reason")
CASES = ("partner_id", "company_id", "currency_id")
OUR_CASES = ("amount_overdue", "level_id", "next_level_id", "next_date", "explanation", "user_id")


def measure_screens(database):
    """Queries more than without our fields, as the web client reads them for a user."""
    with environment(database) as env:
        env = env(user=env.ref("base.user_admin"))
        move, case = env["account.move"], env["account.dunning.case"]
        invoices = [("move_type", "=", "out_invoice")]
        return {
            "form.invoice": count_extra(move.search(invoices, limit=1).web_read, move, *get_form_fields(move)),
            "list.invoices": count_extra(listed(move, invoices), move, INVOICES, OUR_INVOICES),
            "list.cases": count_extra(listed(case, []), case, CASES, OUR_CASES),
        }


def get_form_fields(model):
    """(fields of the form view without ours, ours), as the web client asks for them; not those of lists within."""
    form = etree.fromstring(model.get_view(view_type="form")["arch"])
    names = dict.fromkeys(node.get("name") for node in form.iter("field") if not list(node.iterancestors("field")))
    ours = [name for name in names if model._fields[name]._module == "account_dunning"]
    return [name for name in names if name not in ours], ours


def listed(model, domain):
    def read(specification):
        found = model.web_search_read(domain, specification, limit=LIST)
        if len(found["records"]) != LIST:
            raise SystemExit(f"{len(found['records'])} records of {model._name} instead of {LIST}")

    return read


def count_extra(read, model, names, ours):
    return count_queries(read, model, [*names, *ours]) - count_queries(read, model, names)


def count_queries(read, model, names):
    """Queries of the second reading: the first one fills what a running server has in its caches."""
    specification = get_specification(model, names)
    read(specification)
    model.env.flush_all()
    model.env.invalidate_all()
    before = model.env.cr.sql_log_count
    read(specification)
    return model.env.cr.sql_log_count - before


def get_specification(model, names):
    return {name: {"fields": {"display_name": {}}} if model._fields[name].relational else {} for name in names}


# === Read === #


def measure_read(plain, paid):
    """The reading of all standings, in turns on both ledgers; median times."""
    with environment(plain) as first, environment(paid) as second:
        rounds = [(read_standings(first), read_standings(second)) for _round in range(ROUNDS + 1)][1:]
    times = [statistics.median(one[side][0] for one in rounds) for side in (0, 1)]
    return {"plain": times[0], "paid": times[1], "items": [rounds[0][0][1], rounds[0][1][1]]}


def read_standings(env):
    """(seconds, items) of reading what a night reads of the ledger, chunk by chunk."""
    company, items, seconds = env.ref("base.main_company"), 0, {}
    standing = env["account.dunning.standing"]
    with timed(seconds, "read"):
        for partner_ids in env["account.dunning.run"]._get_chunks(company):
            items += len(standing._read(company, partner_ids).rows)
    return seconds["read"], items


# === Interest === #


def measure_interest():
    """A million slices of late-payment interest, of invoices with two payments over a change of the rate."""
    sys.path.append(str(Path(__file__).resolve().parent.parent))  # the core needs neither Odoo nor a database
    from core.interest import Payment, accrue
    from core.rates import Period, ReferenceRate, StatutoryRate

    halves = (date(2026, 1, 1), date(2026, 6, 30), "2.15"), (date(2026, 7, 1), date(2026, 12, 31), "2.40")
    reference = ReferenceRate("ECB", tuple(Period(start, end, Decimal(percent)) for start, end, percent in halves))
    rate, due, until = StatutoryRate(reference, Decimal(10)), date(2026, 5, 1), date(2026, 9, 1)
    payments = [Payment(date(2026, 5, 20), Decimal(100)), Payment(date(2026, 8, 1), Decimal(100))]
    slices, seconds = 0, {}
    with timed(seconds, "accrue"):
        for cents in range(SLICES // SLICES_AN_INVOICE):
            slices += len(accrue(Decimal(1_000_000 + cents) / 100, due, until, rate, payments))
    return {"seconds": seconds["accrue"], "slices": slices}


# === Interest of invoices === #


def measure_accruals(database):
    """What all open invoices owe for being late, from the ledger; and the queries of one against those of all."""
    seconds = {}
    with environment(database) as env:
        company = env.ref("base.main_company")
        ensure_rate(env, company._dunning_today())
        lines = env["account.move.line"].search(OPEN)
        moves = lines.move_id.ids
        one = [count_accrual(env, company, moves[:1]) for _round in range(2)][-1]  # laws and rates are read once
        with timed(seconds, "accruals"):
            found = env["account.late.interest"]._get_late(company, company._dunning_today(), moves)
        known = [late for late in found.values() if late.interest > 0 and not late.missing]
        return {"seconds": seconds["accruals"], "known": len(known), "more": count_accrual(env, company, moves) - one}


OPEN = [
    ("account_id.account_type", "=", "asset_receivable"),
    ("parent_state", "=", "posted"),
    ("reconciled", "=", False),
    ("partner_id.ref", "like", "BENCH"),
]


def ensure_rate(env, today):
    """So that the figure stands for the work also in a half-year of which nobody has entered the rate yet."""
    rates = env["account.late.interest.rate"]
    latest = rates.search([("reference", "=", "ecb_mro")], order="date_end desc", limit=1)
    if latest.date_end < today:
        latest.copy({"date_start": latest.date_end + timedelta(days=1), "date_end": today})
        env.flush_all()


def count_accrual(env, company, moves):
    before = env.cr.sql_log_count
    env["account.late.interest"]._get_late(company, company._dunning_today(), moves)
    return env.cr.sql_log_count - before


MEASURES = {
    "decide": measure_decide,
    "send": measure_send,
    "letters": measure_letters,
    "verify": measure_verify,
    "screens": measure_screens,
    "read": measure_read,
    "interest": measure_interest,
    "accruals": measure_accruals,
}

if __name__ == "__main__":
    print("\n" + json.dumps(MEASURES[sys.argv[1]](*sys.argv[2:])))
