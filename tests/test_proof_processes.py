"""Several processes that receive proofs at once, some of them killed: one unbroken chain, nothing lost or doubled."""

import os
import random
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from odoo.tools import config

from .evidence_mails import attach, make_mail
from .kill_worker import GO_ON, throwaway

JOBS = {"module": "proof_jobs"}
PROCESSES, PROOFS = 6, 20
POINTS = (
    "receive: _create_once before",
    "receive: _create_once after",
    "receive: _store_file before",
    "receive: _store_file after",
    "receive: _seal_waiting before",
    "receive: _seal_waiting after",
    "receive: commit before",
    "receive: commit after",
)
KILLED = -9
WOKEN = (
    "SELECT COUNT(*) FROM ir_cron_trigger trigger JOIN ir_model_data data ON data.res_id = trigger.cron_id"
    " WHERE data.name = 'ir_cron_collect'"
)
SEED = random.randrange(10**6)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("proofs", tmp_path_factory.mktemp("mails"), 0) as place:
        result = place.worker.run("prepare_proofs", **JOBS, customers=4)
        assert not get_errors(result), result["errors"]
        place.workers = [place.worker, *(place.start_worker() for _more in range(PROCESSES - 1))]
        yield place


@pytest.fixture(autouse=True)
def _none_yet(place):
    place.rows("TRUNCATE account_dunning_proof, account_dunning_anchor, account_dunning_chain CASCADE")
    place.rows("DELETE FROM ir_attachment WHERE res_model = 'account.dunning.proof'")


def get_files(process):
    """Every other one is the same on the same delivery in all processes, every fourth waits to be assigned."""
    files = []
    for number in range(PROOFS):
        content = f"%PDF-1.4 {number}" if number % 2 else f"%PDF-1.4 {number} of {process}"
        delivery = None if number % 4 == 3 else number % 4
        files.append((delivery, "content", content, f"{number}.pdf"))
    return files


def all_at_once(place, kills=()):
    """What each process told; `kills` says for some of them where they die."""
    at = time.time() + 0.5
    for number, worker in enumerate(place.workers):
        kill = {"kill": kills[number]} if number < len(kills) else {}
        worker.start("receive", **JOBS, files=get_files(number), at=at, **kill)
    return [worker.wait() for worker in place.workers]


def get_errors(result):
    """What a job raised; not what the server logged of a conflict after which it began anew."""
    return [error for error in result["errors"] if not error.startswith("bad query: ")]


def seal_and_verify(place):
    """What waited is sealed by the job, and the chain is whole."""
    sealed = place.worker.run("seal_waiting", **JOBS)
    assert not get_errors(sealed), sealed["errors"]
    result = place.worker.run("verify", **JOBS)
    assert not get_errors(result), result["errors"]
    assert result["state"] == "intact", result["answer"]
    count, last = place.rows("SELECT COUNT(*), MAX(sequence) FROM account_dunning_proof")[0]
    assert count == last == place.value("SELECT sequence FROM account_dunning_chain")
    links = place.rows("SELECT previous_hash, record_hash FROM account_dunning_proof ORDER BY sequence")
    assert [before for before, _own in links[1:]] == [own for _before, own in links[:-1]]


def read_kept(place):
    """How often each file is there, by its content."""
    names = place.rows(
        "SELECT proof.sha256, file.store_fname FROM account_dunning_proof proof"
        " JOIN ir_attachment file ON file.id = proof.attachment_id"
    )
    assert len(names) == place.value("SELECT COUNT(*) FROM account_dunning_proof"), "proofs without a file"
    return Counter(digest for digest, _name in names)


def expect(processes):
    contents = {content for number in processes for _delivery, _kind, content, _name in get_files(number)}
    return {sha256(content.encode()).hexdigest() for content in contents}


def test_six_processes_at_once_make_one_chain(place):
    for result in all_at_once(place):
        assert result["ended"] == 0
        assert not get_errors(result), result["errors"]
    kept = read_kept(place)
    assert kept == dict.fromkeys(expect(range(PROCESSES)), 1)
    assert place.value("SELECT COUNT(*) FROM account_dunning_chain") == 1
    waiting = place.value("SELECT COUNT(*) FROM account_dunning_proof WHERE sequence = 0")
    assert place.value(WOKEN) or not waiting, "nobody will seal what waits"
    seal_and_verify(place)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_any_point_leaves_a_whole_chain(place, point):
    chance = random.Random(SEED)
    kills = [(point, chance.randint(1, 5)) for _process in range(3)]
    results = all_at_once(place, kills)
    assert [result["ended"] for result in results] == [KILLED] * 3 + [0] * 3, (SEED, results)
    for result in results[3:]:
        assert not get_errors(result), (SEED, result["errors"])
    kept = read_kept(place)
    assert set(kept.values()) == {1}, SEED
    assert kept.keys() >= expect(range(3, PROCESSES)), SEED
    seal_and_verify(place)
    for result in all_at_once(place):
        assert not get_errors(result), (SEED, result["errors"])
    assert read_kept(place) == dict.fromkeys(expect(range(PROCESSES)), 1), SEED
    seal_and_verify(place)


def test_a_file_that_a_killed_process_left_half_written_is_written_anew(place):
    [first, *_others] = get_files(0)
    keep(place.worker, first)
    path = get_path(place)
    content = path.read_bytes()
    path.write_bytes(content[:5])
    keep(place.worker, (1, *first[1:]))
    assert path.read_bytes() == content
    seal_and_verify(place)


def get_path(place):
    [(name,)] = place.rows("SELECT store_fname FROM ir_attachment WHERE res_model = 'account.dunning.proof'")
    return Path(config.filestore(place.database)) / name


def keep(worker, *files):
    result = worker.run("receive", **JOBS, files=files)
    assert result["ended"] == 0
    assert not get_errors(result), result["errors"]


def test_who_comes_while_another_seals_waits_for_nobody_and_wakes_the_job(place):
    first, second = place.workers[:2]
    keep(first, (0, "receipt", "%PDF-1.4 before", "a.pdf"))
    place.rows("DELETE FROM ir_cron_trigger")
    paused = first.start("receive", **JOBS, files=get_files(0)[:1], pause="receive: commit before")
    first.read_until("reached")
    keep(second, (1, "receipt", "%PDF-1.4 meanwhile", "b.pdf"))
    os.kill(paused, GO_ON)
    assert not get_errors(first.wait())
    assert place.rows("SELECT sequence FROM account_dunning_proof ORDER BY id") == [(1,), (2,), (0,)]
    assert place.value(WOKEN)
    seal_and_verify(place)


def test_two_processes_that_make_the_chain_at_once_make_one(place):
    first, second = place.workers[:2]
    paused = first.start("receive", **JOBS, files=get_files(0)[:1], pause="receive: commit before")
    first.read_until("reached")
    second.start("receive", **JOBS, files=[(1, "receipt", "%PDF-1.4 meanwhile", "b.pdf")])
    time.sleep(0.5)
    os.kill(paused, GO_ON)
    assert not get_errors(first.wait())
    result = second.wait()
    assert not get_errors(result), result["errors"]
    assert result["retried"] == "SerializationFailure"
    assert place.rows("SELECT sequence FROM account_dunning_proof ORDER BY id") == [(1,), (2,)]
    seal_and_verify(place)


def test_the_same_file_at_once_is_kept_once(place):
    first, second = place.workers[:2]
    keep(first, (0, "receipt", "%PDF-1.4 before", "a.pdf"))
    same = (0, "receipt", "%PDF-1.4 same", "b.pdf")
    paused = first.start("receive", **JOBS, files=[same], pause="receive: commit before")
    first.read_until("reached")
    second.start("receive", **JOBS, files=[same])
    time.sleep(0.5)
    os.kill(paused, GO_ON)
    assert not get_errors(first.wait())
    result = second.wait()
    assert not get_errors(result), result["errors"]
    assert result["retried"] == "ConcurrencyError"
    assert place.value("SELECT COUNT(*) FROM account_dunning_proof") == 2
    seal_and_verify(place)


def test_a_mail_that_meets_another_proof_is_kept_though_it_is_fetched_once(place):
    first, second = place.workers[:2]
    assert not get_errors(first.run("open_mailbox", **JOBS))
    paused = first.start("receive", **JOBS, files=get_files(0)[:1], pause="receive: commit before")
    first.read_until("reached")
    second.start("take_mail", **JOBS, mail=attach(make_mail()).as_string())
    time.sleep(0.5)
    os.kill(paused, GO_ON)
    assert not get_errors(first.wait())
    result = second.wait()
    assert not get_errors(result), result["errors"]
    assert any("could not serialize" in error for error in result["errors"]), "they did not meet"
    assert place.rows("SELECT source FROM account_dunning_proof ORDER BY id") == [("collection",), ("mail",)]
    seal_and_verify(place)
