"""Two nights at once in two processes, and many nights in one: one notice and one mail for each customer."""

import time
from collections import Counter

import pytest

from .kill_worker import throwaway

CUSTOMERS, BATCH = 12, 5
DELAYS = (0, 0, 0.02, 0.1, 0.3)  # seconds by which the second process comes later
NIGHTS = 100


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("nights", tmp_path_factory.mktemp("mails"), CUSTOMERS) as place:
        place.second = place.start_worker()
        yield place


@pytest.mark.parametrize("delay", DELAYS)
def test_two_nights_at_once_make_one_notice_and_one_mail_for_each_customer(place, delay):
    place.reset()
    both(place, delay, "decide")
    assert place.value("SELECT COUNT(*) FROM account_dunning_run") == 1
    assert place.rows("SELECT DISTINCT state, errors FROM account_dunning_run") == [("done", None)]
    assert count_notices(place) == {"draft": CUSTOMERS}
    both(place, delay, "issue", "deliver")
    place.worker.run("deliver")
    check_one_mail_each(place)


def test_a_night_that_meets_the_sending_of_another_process_sends_nothing_twice(place):
    """Both write the same items: one of the jobs may fail and be done again, one delivery may become uncertain."""
    place.reset()
    place.worker.run("decide", batch=BATCH)
    at = time.time() + 0.5
    place.second.start("issue", "deliver", batch=BATCH, at=at)
    place.worker.start(*["decide"] * 3, batch=BATCH, at=at)
    assert [place.second.wait()["ended"], place.worker.wait()["ended"]] == [0, 0]
    place.worker.run("decide", "issue", "deliver")
    journal = [mail["message_id"] for mail in place.read_journal()]
    assert not place.worker.run("settle", "deliver", journal=journal)["errors"]
    check_one_mail_each(place)


def test_a_hundred_nights_in_a_night_send_once(place):
    place.reset()
    result = place.worker.run(*["decide"] * NIGHTS, "issue", "deliver", *["decide", "issue", "deliver"] * 5)
    assert result["ended"] == 0
    assert not result["errors"]
    check_one_mail_each(place)


def both(place, delay, *jobs):
    """Do `jobs` in two processes at the same moment."""
    at = time.time() + 0.5
    place.worker.start(*jobs, batch=BATCH, at=at)
    place.second.start(*jobs, batch=BATCH, at=at + delay)
    for result in (place.worker.wait(), place.second.wait()):
        assert result["ended"] == 0
        assert not result["errors"], result["errors"]


def check_one_mail_each(place):
    mails = Counter(mail["to"][0] for mail in place.read_journal())
    assert mails == {f"debtor{number}@debtor.example": 1 for number in range(CUSTOMERS)}
    assert count_notices(place) == {"issued": CUSTOMERS}
    deliveries = place.rows("SELECT state, COUNT(*) FROM account_dunning_delivery GROUP BY state")
    assert dict(deliveries) == {"sent": CUSTOMERS}


def count_notices(place):
    return dict(place.rows("SELECT state, COUNT(*) FROM account_dunning_notice GROUP BY state"))
