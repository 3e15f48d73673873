"""Processes killed while a service of registered mail misbehaves: each letter arrives once, no proof is lost."""

import os
import random
from collections import Counter

import pytest

from odoo.addons.account_dunning.sandbox.process import Process

from .kill_worker import throwaway

JOBS = ("decide", "issue", "deliver", "let_time_pass", "collect")
RECOVERY = ("try_again", "decide", "issue", "deliver", "let_time_pass", "collect", "collect", "collect")
CUSTOMERS, BATCH = 3, 2
LONG = os.environ.get("DUNNING_LONG") == "1"
SAMPLE = 15
SEED = int(os.environ.get("DUNNING_SEED") or random.randrange(10**6))
KILLED = -9
SWITCHES = [
    None,
    *[
        ("send", name)
        for name in (
            "timeout_before",
            "timeout_after",
            "reset",
            "reset_after",
            "error_500",
            "error_500_after",
            "too_many",
            "maintenance",
            "html",
            "unauthorized",
        )
    ],
    *[("look_up", name) for name in ("reset", "error_500", "html")],
    *[("status", name) for name in ("timeout_before", "maintenance", "unauthorized", "empty")],
    *[("proof", name) for name in ("html", "truncated", "error_500", "too_many", "changed")],
]


class Post:
    """The place with its service: what it took since the last reset, and requests that know its address."""

    def __init__(self, place, service):
        self.place, self.service = place, service
        self.forgotten = 0

    def reset(self):
        self.place.reset()
        self.place.rows("UPDATE account_dunning_provider SET stopped_reason = NULL, paused_until = NULL")
        self.service.heal()
        self.forgotten = len(self.service.read_log())

    def run(self, *jobs, **request):
        return self.place.worker.run(
            *jobs, batch=BATCH, address=self.service.address, token=self.service.token, **request
        )

    def read_log(self):
        return self.service.read_log()[self.forgotten :]


@pytest.fixture(scope="module")
def post(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registered")
    with Process(folder / "sandbox") as service, throwaway("kill_registered", folder, CUSTOMERS) as place:
        post = Post(place, service)
        service.tell("off")
        prepared = post.run("prepare_registered")
        assert not prepared["errors"], prepared["errors"]
        yield post


@pytest.fixture(scope="module")
def trace(post):
    """Every point of the jobs when nobody kills them and the service behaves."""
    post.reset()
    result = post.run(*JOBS)
    assert not result["errors"]
    check_all_arrived_once(post, "undisturbed")
    return result["trace"]


def get_points(trace, *jobs):
    """The last time that each point of these jobs is passed; the first too where there is time."""
    hits = Counter(point for point in trace if point.startswith(tuple(f"{job}: " for job in jobs)))
    return [(point, hit) for point, count in hits.items() for hit in sorted({1 if LONG else count, count})]


def test_each_way_to_misbehave_alone(post, trace):
    for switch in SWITCHES[1:]:
        misbehave_and_recover(post, switch, None)


def test_killed_at_each_point_while_the_service_behaves(post, trace):
    for kill in get_points(trace, "deliver", "collect"):
        assert misbehave_and_recover(post, None, kill), f"{kill} was not passed"


def test_killed_at_each_point_while_the_service_misbehaves(post, trace, capsys):
    plan = [(switch, kill) for switch in SWITCHES[1:] for kill in get_points(trace, "issue", "deliver", "collect")]
    if not LONG:
        plan = random.Random(SEED).sample(plan, SAMPLE)
    killed = sum(misbehave_and_recover(post, switch, kill) for switch, kill in plan)
    with capsys.disabled():
        print(f"\n{len(plan)} of switch and point, {killed} killed, seed {SEED}")  # noqa: T201
    assert killed > len(plan) / 2


def test_the_service_killed_too(post, trace):
    """Both die: what it took it still knows."""
    post.reset()
    post.run(*JOBS, kill=("deliver: send after", 2))
    post.service.kill()
    post.service.start()
    recover(post, "the service was killed")


def misbehave_and_recover(post, switch, kill):
    """True when the process was killed; a misbehaving service may keep a point from being reached."""
    post.reset()
    if switch:
        call, name = switch
        post.service.fail(name, call, seconds=0.3)
    result = post.run(*JOBS, kill=kill)
    assert result["ended"] in (0, KILLED)
    assert not result.get("errors"), f"{switch}, {kill}: {result['errors']}"
    check_nothing_twice(post, (switch, kill))
    post.service.heal()  # a switch that did not act before the kill would act now
    recover(post, (switch, kill))
    return result["ended"] == KILLED


def recover(post, story):
    go_on(post, story, *RECOVERY)
    if post.place.value("SELECT COUNT(*) FROM account_dunning_delivery WHERE state = 'uncertain'"):
        go_on(post, story, "settle_registered", *RECOVERY)
    check_all_arrived_once(post, story)


def go_on(post, story, *jobs):
    recovered = post.run(*jobs, taken=[line["reference"] for line in post.read_log()])
    assert not recovered["errors"], f"{story}: {recovered['errors']}"
    check_nothing_twice(post, story)
    check_nothing_hidden(post, story)


def check_nothing_twice(post, story):
    for name in ("reference", "recipient"):
        twice = [value for value, count in Counter(line[name] for line in post.read_log()).items() if count > 1]
        assert not twice, f"{story}: several letters of one {name}: {twice}"


def check_nothing_hidden(post, story):
    """What nobody asks the service about any more is a person's task."""
    assert not post.place.rows(HIDDEN), f"{story}: uncertain without a look or a task"


def check_all_arrived_once(post, story):
    taken = {line["recipient"] for line in post.read_log()}
    assert taken == {f"debtor{number}@debtor.example" for number in range(CUSTOMERS)}, f"{story}: {taken}"
    found = Counter(post.place.rows(DELIVERIES))
    assert found == {("received", 3, 3): CUSTOMERS}, f"{story}: {found}"
    references = {reference for (reference,) in post.place.rows(REFERENCES)}
    assert references == {line["id"] for line in post.read_log()}, f"{story}: references differ"
    sequences = [number for (number,) in post.place.rows("SELECT sequence FROM account_dunning_proof ORDER BY 1")]
    assert sequences == list(range(1, 3 * CUSTOMERS + 1)), f"{story}: {sequences}"


DELIVERIES = """
SELECT delivery.state, COUNT(proof.id), COUNT(DISTINCT proof.kind)
  FROM account_dunning_delivery delivery LEFT JOIN account_dunning_proof proof ON proof.delivery_id = delivery.id
 WHERE delivery.state != 'cancelled' GROUP BY delivery.id
"""
REFERENCES = "SELECT external_ref FROM account_dunning_delivery WHERE state != 'cancelled'"
HIDDEN = """
SELECT delivery.id FROM account_dunning_delivery delivery JOIN account_dunning_notice notice ON notice.id = notice_id
 WHERE delivery.state = 'uncertain' AND delivery.collect_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM account_dunning_task task WHERE task.case_id = notice.case_id
                      AND task.kind = 'settle_delivery' AND task.state = 'open')
"""
