"""What somebody does below Odoo is found, the first record named, and said so that a bookkeeper understands it."""

# ruff: noqa: S608  (statements are glued together as an attacker does)
import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from odoo.tools import config

from .kill_worker import clone, connect, drop, throwaway

PROGRAM = Path(__file__).with_name("tampering.py")
JOBS = {"module": "proof_jobs"}
# of four deliveries; the fifth came without one, and the seventh assigns it
FIRST = [
    (0, "submission", "%PDF-1.4 one", "submission.pdf"),
    (0, "dispatch", "%PDF-1.4 two", "dispatch.pdf"),
    (0, "receipt", "%PDF-1.4 three", "receipt.pdf"),
    (1, "submission", "%PDF-1.4 four", "submission.pdf"),
    (None, "other", "%PDF-1.4 five", "orphan.pdf"),
    (1, "dispatch", "%PDF-1.4 six", "dispatch.pdf"),
]
SECOND = [
    (2, "submission", "%PDF-1.4 eight", "submission.pdf"),
    (2, "refusal", "%PDF-1.4 nine", "refusal.pdf"),
    (3, "submission", "%PDF-1.4 ten", "submission.pdf"),
    (3, "dispatch", "%PDF-1.4 eleven", "dispatch.pdf"),
    (3, "receipt", "%PDF-1.4 twelve", "receipt.pdf"),
]
KEPT = ("proof", "chain", "anchor", "delivery", "notice")
COLUMNS = {  # of proof 3: what it is changed to, and how the field is called
    "uuid": ("other", "Identifier"),
    "kind": ("made_up", "Kind"),
    "source": ("upload", "Came By"),
    "is_test": (True, "Test"),
    "event_time": ("2020-01-01 00:00:00", "Happened"),
    "event_time_raw": ("1 January", "Time as Written"),
    "received_at": ("2020-01-01 00:00:00", "Came In"),
    "provider": ("other", "Provider"),
    "external_ref": ("REF-2", "Provider's Reference"),
    "external_id": ("9", "Provider's Number of the Proof"),
    "delivery_uuid": ("other", "Our Reference"),
    "method": ("letter", "Method"),
    "notice_number": ("other", "Notice Number"),
    "letter_sha256": ("0" * 64, "SHA-256 of the Letter"),
    "content_sha256": ("0" * 64, "SHA-256 of What Left"),
    "addressee": ("Somebody else\n13002 Marseille", "Addressee"),
    "file_name": ("other.pdf", "File Name"),
    "mimetype": ("text/html", "Kind of File"),
    "size": (7, "Bytes"),
    "sha256": ("0" * 64, "SHA-256"),
    "refers_to": ("other", "Refers To"),
    "note": ("nothing", "Note"),
}
REPLACED = "Proof 3 was replaced as a whole: it fits itself, and no longer the hash in its place of the chain."


class Kept:
    """The database and its files as they were before anybody touched them."""

    def __init__(self, place):
        self.place = place
        self.filestore = Path(config.filestore(place.database))
        place.rows("DROP SCHEMA IF EXISTS kept CASCADE")
        place.rows("CREATE SCHEMA kept")
        for name in KEPT:
            place.rows(f"CREATE TABLE kept.{name} AS SELECT * FROM account_dunning_{name}")
        place.rows(
            "CREATE TABLE kept.file AS SELECT * FROM ir_attachment"
            " WHERE res_model IN ('account.dunning.proof', 'account.dunning.notice')"
        )
        names = [name for (name,) in place.rows("SELECT store_fname FROM kept.file")]
        self.files = {self.filestore / name: (self.filestore / name).read_bytes() for name in names}

    def restore(self):
        rows = self.place.rows
        rows("SET session_replication_role = replica")
        for name in KEPT:
            rows(f"DELETE FROM account_dunning_{name}")
            rows(f"INSERT INTO account_dunning_{name} SELECT * FROM kept.{name}")
        rows("DELETE FROM ir_attachment WHERE id IN (SELECT id FROM kept.file)")
        rows("INSERT INTO ir_attachment SELECT * FROM kept.file")
        rows("SET session_replication_role = DEFAULT")
        for path, content in self.files.items():
            path.write_bytes(content)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with throwaway("tamper", tmp_path_factory.mktemp("mails"), 0) as place:
        ask(place.worker, "prepare_proofs", customers=4)
        ask(place.worker, "receive", files=FIRST)
        ask(place.worker, "assign", assigned=[("orphan.pdf", 1)])
        place.early = ask(place.worker, "verify")["line"]
        place.older = back_up(place)
        ask(place.worker, "receive", files=SECOND)
        place.line = ask(place.worker, "verify")["line"]
        place.kept = Kept(place)
        yield place


@pytest.fixture(autouse=True)
def _as_it_was(place):
    yield
    place.kept.restore()


def ask(worker, *jobs, **request):
    result = worker.run(*jobs, **JOBS, **request)
    assert result["ended"] == 0, result
    assert not result["errors"], result["errors"]
    return result


def back_up(place):
    """What an older backup has: all of the database and its files at this moment."""
    older = f"{place.database}_older"
    place.stack.callback(drop, older)
    place.connection.close()  # a database that somebody uses is not copied
    clone(place.database, older)
    place.connection = place.stack.enter_context(closing(connect(place.database)))
    return older


def tamper(place, *steps):
    """In a process of its own that knows nothing of us."""
    command = [sys.executable, "-I", PROGRAM, place.database, place.kept.filestore]
    subprocess.run(command, input=json.dumps(steps), text=True, check=True)


def verify(place, outside=None):
    """(state, answer) of the dialog; the names in brackets behind a number left out."""
    result = ask(place.worker, "verify", outside=outside)
    assert bool(result["finding"]) == (result["state"] == "broken")
    return result["state"], re.sub(r"(Proof \d+) \([^)]*\)", r"\1", result["answer"])


def find(place, outside=None):
    state, answer = verify(place, outside)
    assert state == "broken", answer
    return answer


def change(column, value, sequence=3):
    return ["sql", f"UPDATE account_dunning_proof SET {column} = %s WHERE sequence = %s", value, sequence]


# === Nobody === #


def test_what_nobody_touched_is_intact(place):
    assert place.value("SELECT COUNT(*) FROM account_dunning_proof WHERE sequence > 0") == 12
    state, answer = verify(place)
    assert (state, answer.splitlines()) == (
        "intact",
        [
            "All 12 proofs are as they were sealed, in their order, with their files.",
            "Not compared with any line kept outside: whether the last proofs were removed is not checked.",
        ],
    )
    state, answer = verify(place, f"On Monday:\n> {place.early}\n{place.line}")
    assert state == "intact"
    assert answer.endswith("It agrees with what you kept outside; lines compared: 2.")


def test_a_line_that_an_e_mail_program_has_broken_is_read(place):
    assert verify(place, "> " + place.line.replace(" ", "\n> "))[0] == "intact"


# === Fields === #


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_field_is_named(place, column):
    value, label = COLUMNS[column]
    tamper(place, change(column, value))
    assert find(place) == f"Proof 3 was changed: its {label} is not what was sealed."


@pytest.mark.parametrize("column", COLUMNS)
def test_a_field_changed_with_the_digests_over_it_is_found(place, column):
    tamper(place, change(column, COLUMNS[column][0]), ["seal_fields", 3])
    assert find(place) == REPLACED


@pytest.mark.parametrize("column", COLUMNS)
def test_a_field_changed_with_all_hashes_behind_it_is_found_by_a_line_kept_outside(place, column):
    tamper(place, change(column, COLUMNS[column][0]), ["seal_from", 3])
    told = {
        "delivery_uuid": "Proof 3 is tied to something else than was sealed: Delivery.",
        "is_test": "Proof 3 is tied to something else than was sealed: Test.",
        "external_ref": "Proof 3 is tied to something else than was sealed: Provider's Reference.",
        "notice_number": "Proof 3 is tied to something else than was sealed: Notice Number.",
        "letter_sha256": "Proof 3 is tied to something else than was sealed: SHA-256 of the Letter.",
        "content_sha256": "Proof 3 is tied to something else than was sealed: SHA-256 of What Left.",
        "addressee": "Proof 3 is tied to something else than was sealed: Addressee.",
        "size": "Proof 3: its file was changed. Restore it from a backup.",
        "sha256": "Proof 3: its file was changed. Restore it from a backup.",
    }
    rewritten = "Proof 12 or an earlier one was rewritten: what was kept outside has another hash for it."
    assert find(place, place.line) == told.get(column, rewritten)
    if column not in told:
        assert verify(place)[0] == "intact", "without a line nobody can tell"


@pytest.mark.parametrize("sequence", [1, 6, 12])
def test_a_changed_field_is_found_at_head_middle_and_tail(place, sequence):
    tamper(place, change("kind", "bounce", sequence))
    assert find(place) == f"Proof {sequence} was changed: its Kind is not what was sealed."


@pytest.mark.parametrize(
    ("sequence", "sentence"),
    [
        (1, REPLACED.replace("3", "1")),
        (6, REPLACED.replace("3", "6")),
        (12, "Proof 12 is the last one, and the chain notes another end: one of the two was changed."),
    ],
)
def test_a_record_that_was_sealed_anew_alone_is_found(place, sequence, sentence):
    tamper(place, change("event_time_raw", "1 January", sequence), ["seal_record", sequence])
    assert find(place) == sentence


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("salt", "0" * 64, "Proof 3 was changed: its Addressee is not what was sealed."),
        ("digests", "{}", "Proof 3 was changed: what seals its fields is not what was written."),
        ("digests", "7", "Proof 3 was changed: what seals its fields is not what was written."),
        ("digests", None, "Proof 3 was changed: what seals its fields is not what was written."),
        ("body", "0" * 64, "Proof 3 was changed: what seals it as a whole is not what was written."),
        ("body", None, "Proof 3 was changed: what seals it as a whole is not what was written."),
        ("previous_hash", "0" * 64, "Proof 3 was changed: it does not follow the proof before it."),
        ("record_hash", "0" * 64, REPLACED),
        ("record_hash", None, REPLACED),
        (
            "version",
            7,
            "Proof 3 was sealed in a way that is not known here: update the addon. If it is up to date, the proof "
            "was changed.",
        ),
        ("company_id", 999, "Proof 3 is tied to something else than was sealed: Company."),
    ],
)
def test_changed_hashes_and_places_are_found(place, column, value, sentence):
    tamper(place, ["sql", "SET session_replication_role = replica"], change(column, value))
    assert find(place) == sentence


def test_a_digest_that_is_no_text_is_found(place):
    tamper(
        place,
        ["sql", "UPDATE account_dunning_proof SET digests = jsonb_set(digests, '{note}', '1.5') WHERE sequence = 3"],
    )
    assert find(place) == "Proof 3 was changed: what seals its fields is not what was written."


def test_a_moment_without_end_is_found(place):
    tamper(place, change("event_time", "infinity"))
    assert find(place) == "Proof 3 was changed: its Happened is not what was sealed."


@pytest.mark.parametrize("moment", ["12000-01-01", "0001-01-01 BC"])
@pytest.mark.parametrize(("column", "name"), [("event_time", "Happened"), ("checked_at", "Checked")])
def test_a_moment_that_no_calendar_has_is_found(place, moment, column, name):
    tamper(place, change(column, moment))
    assert find(place) == f"Proof 3 was changed: its {name} is a day that no calendar has."


def test_of_two_changes_the_first_is_named_where_the_second_cannot_be_read(place):
    tamper(place, change("note", "other", 2), change("event_time", "12000-01-01"))
    assert find(place) == "Proof 2 was changed: its Note is not what was sealed."


# === Records === #

GONE = {
    "head": ((1,), "Proof 1 is missing: the next one that is there is 2."),
    "middle": ((5, 6), "Proof 5 is missing: the next one that is there is 7."),
    "tail": ((11, 12), "The end was cut off: the proofs 11 to 12 are missing."),
    "all": (range(1, 13), "The end was cut off: the proofs 1 to 12 are missing."),
}


@pytest.mark.parametrize("where", GONE)
def test_deleted_records_are_named(place, where):
    numbers, sentence = GONE[where]
    tamper(place, ["sql", "DELETE FROM account_dunning_proof WHERE sequence = ANY(%s)", list(numbers)])
    assert find(place) == sentence


def cut(place, first):
    tamper(place, ["sql", "DELETE FROM account_dunning_proof WHERE sequence >= %s", first], ["rewind"])


def test_a_tail_cut_with_the_end_rewound_is_found_by_a_line_kept_outside(place):
    cut(place, 11)
    assert verify(place)[0] == "intact", "without a line nobody can tell"
    assert verify(place, place.early)[0] == "intact", "nor with one that is older"
    assert find(place, place.line) == (
        "This is an older copy, or its end was cut off: what was kept outside knows proof 12, here proof 11 is "
        "missing already."
    )


def test_a_tail_cut_with_the_end_rewound_is_found_by_an_anchor(place):
    anchor(place, 12)
    cut(place, 12)
    assert find(place) == (
        "This is an older copy, or its end was cut off: what was kept outside knows proof 12, here proof 12 is "
        "missing already."
    )


def test_a_tail_cut_with_the_assignment_in_it_is_found_by_what_was_assigned(place):
    cut(place, 7)
    assert find(place) == "Proof 5 is tied to something else than was sealed: Delivery."


def anchor(place, sequence):
    place.rows(
        "INSERT INTO account_dunning_anchor (chain_id, way, sequence, record_hash, date)"
        " SELECT chain_id, 'mail', sequence, record_hash, now() FROM account_dunning_proof WHERE sequence = %s",
        sequence,
    )


def test_an_anchor_that_was_rewritten_too_does_not_outweigh_a_line_kept_outside(place):
    anchor(place, 12)
    tamper(
        place,
        change("kind", "refusal"),
        ["seal_from", 3],
        ["sql", "UPDATE account_dunning_anchor SET record_hash = chain.record_hash FROM account_dunning_chain chain"],
    )
    assert verify(place)[0] == "intact", "without a line nobody can tell"
    rewritten = "Proof 12 or an earlier one was rewritten: what was kept outside has another hash for it."
    assert find(place, place.line) == rewritten


def exchange(columns, one, other):
    """The values of two records; the places by way of a number that no index refuses."""
    if columns == ["sequence"]:
        return [change("sequence", -1, one), change("sequence", one, other), change("sequence", other, -1)]
    names = ", ".join(columns)
    pair = f"({names})" if len(columns) > 1 else names
    return [
        ["sql", "CREATE TEMPORARY TABLE both_rows AS SELECT * FROM account_dunning_proof WHERE sequence IN (%s, %s)",
         one, other],
        ["sql", "UPDATE account_dunning_proof SET previous_hash = NULL, uuid = id::text, delivery_uuid = id::text"
                " WHERE sequence IN (%s, %s)", one, other],
        *(
            ["sql", f"UPDATE account_dunning_proof SET {pair} = (SELECT {names} FROM both_rows WHERE sequence = %s),"
                    " previous_hash = (SELECT previous_hash FROM both_rows WHERE sequence = %s)"
                    " WHERE sequence = %s", source, target, target]
            for source, target in ((one, other), (other, one))
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [(3, 4), (4, 9), (1, 12), (11, 12)])
def test_exchanged_numbers_are_found(place, one, other):
    tamper(place, *exchange(["sequence"], one, other))
    assert find(place) == f"Proof {one} stands in another place than it was sealed in."


CONTENT = ["salt", "digests", "body", "attachment_id", "delivery_id", "notice_id", *COLUMNS]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (CONTENT, REPLACED),
        ([name for name in CONTENT if name != "body"], "Proof 3 was changed: what seals its fields is not what was "
                                                       "written."),
        ([*COLUMNS], "Proof 3 was changed: its Identifier is not what was sealed."),
    ],
)  # fmt: skip
def test_exchanged_records_are_found(place, columns, sentence):
    tamper(place, *exchange(columns, 3, 9))
    assert find(place) == sentence


COPIED = [*CONTENT, "company_id", "chain_id", "record_hash", "version"]


def forge(sequence, previous_hash="'-'"):
    names = ", ".join(name for name in COPIED if name not in ("uuid", "sha256", "kind"))
    columns = f"uuid, sha256, kind, sequence, previous_hash, {names}"
    values = f"'forged', 'forged', 'receipt', {sequence}, {previous_hash}, {names}"
    insert = f"INSERT INTO account_dunning_proof ({columns}) SELECT {values} FROM account_dunning_proof"
    return ["sql", f"{insert} WHERE sequence = 2"]


def test_a_forged_record_behind_the_end_is_found(place):
    tamper(place, forge(13))
    assert find(place) == "Proof 13 was changed: it does not follow the proof before it."


def test_a_forged_record_behind_the_end_that_follows_it_is_found(place):
    after = "(SELECT record_hash FROM account_dunning_chain)"
    tamper(
        place,
        forge(13, after),
        ["sql", "UPDATE account_dunning_proof SET sha256 = other.sha256, attachment_id = other.attachment_id, size ="
                " other.size, delivery_uuid = '', notice_number = '', letter_sha256 = '', external_ref = '', addressee"
                " = '', delivery_id = NULL, notice_id = NULL, source = 'record' FROM account_dunning_proof other WHERE"
                " other.sequence = 7 AND account_dunning_proof.sequence = 13"],
        ["seal_record", 13],
    )  # fmt: skip
    assert find(place) == "Proof 13 was added by something else: the chain ends with proof 12."


@pytest.mark.parametrize("number", ["NULL", "-5"])
def test_a_forged_record_without_a_place_is_found(place, number):
    tamper(place, forge(number))
    told = "1 proofs have no place of their own in the chain: they were moved, or added by something else."
    assert find(place) == told
    ask(place.worker, "seal_waiting")
    assert find(place) == told


def test_a_forged_record_in_a_place_that_is_taken_is_found(place):
    tamper(place, ["sql", "DROP INDEX account_dunning_proof_place_unique"], forge(6))
    try:
        assert find(place) in (
            "Proof 6 stands in another place than it was sealed in.",
            "Proof 6 was changed: it does not follow the proof before it.",
        )
    finally:
        place.kept.restore()
        place.rows("CREATE UNIQUE INDEX account_dunning_proof_place_unique ON account_dunning_proof"
                   " (chain_id, sequence) WHERE sequence > 0")  # fmt: skip


def test_a_record_moved_out_of_the_numbers_is_missing(place):
    tamper(place, change("sequence", -3))
    assert find(place) == "Proof 3 is missing: the next one that is there is 4."


def test_a_record_that_waits_for_its_seal_is_told(place):
    tamper(place, change("previous_hash", None, 12), change("sequence", 0, 12), ["rewind"])
    assert find(place) == "1 proofs wait to be sealed: let the collection job run, then verify again."


# === The chain itself === #


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("uuid = 'ffffffff-0000-4000-8000-000000000000'",
         "The number of the chain was changed: its proofs were sealed in another one."),
        ("record_hash = 'other'",
         "Proof 12 is the last one, and the chain notes another end: one of the two was changed."),
        ("sequence = 11", "Proof 12 was added by something else: the chain ends with proof 11."),
        ("sequence = 14", "The end was cut off: the proofs 13 to 14 are missing."),
        ("sequence = 0", "Proof 1 was added by something else: the chain ends with proof 0."),
        ("sequence = NULL", "Proof 1 was added by something else: the chain ends with proof 0."),
    ],
)  # fmt: skip
def test_a_changed_chain_is_found(place, setting, sentence):
    tamper(place, ["sql", f"UPDATE account_dunning_chain SET {setting}"])
    assert find(place) == sentence


def test_a_chain_replaced_by_another_is_told_when_the_line_is_pasted(place):
    tamper(
        place,
        ["sql", "UPDATE account_dunning_chain SET uuid = 'ffffffff-0000-4000-8000-000000000000'"],
        ["seal_from", 1],
    )
    assert verify(place)[0] == "intact", "without a line nobody can tell"
    result = place.worker.run("verify", **JOBS, outside=place.line)
    assert "all its proofs were replaced by others" in result["errors"][0]


def test_an_older_backup_is_found_by_a_line_kept_outside(place):
    database, worker, place.database = place.database, place.worker, place.older
    place.worker = place.start_worker()
    try:
        assert verify(place)[0] == "intact", "without a line nobody can tell"
        assert find(place, place.line) == (
            "This is an older copy, or its end was cut off: what was kept outside knows proof 12, here proof 8 is "
            "missing already."
        )
        ask(place.worker, "receive", files=[(0, "receipt", f"%PDF-1.4 new {number}", "new.pdf") for number in range(5)])
        rewritten = "Proof 12 or an earlier one was rewritten: what was kept outside has another hash for it."
        assert find(place, f"{place.early} {place.line}") == rewritten
    finally:
        place.database, place.worker = database, worker


# === Files === #


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (["write", "proof", 3, "%PDF-1.4 thr33"], "Proof 3: its file was changed. Restore it from a backup."),
        (["write", "proof", 3, ""], "Proof 3: its file is empty. Restore it from a backup."),
        (["remove", "proof", 3], "Proof 3: its file is missing. Restore it from a backup."),
        (["swap", "proof", 9, 3], "Proof 3: its file was changed. Restore it from a backup."),
        (["write", "letter", 9, "other"], "Proof 8: the letter that it is about was changed. Restore it from a "
                                          "backup."),
        (["write", "letter", 9, ""], "Proof 8: the letter that it is about was changed. Restore it from a backup."),
        (["remove", "letter", 9], "Proof 8: the letter that it is about is missing. Restore it from a backup."),
        (["swap", "letter", 9, 3], "Proof 1: the letter that it is about was changed. Restore it from a backup."),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_changed_file_is_found(place, step, sentence):
    tamper(place, step)
    assert find(place) == sentence


POINT = """
UPDATE ir_attachment SET store_fname = other.store_fname FROM ir_attachment other, account_dunning_proof proof
 WHERE ir_attachment.id = (SELECT attachment_id FROM account_dunning_proof WHERE sequence = 3)
   AND proof.sequence = 9 AND other.id = proof.attachment_id
"""
OF_THIRD = "WHERE id = (SELECT attachment_id FROM account_dunning_proof WHERE sequence = 3)"
CHANGED_FILE = "Proof 3: its file was changed. Restore it from a backup."
MISSING_FILE = "Proof 3: its file is missing. Restore it from a backup."
OTHER_FILE = "Proof 3 is tied to something else than was sealed: File."


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (POINT, CHANGED_FILE),
        ("UPDATE account_dunning_proof SET attachment_id = (SELECT attachment_id FROM account_dunning_proof"
         " WHERE sequence = 9) WHERE sequence = 3", CHANGED_FILE),
        ("UPDATE account_dunning_proof SET attachment_id = NULL WHERE sequence = 3", MISSING_FILE),
        (f"DELETE FROM ir_attachment {OF_THIRD}", MISSING_FILE),
        (f"UPDATE ir_attachment SET store_fname = NULL {OF_THIRD}", MISSING_FILE),
        (f"UPDATE ir_attachment SET store_fname = NULL, db_datas = 'other' {OF_THIRD}", CHANGED_FILE),
        (f"UPDATE ir_attachment SET type = 'url', url = 'https://elsewhere.example' {OF_THIRD}", OTHER_FILE),
        (f"UPDATE ir_attachment SET res_id = 7 {OF_THIRD}", OTHER_FILE),
        (f"UPDATE ir_attachment SET res_model = 'res.partner' {OF_THIRD}", OTHER_FILE),
    ],
)  # fmt: skip
def test_a_row_of_a_file_that_was_changed_is_found(place, statement, sentence):
    tamper(place, ["sql", "SET session_replication_role = replica"], ["sql", statement])
    assert find(place) == sentence


# === What it is tied to === #

TIED = "Proof {} is tied to something else than was sealed: {}."
THE_DELIVERY = "(SELECT delivery_id FROM account_dunning_proof WHERE sequence = {})"
THE_NOTICE = "(SELECT notice_id FROM account_dunning_proof WHERE sequence = {})"
DELIVERY = f"UPDATE account_dunning_delivery SET {{}} WHERE id = {THE_DELIVERY.format(3)}"
NOTICE = f"UPDATE account_dunning_notice SET {{}} WHERE id = {THE_NOTICE.format(3)}"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (f"UPDATE account_dunning_proof SET delivery_id = {THE_DELIVERY.format(9)} WHERE sequence = 3",
         TIED.format(3, "Delivery")),
        (f"UPDATE account_dunning_proof SET delivery_id = {THE_DELIVERY.format(9)}, notice_id = {THE_NOTICE.format(9)}"
         " WHERE sequence = 3", TIED.format(3, "Delivery")),
        ("UPDATE account_dunning_proof SET delivery_id = NULL WHERE sequence = 3", TIED.format(3, "Delivery")),
        (f"UPDATE account_dunning_proof SET notice_id = {THE_NOTICE.format(9)} WHERE sequence = 3",
         TIED.format(3, "Notice")),
        (f"UPDATE account_dunning_proof SET delivery_id = {THE_DELIVERY.format(9)}, notice_id = {THE_NOTICE.format(9)}"
         " WHERE sequence = 5", TIED.format(5, "Delivery")),
        ("UPDATE account_dunning_proof SET delivery_id = NULL, notice_id = NULL WHERE sequence = 5",
         TIED.format(5, "Delivery")),
        (f"DELETE FROM account_dunning_delivery WHERE id = {THE_DELIVERY.format(3)}", TIED.format(1, "Delivery")),
        (f"DELETE FROM account_dunning_notice WHERE id = {THE_NOTICE.format(3)}", TIED.format(1, "Notice Number")),
        (DELIVERY.format("uuid = 'other'"), TIED.format(1, "Delivery")),
        (DELIVERY.format("external_ref = 'REF-9'"), TIED.format(1, "Provider's Reference")),
        (DELIVERY.format("is_test = TRUE"), TIED.format(1, "Test")),
        (DELIVERY.format(f"notice_id = {THE_NOTICE.format(9)}, \"leading\" = FALSE"), TIED.format(1, "Notice")),
        (NOTICE.format("name = 'other'"), TIED.format(1, "Notice Number")),
        (NOTICE.format("document_sha256 = 'other'"), TIED.format(1, "SHA-256 of the Letter")),
        (NOTICE.format("addressee = 'Somebody else'"), TIED.format(1, "Addressee")),
        (NOTICE.format("document_id = NULL"),
         "Proof 1: the letter that it is about is missing. Restore it from a backup."),
        (NOTICE.format("document_id = (SELECT document_id FROM account_dunning_notice WHERE id = "
                       f"{THE_NOTICE.format(9)})"),
         "Proof 1: the letter that it is about was changed. Restore it from a backup."),
    ],
)  # fmt: skip
def test_what_was_tied_elsewhere_is_found(place, statement, sentence):
    tamper(place, ["sql", "SET session_replication_role = replica"], ["sql", statement])
    assert find(place) == sentence


# === Erasures === #


def test_an_erasure_that_no_record_tells_is_found(place):
    tamper(place, change("is_erased", True))
    assert find(place) == "Proof 3 was erased without a record of who did it."


def test_an_erasure_by_hand_with_all_that_it_removes_is_found(place):
    columns = "is_erased = TRUE, addressee = NULL, file_name = NULL, salt = NULL, attachment_id = NULL"
    tamper(place, ["sql", f"UPDATE account_dunning_proof SET {columns} WHERE sequence = 3"], ["remove", "proof", 4])
    assert find(place) == "Proof 4: its file is missing. Restore it from a backup."
    place.kept.restore()
    tamper(place, ["sql", f"UPDATE account_dunning_proof SET {columns} WHERE sequence = 3"])
    assert find(place) == "Proof 3 was erased without a record of who did it."
