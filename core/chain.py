"""The chain of proofs: each record seals what was received, where it stands, and the record before it.

The hashes, all SHA-256 in lower-case hexadecimal over canonical JSON (keys sorted, no spaces, ASCII):

- of a field: ``["account_dunning field", name, value]``, personal ones with the record's salt behind it, so that
  removing value and salt leaves a digest that tells nothing and a chain that still holds;
- `body`: the object {field name: its digest};
- `record_hash`: ``["account_dunning proof", version, chain, sequence, previous_hash, body]``;
- before the first record: ``["account_dunning chain", chain]``, `chain` being its UUID.

A record whose content is withheld still proves its place by `body` alone. Values are strings, integers, booleans or
None; moments are written ``2026-03-03T14:05:00Z``. This file uses the standard library only and is handed out with
each dossier, to be run by Python 3.9 or later.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

VERSION = 1
SEALED = {
    1: (
        "uuid",
        "kind",
        "source",
        "is_test",
        "event_time",
        "event_time_raw",
        "received_at",
        "provider",
        "external_ref",
        "external_id",
        "delivery",
        "method",
        "notice",
        "letter_sha256",
        "content_sha256",
        "addressee",
        "file_name",
        "mimetype",
        "size",
        "sha256",
        "refers_to",
        "note",
    )
}
PERSONAL = frozenset(("addressee", "file_name", "note"))
ERASURE = "erasure"
# what of a chain can be changed beside the sealed fields: names in a Finding
PREVIOUS, RECORD = "previous_hash", "record_hash"
CHAIN, HEAD = "chain", "head"

# what can be wrong with a record
CHANGED = "changed"
UNKNOWN_VERSION = "unknown_version"
GAP = "gap"
REORDERED = "reordered"
FILE_MISSING = "file_missing"
FILE_EMPTY = "file_empty"
FILE_CHANGED = "file_changed"
ERASED_WITHOUT_RECORD = "erased_without_record"
# what can be wrong with its end
TAIL_CUT = "tail_cut"
UNKNOWN_HEAD = "unknown_head"
OLDER_COPY = "older_copy"
REWRITTEN = "rewritten"

# an e-mail program may have broken the line, and marked it as quoted
ANCHOR = re.compile(r"account_dunning[\s>]+chain[\s>]+([0-9a-f-]{36})[\s>]+([0-9]{1,12})[\s>]+([0-9a-f]{64})")


@dataclass(frozen=True)
class Head:
    """The last record at some moment: what an anchor keeps outside."""

    sequence: int
    record_hash: str


@dataclass(frozen=True)
class StoredFile:
    """The bytes of a record as they were found; `size` None: there are none."""

    size: int | None
    sha256: str = ""


@dataclass(frozen=True)
class Record:
    """One record as it was found; `digests` and `values` are None where its content is withheld."""

    sequence: int
    previous_hash: str
    record_hash: str
    body: str
    version: int = VERSION
    digests: Mapping | None = None
    values: Mapping | None = None
    salt: str = ""
    is_erased: bool = False
    file: StoredFile | None = None


@dataclass(frozen=True)
class Finding:
    """What is wrong, and with which record; `name` is the field, where it is one."""

    kind: str
    sequence: int
    name: str = ""
    facts: Mapping = field(default_factory=dict)


# === Sealing === #


def canonical(value) -> bytes:
    """The one way to write `value`; TypeError for what has several, such as a float."""
    _refuse_ambiguous(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _refuse_ambiguous(value):
    if isinstance(value, Mapping):
        parts = [*value, *value.values()]
    elif isinstance(value, (list, tuple)):
        parts = value
    elif value is None or isinstance(value, (str, int)):
        return
    else:
        raise TypeError(f"{type(value).__name__} cannot be sealed: write it as text")
    for part in parts:
        _refuse_ambiguous(part)


def sha256(value) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def origin(chain: str) -> str:
    """The hash that the first record of `chain` refers to."""
    return sha256(["account_dunning chain", chain])


def digest_values(values: Mapping, salt: str, version: int = VERSION) -> dict:
    """{field: digest} of all sealed fields; KeyError where `values` lacks one."""
    return {name: _digest(name, values[name], salt) for name in SEALED[version]}


def _digest(name, value, salt):
    return sha256(["account_dunning field", name, value, *([salt] if name in PERSONAL else [])])


def fold(digests: Mapping) -> str:
    """The digest of a record's whole content."""
    return sha256(dict(digests))


def link(chain: str, sequence: int, previous_hash: str, body: str, version: int = VERSION) -> str:
    """The hash of the record with `body` at this place of `chain`."""
    return sha256(["account_dunning proof", version, chain, sequence, previous_hash, body])


def seal(chain: str, head: Head, values: Mapping, salt: str) -> Record:
    """The record that follows `head`."""
    digests = digest_values(values, salt)
    body, sequence = fold(digests), head.sequence + 1
    record_hash = link(chain, sequence, head.record_hash, body)
    return Record(sequence, head.record_hash, record_hash, body, VERSION, digests, dict(values), salt)


# === Verifying === #


def verify(chain: str, records: Iterable[Record], head: Head | None = None, anchors: Iterable[Head] = ()):
    """The first Finding in the order of the chain, or None where all of it is intact.

    `records` by ascending sequence, from the first; `head` is what the software believes to be the last, `anchors`
    what was noted outside. Each record is read once.
    """
    walk, records, passed = Walk(chain, anchors), iter(records), set()
    for record in records:
        finding = walk.step(record)
        if finding:
            elsewhere = passed | {record.record_hash, *(following.record_hash for following in records)}
            return explain(finding, record, elsewhere.__contains__)
        passed.add(record.record_hash)
    return walk.end(head)


class Walk:
    """Along a chain, record by record; it can be taken up again from `last`, `erased` and `erasures`."""

    def __init__(self, chain: str, anchors: Iterable[Head] = (), last: Head | None = None, erased=(), erasures=()):
        self.chain, self.anchors = chain, {}
        for anchor in anchors:  # several of one place: none outweighs another
            self.anchors.setdefault(anchor.sequence, set()).add(anchor.record_hash)
        self.last = last or Head(0, origin(chain))
        self.erased, self.erasures = dict(erased), set(erasures)

    def step(self, record: Record):
        """The Finding of the next record, None where it is as it was sealed and stands where it stood."""
        finding = self._check_place(record) or self._check_content(record) or self._check_anchor(record)
        self.last = Head(record.sequence, record.record_hash)
        self._note_erasure(record)
        return finding

    def end(self, head: Head | None):
        """The Finding of a chain that ends too early, None where it ends with `head` and no anchor knows more."""
        return self._check_head(head) or self._check_later_anchors() or self._check_erasures()

    def _check_place(self, record):
        expected = self.last.sequence + 1
        if record.sequence > expected:
            return Finding(GAP, expected, facts={"next": record.sequence})
        if record.sequence < expected:
            return Finding(REORDERED, record.sequence)
        return None if record.previous_hash == self.last.record_hash else self._find_break(record)

    def _find_break(self, record):
        """Which of two records that do not follow each other was changed: the hash of the second tells."""
        place = (record.body, record.version)
        fits_itself = record.record_hash == link(self.chain, record.sequence, record.previous_hash, *place)
        fits_before = record.record_hash == link(self.chain, record.sequence, self.last.record_hash, *place)
        if self.last.sequence and fits_itself:
            return Finding(CHANGED, self.last.sequence, RECORD)
        if not (self.last.sequence or fits_itself or fits_before):
            return Finding(CHANGED, record.sequence, CHAIN)
        return Finding(CHANGED, record.sequence, PREVIOUS)

    def _check_content(self, record):
        if record.version not in SEALED:
            return Finding(UNKNOWN_VERSION, record.sequence, facts={"version": record.version})
        return self._check_body(record) or check_values(record) or self._check_hash(record) or check_file(record)

    def _check_body(self, record):
        """Where digests and body differ, the hash tells which of the two was changed."""
        if not has_digests(record):
            return None
        body = fold(record.digests)
        if body != record.body and self._link(record, body) == record.record_hash:
            return Finding(CHANGED, record.sequence, "body")
        return None

    def _check_hash(self, record):
        fits = self._link(record, record.body) == record.record_hash
        return None if fits else Finding(CHANGED, record.sequence, RECORD)

    def _link(self, record, body):
        return link(self.chain, record.sequence, record.previous_hash, body, record.version)

    def _check_anchor(self, record):
        if self.anchors.get(record.sequence, set()) - {record.record_hash}:
            return Finding(REWRITTEN, record.sequence)
        return None

    def _note_erasure(self, record):
        if not record.values:
            return
        if record.is_erased:
            self.erased[record.values["uuid"]] = record.sequence
        if record.values["kind"] == ERASURE:
            self.erasures.add(record.values["refers_to"])

    def _check_head(self, head):
        if head is None or head == self.last:
            return None
        if head.sequence == self.last.sequence:
            return Finding(CHANGED, head.sequence, HEAD)
        kind = TAIL_CUT if head.sequence > self.last.sequence else UNKNOWN_HEAD
        return Finding(kind, min(head.sequence, self.last.sequence) + 1, facts={"head": head.sequence})

    def _check_later_anchors(self):
        """The chain ends as its software says, and yet somebody outside has seen more of it."""
        latest = max(self.anchors, default=0)
        if latest > self.last.sequence:
            return Finding(OLDER_COPY, self.last.sequence + 1, facts={"anchor": latest})
        return None

    def _check_erasures(self):
        unexplained = [number for uuid, number in self.erased.items() if uuid not in self.erasures]
        return Finding(ERASED_WITHOUT_RECORD, min(unexplained)) if unexplained else None


def explain(finding: Finding, record: Record, is_elsewhere) -> Finding:
    """Where the record before `record` stands elsewhere in the chain, by its hash, the two were exchanged."""
    exchanged = finding.name in (PREVIOUS, CHAIN) and is_elsewhere(record.previous_hash)
    return Finding(REORDERED, record.sequence) if exchanged else finding


def has_digests(record: Record) -> bool:
    """Whether it has one digest for each sealed field, whatever they are."""
    if not isinstance(record.digests, Mapping) or set(record.digests) != set(SEALED[record.version]):
        return False
    return all(isinstance(digest, str) for digest in record.digests.values())


def check_values(record: Record):
    """The Finding of a field that is not what was sealed, None where all are or where they are withheld."""
    if record.digests is None and record.values is None:
        return None
    if record.digests is None or not has_digests(record) or fold(record.digests) != record.body:
        return Finding(CHANGED, record.sequence, "digests")
    if record.values is None:
        return None
    for name in SEALED[record.version]:
        gone = record.is_erased and name in PERSONAL
        if not gone and _digest(name, record.values.get(name), record.salt) != record.digests[name]:
            return Finding(CHANGED, record.sequence, name)
    return None


def check_file(record: Record):
    """The Finding of bytes that are not those that were sealed; nothing is known of a file that was not read."""
    if record.file is None or record.values is None or record.is_erased:
        return None
    if record.file.size is None:
        return Finding(FILE_MISSING, record.sequence)
    if record.file.size == 0 and record.values["size"]:
        return Finding(FILE_EMPTY, record.sequence)
    if (record.file.size, record.file.sha256) != (record.values["size"], record.values["sha256"]):
        return Finding(FILE_CHANGED, record.sequence)
    return None


# === Written down === #


def write_anchor(chain: str, head: Head) -> str:
    """The line that is kept outside: whoever has it knows later whether the chain was cut or rewritten."""
    return f"account_dunning chain {chain} {head.sequence} {head.record_hash}"


def read_anchors(text: str) -> list:
    """[(chain, Head)] of every such line in `text`, whatever stands around it."""
    return [(chain, Head(int(sequence), record_hash)) for chain, sequence, record_hash in ANCHOR.findall(text)]


def write_record(record: Record) -> str:
    """One line of `chain.jsonl`; the bytes stay outside."""
    place = {
        "version": record.version,
        "sequence": record.sequence,
        "previous_hash": record.previous_hash,
        "body": record.body,
        "record_hash": record.record_hash,
    }
    content = {}
    if record.values is not None:
        content = {"digests": dict(record.digests), "values": dict(record.values), "salt": record.salt}
        content |= {"is_erased": True} if record.is_erased else {}
    return canonical({**place, **content}).decode()


def read_record(line: str) -> Record:
    """The Record of one line; ValueError where it is none, or is not written in the one way there is."""
    found = json.loads(line)
    try:
        record = Record(
            sequence=_typed(found["sequence"], int),
            previous_hash=_typed(found["previous_hash"], str),
            record_hash=_typed(found["record_hash"], str),
            body=_typed(found["body"], str),
            version=_typed(found["version"], int),
            digests=_typed(found.get("digests"), (dict, type(None))),
            values=_typed(found.get("values"), (dict, type(None))),
            salt=_typed(found.get("salt", ""), str),
            is_erased=_typed(found.get("is_erased", False), bool),
        )
        written = write_record(record)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a record of the chain: {error}") from error
    if written != line:
        raise ValueError("not a record of the chain: it is written in another way")
    return record


def _typed(value, kind):
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is not {kind}")
    return value
