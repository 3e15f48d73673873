"""Several processes that receive proofs at once, some of them killed: one unbroken chain, nothing lost or doubled."""

import random
import time
from collections import Counter

import pytest

from .kill_worker import throwaway

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
SEED = random.randrange(10**6)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("proofs", tmp_path_factory.mktemp("mails"), 0) as place:
        result = place.worker.run("prepare_proofs", **JOBS, customers=4)
        assert not result["errors"], result["errors"]
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


def seal_and_verify(place):
    """What waited is sealed by the job, and the chain is whole."""
    sealed = place.worker.run("seal_waiting", **JOBS)
    assert not sealed["errors"], sealed["errors"]
    result = place.worker.run("verify", **JOBS)
    assert not result["errors"], result["errors"]
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
    return Counter(sha256 for sha256, _name in names)


def expect(processes):
    from hashlib import sha256

    contents = {content for number in processes for _delivery, _kind, content, _name in get_files(number)}
    return {sha256(content.encode()).hexdigest() for content in contents}


def test_six_processes_at_once_make_one_chain(place):
    for result in all_at_once(place):
        assert result["ended"] == 0
        assert not result["errors"], result["errors"]
    kept = read_kept(place)
    assert kept == dict.fromkeys(expect(range(PROCESSES)), 1)
    assert place.value("SELECT COUNT(*) FROM account_dunning_chain") == 1
    waiting = place.value("SELECT COUNT(*) FROM account_dunning_proof WHERE sequence = 0")
    woken = place.value(
        "SELECT COUNT(*) FROM ir_cron_trigger trigger JOIN ir_model_data data ON data.res_id = trigger.cron_id"
        " WHERE data.name = 'ir_cron_collect'"
    )
    assert woken or not waiting, "nobody will seal what waits"
    seal_and_verify(place)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_any_point_leaves_a_whole_chain(place, point):
    chance = random.Random(SEED)
    kills = [(point, chance.randint(1, 5)) for _process in range(3)]
    results = all_at_once(place, kills)
    assert [result["ended"] for result in results] == [KILLED] * 3 + [0] * 3, (SEED, results)
    for result in results[3:]:
        assert not result["errors"], (SEED, result["errors"])
    kept = read_kept(place)
    assert set(kept.values()) == {1}, SEED
    assert kept.keys() >= expect(range(3, PROCESSES)), SEED
    seal_and_verify(place)
    for result in all_at_once(place):
        assert not result["errors"], (SEED, result["errors"])
    assert read_kept(place) == dict.fromkeys(expect(range(PROCESSES)), 1), SEED
    seal_and_verify(place)


def test_a_file_that_a_killed_process_left_half_written_is_written_anew(place):
    assert not place.worker.run("receive", **JOBS, files=get_files(0)[:1])["errors"]
    from pathlib import Path

    from odoo.tools import config

    [(name,)] = place.rows("SELECT store_fname FROM ir_attachment WHERE res_model = 'account.dunning.proof'")
    path = Path(config.filestore(place.database)) / name
    content = path.read_bytes()
    path.write_bytes(content[:5])
    result = place.worker.run("receive", **JOBS, files=[(1, *get_files(0)[0][1:])])
    assert not result["errors"], result["errors"]
    assert path.read_bytes() == content
    seal_and_verify(place)


def test_what_waits_for_its_seal_is_sealed_by_the_next_that_comes_in(place):
    """The process that seals holds the chain; who comes meanwhile leaves its proof, and wakes the job."""
    place.workers[0].start("receive", **JOBS, files=get_files(0)[:1], pause="receive: commit before")
    place.workers[0].read_until("reached")
    place.rows("DELETE FROM ir_cron_trigger")
    place.rows("SELECT 1")
    other = place.workers[1].run("receive", **JOBS, files=[(1, "receipt", "%PDF-1.4 meanwhile", "b.pdf")])
    assert other["ended"] == 0
    place.workers[0].wait()
    seal_and_verify(place)
