"""Processes killed with SIGKILL at every point of the three jobs: nothing leaves twice, nothing is lost."""

import os
import random
from collections import Counter

import pytest

from .kill_worker import throwaway

JOBS = ("decide", "issue", "deliver")
CUSTOMERS, BATCH = 12, 5
LONG = os.environ.get("DUNNING_LONG") == "1"
RANDOM_KILLS = 20
SEED = int(os.environ.get("DUNNING_SEED") or random.randrange(10**6))
KILLED = -9


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("kill", tmp_path_factory.mktemp("mails"), CUSTOMERS) as place:
        yield place


@pytest.fixture(scope="module")
def trace(place):
    """Every point that the jobs pass, in order, when nobody kills them."""
    place.reset()
    result = place.worker.run(*JOBS, batch=BATCH)
    assert not result["errors"]
    check_everything_left_once(place, [])
    return result["trace"]


@pytest.fixture(scope="module")
def doubtful(trace):
    """The points after `sending` is committed and before what the provider said is."""
    calls = [number for number, point in enumerate(trace) if point == "deliver: send before"]
    return {point for number in calls for point in trace[number - 1 : number + 3]}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_killed_at_any_of_its_points_sends_everything_once(place, trace, doubtful, job):
    hits = Counter(point for point in trace if point.startswith(f"{job}: "))
    for point, count in hits.items():
        for hit in get_hits(count):
            kill_and_recover(place, doubtful, [(point, hit)])


def test_kills_at_random_points_send_everything_once(place, trace, doubtful, capsys):
    chance = random.Random(SEED)
    say(capsys, f"seed {SEED}")
    hits = Counter(trace)
    for _kill in range(RANDOM_KILLS):
        point = chance.choice(sorted(hits))
        kill_and_recover(place, doubtful, [(point, chance.randint(1, hits[point]))])


@pytest.mark.parametrize(
    "kills",
    [
        [("issue: _issue 1 after", 2), ("issue: _finish_documents 1 before", 1)],
        [("issue: _issue 1 after", 1), ("issue: _finish_documents 1 after", 1)],
        [("deliver: send after", 3), ("deliver: _settle_interrupted 1 before", 1)],
        [("deliver: send after", 3), ("deliver: _settle_interrupted 1 after", 1)],
        [("deliver: send before", 4), ("deliver: send after", 2), ("deliver: send before", 1)],
        [("decide: _work_chunk 1 after", 1), ("decide: _finish 1 before", 1)],
    ],
    ids=lambda kills: ", then ".join(point for point, _hit in kills),
)
def test_a_process_killed_while_it_takes_up_the_work_of_a_killed_one(place, trace, doubtful, kills):
    kill_and_recover(place, doubtful, kills)


@pytest.mark.skipif(not LONG, reason="./dev test --long: a quarter of an hour")
def test_two_hundred_kills_at_least_ten_at_each_point(place, trace, doubtful, capsys):
    chance = random.Random(SEED)
    hits = Counter(trace)
    plan = [point for point in hits for _time in range(10)]
    plan += [chance.choice(sorted(hits)) for _more in range(200 - len(plan))]
    for point in plan:
        kill_and_recover(place, doubtful, [(point, chance.randint(1, hits[point]))])
    told = "\n".join(f"{count:5} {point}" for point, count in sorted(Counter(plan).items()))
    say(capsys, f"{len(plan)} kills, seed {SEED}\n{told}")


def say(capsys, text):
    with capsys.disabled():
        print(f"\n{text}")  # noqa: T201


def get_hits(count):
    """The first and the last."""
    return sorted({1, count})


def kill_and_recover(place, doubtful, kills):
    place.reset()
    for point, hit in kills:
        result = place.worker.run(*JOBS, batch=BATCH, kill=(point, hit))
        assert result["ended"] == KILLED, f"{kills}: {point} was passed fewer than {hit} times"
    recovered = place.worker.run(*JOBS, batch=BATCH)
    assert not recovered["errors"], f"{kills}: {recovered['errors']}"
    check_nothing_twice_and_nothing_lost(place, kills, sum(point in doubtful for point, _hit in kills))
    if place.value("SELECT COUNT(*) FROM account_dunning_delivery WHERE state = 'uncertain'"):
        journal = [mail["message_id"] for mail in place.read_journal()]
        settled = place.worker.run("settle", "deliver", journal=journal)
        assert not settled["errors"], f"{kills}: {settled['errors']}"
    check_everything_left_once(place, kills)


def check_nothing_twice_and_nothing_lost(place, kills, doubts):
    check_journal(place, kills)
    notices = place.rows(NOTICES)
    assert len(notices) == CUSTOMERS, f"{kills}: {len(notices)} notices"
    assert all(count == 1 for *_state, count in notices), f"{kills}: customers with several notices"
    states = Counter(delivery for _notice, delivery, _task, _count in notices)
    assert states.keys() <= {"sent", "uncertain"}, f"{kills}: {states}"
    assert states["uncertain"] <= doubts, f"{kills}: {states['uncertain']} uncertain"
    hidden = [delivery for _notice, delivery, task, _count in notices if delivery == "uncertain" and not task]
    assert not hidden, f"{kills}: uncertain without a task"
    assert place.rows("SELECT DISTINCT state FROM account_dunning_run") == [("done",)], kills


def check_everything_left_once(place, kills):
    check_journal(place, kills)
    mails = Counter(mail["to"][0] for mail in place.read_journal())
    assert mails == {f"debtor{number}@debtor.example": 1 for number in range(CUSTOMERS)}, f"{kills}: {mails}"
    assert {delivery for _notice, delivery, _task, _count in place.rows(NOTICES)} == {"sent"}, kills
    reached = place.value("SELECT COUNT(*) FROM account_dunning_item WHERE stage_count = 1")
    assert reached == CUSTOMERS, f"{kills}: {reached} items have reached the level"


def check_journal(place, kills):
    twice = [message for message, count in Counter(m["message_id"] for m in place.read_journal()).items() if count > 1]
    assert not twice, f"{kills}: sent twice: {twice}"
    again = [to for to, count in Counter(m["to"][0] for m in place.read_journal()).items() if count > 1]
    assert not again, f"{kills}: several mails to {again}"


NOTICES = """
SELECT notice.state, delivery.state,
       EXISTS (SELECT 1 FROM account_dunning_task task
                WHERE task.case_id = notice.case_id AND task.kind = 'settle_delivery' AND task.state = 'open'),
       COUNT(*) OVER (PARTITION BY notice.partner_id)
  FROM account_dunning_notice notice
  LEFT JOIN account_dunning_delivery delivery ON delivery.notice_id = notice.id AND delivery.state != 'cancelled'
 WHERE notice.state != 'cancelled'
"""
