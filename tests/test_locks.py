"""What accountants can do while a night holds a chunk open: everything, and at once, but delete what it references."""

import os
import time
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import sql

from .kill_worker import GO_ON, connect, throwaway

CUSTOMERS = 20
ACTIONS = ("register a payment", "unreconcile", "reset to draft", "delete")  # each has an invoice of each customer
END_OF_CHUNK = "decide: _work_chunk 1 before"
CORE_TABLES = ("account_move", "account_move_line", "res_partner")
SLOWEST = 2  # seconds


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("locks", tmp_path_factory.mktemp("mails"), CUSTOMERS, len(ACTIONS)) as place:
        place.second = place.start_worker()
        work(place, "register a payment", get_invoices(place, "unreconcile"))
        yield place


@pytest.fixture
def night(place):
    """A first night in a process of its own, which holds its one chunk of all customers open until `end_chunk`."""
    place.reset()
    place.night = place.worker.start("decide", pause=END_OF_CHUNK)
    place.worker.read_until("reached")
    yield
    end_chunk(place)


def end_chunk(place):
    if not place.night:
        return
    os.kill(place.night, GO_ON)
    place.night = None
    result = place.worker.wait()
    assert result["ended"] == 0
    assert not result["errors"], result["errors"]


def is_open(place):
    query = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = %s AND backend_xid IS NOT NULL"
    return place.value(query, place.worker.application) == 1


def get_invoices(place, action):
    """The invoices, one of each customer, that are there to do `action` with."""
    invoices = [move for (move,) in place.rows("SELECT id FROM account_move WHERE state != 'draft' ORDER BY id")]
    return invoices[ACTIONS.index(action) : CUSTOMERS * len(ACTIONS) : len(ACTIONS)]


def work(place, action, moves):
    """Let an accountant do `action` with each move; how long each took, how often it was tried."""
    place.second.start("account", actions=[(action, move) for move in moves])
    return wait_for_work(place, action, moves)


def wait_for_work(place, action, moves):
    result = place.second.wait()
    assert result["ended"] == 0
    raised = [error for error in result["errors"] if error.startswith("account: ")]  # what is tried again is logged
    assert not raised, raised
    assert len(result["actions"]) == len(moves)
    slowest = max(each["seconds"] for each in result["actions"])
    tries = max(each["tries"] for each in result["actions"])
    print(f"{action}: {len(moves)} times, slowest {slowest:.2f} s, at most {tries} tries")  # noqa: T201
    return result["actions"]


def check_quick(actions):
    for each in actions:
        assert each["seconds"] < SLOWEST, each
        assert each["tries"] == 1, each


@pytest.mark.parametrize("action", ["register a payment", "unreconcile"])
def test_accountants_work_on_invoices_of_an_open_chunk(place, night, action):
    check_quick(work(place, action, get_invoices(place, action)))
    assert is_open(place)


def test_drafts_of_customers_of_an_open_chunk_are_deleted(place, night):
    place.second.run("make_drafts")
    drafts = [move for (move,) in place.rows("SELECT id FROM account_move WHERE state = 'draft'")]
    assert len(drafts) == CUSTOMERS
    check_quick(work(place, "delete", drafts))
    assert is_open(place)


def test_an_open_chunk_holds_no_lock_on_core_rows_but_that_of_its_foreign_keys(place, night):
    query = """
        SELECT DISTINCT class.relname, locks.mode FROM pg_locks locks
          JOIN pg_class class ON class.oid = locks.relation
          JOIN pg_stat_activity activity ON activity.pid = locks.pid
         WHERE activity.application_name = %s AND class.relname IN %s
    """
    locks = place.rows(query, place.worker.application, CORE_TABLES)
    assert {table for table, _mode in locks} == set(CORE_TABLES)
    assert {mode for _table, mode in locks} <= {"AccessShareLock", "RowShareLock"}
    for table in CORE_TABLES:
        lock_rows(place, table, "FOR NO KEY UPDATE")
    assert is_open(place)


def test_an_open_chunk_does_lock_what_its_foreign_keys_reference(place, night):
    """The probe of the test above finds a lock where there is one."""
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        lock_rows(place, "account_move", "FOR UPDATE")
    assert is_open(place)


def lock_rows(place, table, strength):
    with closing(connect(place.database)) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        statement = sql.SQL("SELECT id FROM {} {} NOWAIT").format(sql.Identifier(table), sql.SQL(strength))
        cursor.execute(statement)


def test_invoices_of_an_open_chunk_are_reset_to_draft_at_once_and_deleted_once_it_is_committed(place, night):
    """The chunk's new items reference them: the deletion waits for the commit, and does not fail."""
    invoices = get_invoices(place, "reset to draft")
    check_quick(work(place, "reset to draft", invoices))
    place.second.start("account", actions=[("delete", move) for move in invoices])
    assert get_waiting_statement(place).startswith('DELETE FROM "account_move_line"')
    assert is_open(place)
    end_chunk(place)
    deleted = wait_for_work(place, "delete", invoices)
    check_quick(deleted[1:])
    assert not place.rows("SELECT id FROM account_move WHERE id IN %s", tuple(invoices))


def get_waiting_statement(place):
    """The statement of the accountant that waits for a lock of the night."""
    query = "SELECT query FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
    for _attempt in range(100):
        if found := place.rows(query, place.second.application):
            return found[0][0]
        time.sleep(0.1)
    return ""
