"""The dossier that is handed to a lawyer: one ZIP that anybody can check, with the same bytes for the same data.

Its files are stored, not compressed, in the order in which they were added, dated 1980-01-01, with plain names. The
sums of all files stand in ``SHA256SUMS``, the pieces in ``manifest.json``, the chain of proofs from its first record to
its end in ``chain.jsonl``: of records that are not of this dossier only the place and the digest of what they say.
"""

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from . import chain
from .verify_dossier import (
    ANCHORS,
    FORMAT,
    MANIFEST,
    PIECES,
    PROGRAM,
    RECORDS,
    RULES,
    SUMS,
    VERSION,
    write_directory,
    write_entry,
    write_sums,
)

LARGEST, MOST = 1 << 32, 1 << 16  # what a ZIP without its extension can hold: bytes, files
LONGEST_NAME = 60


class TooLarge(ValueError):  # noqa: N818 - it is about what was asked for
    """More than one ZIP can hold."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the dossier; `record` its place in the chain, `recorded_sha256` what was noted when it was stored."""

    number: int
    path: str
    title: str
    date: str = ""
    record: int = 0
    recorded_sha256: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """A piece as it went in."""

    piece: Piece
    size: int
    sha256: str

    @property
    def is_changed(self):
        return self.piece.recorded_sha256 not in ("", self.sha256)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a complete dossier would have, and what can be done; `sha256` where a file is gone that had one."""

    title: str
    remedy: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An RFC 3161 time-stamp over the hash of a record."""

    sequence: int
    record_hash: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of a company as far as it goes; `anchors` are heads that were told outside."""

    uuid: str
    records: Iterable
    head: chain.Head
    anchors: tuple = ()
    tokens: tuple = ()


def get_path(number, title, ending="pdf"):
    """Plain letters only: every system unpacks such a name as it is.

    >>> get_path(7, "Mise en demeure RL/2026/0012 du 3 mars", "pdf")
    'pieces/007_Mise-en-demeure-RL-2026-0012-du-3-mars.pdf'
    >>> get_path(8, "Ελλάδα", ".EML"), get_path(9, "../../etc/passwd", "")
    ('pieces/008.eml', 'pieces/009_etc-passwd')
    """
    words = [f"{number:03d}", _get_plain(title)[:LONGEST_NAME].strip("-")]
    ending = _get_plain(ending).lower()[:8]
    return PIECES + "_".join(filter(None, words)) + (f".{ending}" if ending else "")


def _get_plain(text):
    ascii_text = unicodedata.normalize("NFKD", text.replace("’", " ")).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_text).strip("-")


class Dossier:
    """A dossier being written to `output`, a binary file; each file is in memory only while it is added."""

    def __init__(self, output):
        self.output = output
        self.entries, self.sums, self.pieces = [], {}, []
        self.size = 0

    def add_piece(self, piece: Piece, content: bytes) -> Added:
        added = Added(piece, len(content), self._add(piece.path, content))
        self.pieces.append(added)
        return added

    def finish(self, facts: Mapping, missing: Iterable, proofs: Chain | None, programs: Mapping, texts: Mapping):
        """Everything behind the pieces; the SHA-256 of SHA256SUMS, by which the whole is told from any other.

        `facts` describe the dossier in the manifest; `programs` are the texts of chain.py and verify.py, `texts`
        {name: bytes} further files at the top.
        """
        tokens = self._add_chain(proofs) if proofs else []
        for name, content in {**texts, **{name: programs[name] for name in (RULES, PROGRAM)}}.items():
            self._add(name, content)
        manifest = {
            **facts,
            "format": FORMAT,
            "version": VERSION,
            "chain": proofs and self._describe(proofs),
            "tokens": tokens,
            "pieces": [{**asdict(one.piece), "size": one.size, "sha256": one.sha256} for one in self.pieces],
            "missing": [asdict(one) for one in missing],
        }
        self._add(MANIFEST, chain.canonical(manifest) + b"\n")
        sums = write_sums(self.sums)
        self._add(SUMS, sums)
        self._write(write_directory(self.entries))
        return hashlib.sha256(sums).hexdigest()

    def _describe(self, proofs):
        return {"uuid": proofs.uuid, "first": 1, "last": proofs.head.sequence, "head": proofs.head.record_hash}

    def _add_chain(self, proofs):
        """The records, the lines kept outside and the time-stamps; what the manifest says of the latter."""
        lines = (chain.write_record(record) + "\n" for record in proofs.records)
        self._add(RECORDS, "".join(lines).encode())
        heads = sorted({*proofs.anchors, proofs.head}, key=lambda head: (head.sequence, head.record_hash))
        anchors = "".join(chain.write_anchor(proofs.uuid, head) + "\n" for head in heads)
        self._add(f"{ANCHORS}heads.txt", anchors.encode())
        return [self._add_token(number, token) for number, token in enumerate(proofs.tokens, 1)]

    def _add_token(self, number, token):
        name = f"{ANCHORS}{number:03d}_record-{token.sequence}.tsr"
        self._add(name, token.content)
        return {"path": name, "sequence": token.sequence, "record_hash": token.record_hash}

    def _add(self, name, content):
        if name in self.sums:
            raise ValueError(f"{name} is in the dossier already")
        crc, sha256 = zlib.crc32(content), hashlib.sha256(content).hexdigest()
        if len(self.entries) + 1 >= MOST or self.size + len(content) >= LARGEST - (1 << 24):
            raise TooLarge(name)
        self._write(write_entry(name, len(content), crc))
        self._write(content)
        self.entries.append((name, len(content), crc))
        self.sums[name] = sha256
        return sha256

    def _write(self, content):
        self.output.write(content)
        self.size += len(content)


# === Whose records are shown === #


def find_shown(references: Iterable, deliveries: Iterable) -> set:
    """The UUIDs of the records that say something of these deliveries; `references` are (uuid, delivery, refers_to).

    With each go the one that it refers to (a file that came without its delivery) and those that refer to it (an
    erasure). A record of any other delivery is never shown.
    """
    references, deliveries = list(references), set(deliveries)
    own = {uuid for uuid, delivery, _target in references if delivery in deliveries}
    allowed = own | {uuid for uuid, delivery, _target in references if not delivery}
    targets = {uuid: target for uuid, _delivery, target in references}
    behind = {}
    for uuid, target in targets.items():
        behind.setdefault(target, []).append(uuid)
    shown, todo = set(), list(own)
    while todo:
        uuid = todo.pop()
        if uuid in allowed and uuid not in shown:
            shown.add(uuid)
            todo += [*behind.get(uuid, ()), targets[uuid]]
    return shown


def withhold(record: chain.Record) -> chain.Record:
    """Its place in the chain and the digest of what it says, and nothing of that."""
    return replace(record, digests=None, values=None, salt="", is_erased=False, file=None)
