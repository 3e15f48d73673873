"""Every change of a chain is found, at its place, and named; what is erased or withheld breaks nothing."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core import chain as c

CHAIN = "0f0e0d0c-0000-4000-8000-000000000001"
CONTENT = b"%PDF-1.7 a receipt"


def values(number, **changed):
    plain = dict.fromkeys(c.SEALED[c.VERSION], "")
    content = CONTENT + str(number).encode()
    return {
        **plain,
        "uuid": f"proof-{number}",
        "kind": "receipt",
        "is_test": False,
        "event_time": "2026-03-03T14:05:00Z",
        "received_at": "2026-03-03T14:06:00Z",
        "addressee": f"Client {number}\n13002 Marseille",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **changed,
    }


def found(record):
    """As it is read again, the file included."""
    content = CONTENT + record.values["uuid"].removeprefix("proof-").encode()
    file = c.StoredFile(len(content), hashlib.sha256(content).hexdigest()) if record.values["sha256"] else None
    return replace(record, file=file)


def make(count, **changed_of_last):
    head, records = c.Head(0, c.origin(CHAIN)), []
    for number in range(1, count + 1):
        changed = changed_of_last if number == count else {}
        record = c.seal(CHAIN, head, values(number, **changed), salt=f"{number:064x}")
        records.append(found(record))
        head = head_of(record)
    return records


def head_of(record):
    return c.Head(record.sequence, record.record_hash)


def verify(records, head=None, anchors=()):
    return c.verify(CHAIN, records, head, anchors)


def test_a_chain_that_nobody_touched_is_intact():
    records = make(5)
    assert verify(records, head_of(records[-1]), [head_of(records[2])]) is None
    assert verify([], c.Head(0, c.origin(CHAIN))) is None


@pytest.mark.parametrize("name", c.SEALED[c.VERSION])
@pytest.mark.parametrize("place", [0, 2, 4], ids=["head", "middle", "tail"])
def test_a_changed_field_is_named(name, place):
    records = make(5)
    old = records[place].values[name]
    changed = {**records[place].values, name: not old if isinstance(old, bool) else "999"}
    records[place] = replace(records[place], values=changed)
    assert verify(records) == c.Finding(c.CHANGED, place + 1, name)


@pytest.mark.parametrize("name", ["previous_hash", "record_hash", "body", "salt", "version"])
def test_a_changed_hash_is_found_where_it_is(name):
    records = make(3)
    other = 7 if name == "version" else "0" * 64
    records[1] = replace(records[1], **{name: other})
    finding = verify(records)
    assert finding.sequence == 2
    expected = {"version": c.UNKNOWN_VERSION}.get(name, c.CHANGED)
    assert finding.kind == expected


def test_a_change_covered_by_new_digests_is_found_by_the_hash():
    records = make(3)
    changed = {**records[1].values, "kind": "refusal"}
    digests = c.digest_values(changed, records[1].salt)
    records[1] = replace(records[1], values=changed, digests=digests, body=c.fold(digests))
    assert verify(records) == c.Finding(c.CHANGED, 2, "record_hash")


def test_a_chain_written_anew_from_a_record_on_is_found_by_an_anchor_only():
    records = make(5)
    anchor = head_of(records[3])
    forged = make(4, kind="refusal")
    last = c.seal(CHAIN, head_of(forged[-1]), values(5), "0" * 64)
    forged.append(found(last))
    assert verify(forged, head_of(forged[-1])) is None
    assert verify(forged, head_of(forged[-1]), [anchor]) == c.Finding(c.REWRITTEN, 4)


def test_a_missing_record_leaves_a_gap():
    records = make(5)
    assert verify([*records[:1], *records[3:]]) == c.Finding(c.GAP, 2, facts={"next": 4})
    assert verify(records[1:]).kind == c.GAP


def test_exchanged_records_are_reordered():
    records = make(5)
    records[1], records[3] = replace(records[3], sequence=2), replace(records[1], sequence=4)
    assert verify(records) == c.Finding(c.REORDERED, 2)


def test_a_cut_tail_is_found_by_the_head():
    records = make(5)
    assert verify(records[:3], head_of(records[4])) == c.Finding(c.TAIL_CUT, 4, facts={"head": 5})


def test_an_older_copy_is_found_by_an_anchor():
    records = make(5)
    older = records[:3]
    finding = verify(older, head_of(older[-1]), [head_of(records[4])])
    assert finding == c.Finding(c.OLDER_COPY, 4, facts={"anchor": 5})


def test_a_record_behind_the_head_is_found():
    records = make(5)
    assert verify(records, head_of(records[3])).kind == c.UNKNOWN_HEAD


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (c.StoredFile(None), c.FILE_MISSING),
        (c.StoredFile(0, hashlib.sha256(b"").hexdigest()), c.FILE_EMPTY),
        (c.StoredFile(19, "0" * 64), c.FILE_CHANGED),
    ],
)
def test_a_file_that_is_not_as_it_was_is_named(file, kind):
    records = make(3)
    records[1] = replace(records[1], file=file)
    assert verify(records) == c.Finding(kind, 2)


def test_exchanged_files_are_found():
    records = make(3)
    records[0], records[1] = replace(records[0], file=records[1].file), replace(records[1], file=records[0].file)
    assert verify(records) == c.Finding(c.FILE_CHANGED, 1)


def erase(record):
    gone = {name: "" if name in c.PERSONAL else value for name, value in record.values.items()}
    return replace(record, values=gone, salt="", is_erased=True, file=c.StoredFile(None))


def test_an_erasure_that_is_a_record_leaves_the_chain_whole():
    records = make(4, kind=c.ERASURE, refers_to="proof-2", sha256="", size=0)
    records[1] = erase(records[1])
    assert verify(records, head_of(records[-1])) is None


def test_an_erasure_without_a_record_is_a_finding():
    records = make(4)
    records[1] = erase(records[1])
    assert verify(records) == c.Finding(c.ERASED_WITHOUT_RECORD, 2)


def test_an_erased_record_still_has_all_that_is_not_personal():
    records = make(4, kind=c.ERASURE, refers_to="proof-2", sha256="", size=0)
    gone = erase(records[1])
    records[1] = replace(gone, values={**gone.values, "event_time": "2026-03-04T00:00:00Z"})
    assert verify(records) == c.Finding(c.CHANGED, 2, "event_time")


def withhold(record):
    return replace(record, values=None, digests=None, salt="", file=None)


def test_a_withheld_record_proves_its_place():
    records = [withhold(record) if record.sequence % 2 else record for record in make(6)]
    assert verify(records, head_of(records[-1])) is None
    records[2] = replace(records[2], body="0" * 64)
    assert verify(records) == c.Finding(c.CHANGED, 3, "record_hash")


def test_digests_of_personal_fields_tell_nothing_without_the_salt():
    one, two = (c.digest_values(values(1), salt) for salt in ("a", "b"))
    assert {name for name in one if one[name] != two[name]} == c.PERSONAL


@pytest.mark.parametrize("value", [1.5, {"a": 2.0}, ["x", b"y"], {1: object()}])
def test_what_has_several_ways_to_be_written_is_not_sealed(value):
    with pytest.raises(TypeError):
        c.canonical(value)


plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
trees = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(trees)
def test_the_canonical_form_is_read_back_as_it_was(value):
    import json

    assert json.loads(c.canonical(value)) == value
    assert c.canonical(value).isascii()


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_any_single_change_is_found(notes, data):
    head, records = c.Head(0, c.origin(CHAIN)), []
    for number, note in enumerate(notes, 1):
        record = c.seal(CHAIN, head, values(number, note=note), f"{number:064x}")
        records.append(found(record))
        head = head_of(record)
    place = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(c.SEALED[c.VERSION]))
    new = data.draw(st.text(max_size=20))
    same = records[place].values[name] == new
    records[place] = replace(records[place], values={**records[place].values, name: new})
    finding = verify(records, head)
    assert (finding is None) == same
    assert same or finding.sequence == place + 1


@given(st.integers(1, 6), st.data())
def test_a_record_is_read_back_from_its_line(count, data):
    record = make(count)[-1]
    record = data.draw(st.sampled_from([record, withhold(record), erase(record)]))
    assert c.read_record(c.write_record(record)) == replace(record, file=None)


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", '{"sequence": "1"}', "nothing"])
def test_a_line_that_is_no_record_is_refused(line):
    with pytest.raises(ValueError):
        c.read_record(line)


@pytest.mark.parametrize("name", ["digests", "values", "salt"])
def test_a_line_that_hides_a_part_of_its_content_is_refused(name):
    """Without its digests nothing would compare the values of a record."""
    line = c.write_record(make(1)[0])
    with pytest.raises(ValueError):
        c.read_record(line.replace(f'"{name}"', f'"{name.upper()}"'))


def test_a_line_that_says_two_things_is_refused():
    line = c.write_record(make(1)[0])
    with pytest.raises(ValueError):
        c.read_record(line.replace('"salt":', '"values":{"kind":"refusal"},"salt":'))
    with pytest.raises(ValueError):
        c.read_record(line + " ")


def test_values_without_digests_are_a_finding():
    record = replace(make(1)[0], digests=None)
    assert verify([record]) == c.Finding(c.CHANGED, 1, "digests")


def test_an_anchor_is_found_in_any_text():
    head = head_of(make(3)[-1])
    line = c.write_anchor(CHAIN, head)
    assert c.read_anchors(f"> On Monday you wrote:\n>> {line} .\nnothing") == [(CHAIN, head)]
    assert c.read_anchors("account_dunning chain nothing 3 abc") == []
