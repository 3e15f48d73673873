"""Another transaction holds the same rows, in real processes: the jobs wait, do their part again, and lose nothing."""

import os
import time
from contextlib import closing, contextmanager

import pytest

from .kill_worker import GO_ON, connect, throwaway

CUSTOMERS, BATCH = 6, 3
LONGEST = 30  # seconds until the worker should wait for a lock


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("conflicts", tmp_path_factory.mktemp("mails"), CUSTOMERS) as place:
        yield place


@pytest.fixture
def decided(place):
    place.reset()
    assert not place.worker.run("decide")["errors"]


@pytest.fixture
def issued(place, decided):
    assert not place.worker.run("issue")["errors"]


@contextmanager
def holding(place, statement):
    """What a payment or a night does: `statement` is open until the worker waits for it, then it is committed."""
    with closing(connect(place.database)) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute(statement)
        yield
        wait_until_blocked(place)
        connection.commit()


def wait_until_blocked(place):
    query = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
    end = time.monotonic() + LONGEST
    while not place.value(query, place.worker.application):
        assert time.monotonic() < end, "The worker met nothing that was locked"
        time.sleep(0.02)


def check_everything_left(place):
    result = place.worker.wait()
    assert result["ended"] == 0
    raised = [
        error for error in result["errors"] if "could not serialize" not in error
    ]  # what is tried again is logged
    assert not raised, raised
    assert place.rows("SELECT DISTINCT state FROM account_dunning_delivery") == [("sent",)]
    assert place.value("SELECT COUNT(*) FROM account_dunning_delivery") == CUSTOMERS
    assert place.value("SELECT COUNT(*) FROM account_dunning_item WHERE stage_count = 1") == CUSTOMERS
    assert len(place.read_journal()) == CUSTOMERS
    logged = "SELECT COUNT(*), COUNT(DISTINCT message_id) FROM mail_message WHERE model = 'account.dunning.case'"
    assert place.rows(f"{logged} AND message_id IS NOT NULL AND subject IS NOT NULL") == [(CUSTOMERS, CUSTOMERS)]


def test_an_accepted_mail_is_recorded_as_sent_though_its_row_was_changed_meanwhile(place, issued):
    process = place.worker.start("deliver", pause="deliver: send after", batch=BATCH)
    place.worker.read_until("reached")
    with holding(place, "UPDATE account_dunning_delivery SET last_error = 'touched'"):
        os.kill(process, GO_ON)
    check_everything_left(place)


def test_a_night_that_holds_the_items_delays_what_follows_but_no_mail(place, issued):
    place.worker.start("deliver", batch=BATCH)
    with holding(place, "UPDATE account_dunning_item SET next_date = next_date"):
        pass
    check_everything_left(place)


def test_a_payment_that_meets_a_batch_of_the_issue_does_not_end_it(place, decided):
    place.worker.start("issue", "deliver", batch=BATCH)
    with holding(place, "UPDATE account_dunning_item SET next_date = next_date"):
        pass
    check_everything_left(place)
