"""Databases of the benchmark: built once from the set-up's base, copied for each measurement.

Like ./dev, each names in its comment what it was built from, so that a second run finds its data again.
"""

import configparser
import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

MODULE = "account_dunning"
BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILDERS = ("ledger.py", "copies.py", "check.py", "session.py")  # what the data depends on
VACUUMED = ("res_partner", "account_move", "account_move_line", "account_partial_reconcile", "mail_message")
NOT_IN_DATABASE = {"tests", "docs", "static", "core", "evidence", "delivery", "bench"}


def execute(statement, *values, database="postgres"):
    """Run one statement outside a transaction, as CREATE DATABASE and VACUUM need; its rows, if any."""
    with closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


def get_comment(name):
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    return next((comment for (comment,) in execute(query, name)), None)


def get_filestore(name):
    config = configparser.RawConfigParser()
    config.read(os.environ["DUNNING_CONFIG"])
    return Path(config["options"]["data_dir"]) / "filestore" / name


def drop(name):
    execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    shutil.rmtree(get_filestore(name), ignore_errors=True)


def copy(source, target):
    """A copy has its own filestore: letters are written there, and assets would be missing without it."""
    drop(target)
    names = {"target": sql.Identifier(target), "source": sql.Identifier(source)}
    execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source}").format(**names))
    shutil.copytree(get_filestore(source), get_filestore(target), dirs_exist_ok=True)


@contextmanager
def scratch(source):
    """A fresh copy that is gone afterwards; a checkpoint keeps its writing out of the measurement."""
    name = f"{source}_scratch"
    copy(source, name)
    execute("CHECKPOINT")
    try:
        yield name
    finally:
        drop(name)


# === Built once === #


def get_prefix():
    return os.environ["DUNNING_BASE"].removesuffix("_base")


def prepare(name, source, *command):
    """The database `name`: a copy of `source` that `command` was run on; built again only when that has changed."""
    database = f"{get_prefix()}_{name}"
    wanted = get_digest(get_comment(source), VACUUMED, *command)
    if get_comment(database) == wanted:
        return database
    started = time.monotonic()
    print(f"  Building the database {name} ...", end="", flush=True)
    copy(source, database)
    build([part.format(database=database) for part in command])
    vacuum(database)
    execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(wanted)))
    print(f" {time.monotonic() - started:.1f} s", flush=True)
    return database


def vacuum(database):
    """As autovacuum leaves a ledger. Not our own empty tables: it does not touch those either, and once they are
    known to be empty the plans of their foreign keys' checks, made with the first rows, read them from end to end."""
    tables = sql.SQL(", ").join(map(sql.Identifier, VACUUMED))
    execute(sql.SQL("VACUUM ANALYZE {}").format(tables), database=database)


def build(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        raise subprocess.CalledProcessError(ran.returncode, f"{' '.join(command)}\n{ran.stdout[-3000:]}")


def get_digest(*parts):
    content = hashlib.sha256("\0".join(map(str, parts)).encode())
    for path in sorted(get_files()):
        content.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:12]


def get_files():
    """What the data of a database depends on: the installed parts of the addon, and the builders here."""
    parts = [part for part in ROOT.iterdir() if part.is_dir() and not part.name.startswith(".")]
    for part in parts:
        if part.name not in NOT_IN_DATABASE:
            yield from (path for path in part.rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from ROOT.glob("*.py")
    yield from (BENCH / name for name in BUILDERS)


def prepare_all(large):
    """{name: database} of everything that is measured."""
    builder = [sys.executable, str(BENCH / "ledger.py")]
    odoo = [sys.executable, "-m", "odoo", "-c", os.environ["DUNNING_CONFIG"], "-d", "{database}"]
    install = [*odoo, "-i", MODULE, "--stop-after-init", "--no-http", "--log-level=warn"]
    installed = prepare("bench_installed", os.environ["DUNNING_BASE"], *install)
    few = prepare("bench_few", installed, *builder, "few", "{database}")
    found = {"small": prepare("bench_small", few, *builder, "open", "{database}", "2000")}
    found["paid"] = prepare("bench_paid", found["small"], *builder, "paid", "{database}", "200000")
    if large:
        found["large"] = prepare("bench_large", few, *builder, "open", "{database}", "20000")
    return found
