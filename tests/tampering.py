"""Somebody below Odoo, with SQL and the file system: tampering.py DATABASE FILESTORE, its steps as JSON on stdin.

None of the addon's code is imported: the hashes are computed here once more, as their documentation says.
"""

# ruff: noqa: S608  (statements are glued together as an attacker does)
import hashlib
import json
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

NOW_AND_THEN = ("event_time", "received_at")
EMPTY = {"is_test": False, "size": 0}  # of all others: ""
PERSONAL = ("addressee", "file_name", "note")
COLUMNS = {"delivery": "delivery_uuid", "notice": "notice_number"}
FIELDS = (
    *("uuid", "kind", "source", "is_test", "event_time", "event_time_raw", "received_at", "provider", "external_ref"),
    *("external_id", "delivery", "method", "notice", "letter_sha256", "content_sha256", "addressee", "file_name"),
    *("mimetype", "size", "sha256", "refers_to", "note"),
)
FILES = {
    "proof": "SELECT file.store_fname FROM ir_attachment file JOIN account_dunning_proof ON attachment_id = file.id",
    "letter": "SELECT file.store_fname FROM ir_attachment file JOIN account_dunning_notice notice"
    " ON notice.document_id = file.id JOIN account_dunning_proof proof ON proof.notice_id = notice.id",
}


def main():
    database, filestore = sys.argv[1:]
    with closing(psycopg2.connect(dbname=database)) as connection, connection, connection.cursor() as cursor:
        attacker = Attacker(cursor, Path(filestore))
        for name, *arguments in json.load(sys.stdin):
            getattr(attacker, name)(*arguments)


class Attacker:
    def __init__(self, cursor, filestore):
        self.cursor, self.filestore = cursor, filestore

    def sql(self, statement, *values):
        self.cursor.execute(statement, values or None)
        return self.cursor.fetchall() if self.cursor.description else []

    # === Files === #

    def find(self, what, sequence):
        [(name,)] = self.sql(f"{FILES[what]} WHERE sequence = %s", sequence)
        return self.filestore / name

    def write(self, what, sequence, content):
        self.find(what, sequence).write_text(content)

    def remove(self, what, sequence):
        self.find(what, sequence).unlink()

    def swap(self, what, one, other):
        one, other = self.find(what, one), self.find(what, other)
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)

    # === Hashes === #

    def seal_fields(self, sequence):
        """Digests and body of one record, to fit what it says now."""
        names = [COLUMNS.get(name, name) for name in FIELDS]
        [(salt, *row)] = self.sql(
            f"SELECT salt, {', '.join(names)} FROM account_dunning_proof WHERE sequence = %s", sequence
        )
        digests = {
            name: get_hash(["account_dunning field", name, write(name, value), *([salt] if name in PERSONAL else [])])
            for name, value in zip(FIELDS, row, strict=True)
        }
        self.sql(
            "UPDATE account_dunning_proof SET digests = %s, body = %s WHERE sequence = %s",
            json.dumps(digests),
            get_hash(digests),
            sequence,
        )

    def seal_record(self, sequence):
        """And its hash."""
        self.seal_fields(sequence)
        chain = self.sql("SELECT uuid FROM account_dunning_chain")[0][0]
        [(body, before)] = self.sql(
            "SELECT body, previous_hash FROM account_dunning_proof WHERE sequence = %s", sequence
        )
        record_hash = get_hash(["account_dunning proof", 1, chain, sequence, before, body])
        self.sql("UPDATE account_dunning_proof SET record_hash = %s WHERE sequence = %s", record_hash, sequence)
        return record_hash

    def seal_from(self, sequence):
        """And all that follow, and the end that the chain notes."""
        [(last,)] = self.sql("SELECT MAX(sequence) FROM account_dunning_proof")
        for number in range(sequence, last + 1):
            self.sql("UPDATE account_dunning_proof SET previous_hash = %s WHERE sequence = %s", "-", number)
            before = self.sql("SELECT record_hash FROM account_dunning_proof WHERE sequence = %s", number - 1)
            [(chain,)] = self.sql("SELECT uuid FROM account_dunning_chain")
            before = before[0][0] if before else get_hash(["account_dunning chain", chain])
            self.sql("UPDATE account_dunning_proof SET previous_hash = %s WHERE sequence = %s", before, number)
            self.seal_record(number)
        self.rewind()

    def rewind(self):
        """The chain notes as its end what is there."""
        self.sql(
            "UPDATE account_dunning_chain chain SET sequence = proof.sequence, record_hash = proof.record_hash"
            " FROM account_dunning_proof proof WHERE proof.sequence = (SELECT MAX(sequence) FROM account_dunning_proof)"
        )


def write(name, value):
    if name in NOW_AND_THEN:
        return value and value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value or EMPTY.get(name, "")


def get_hash(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


if __name__ == "__main__":
    main()
