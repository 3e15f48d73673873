"""What the service has taken, in one folder: an SQLite file, the log, the token and the seal. A kill loses nothing."""

import json
import secrets
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, reference TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, document_name TEXT NOT NULL, document BLOB NOT NULL, sha256 TEXT NOT NULL,
    enclosures TEXT NOT NULL, taken_at TEXT NOT NULL, does TEXT NOT NULL, after_hours REAL, callback TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS letter_reference ON letter (reference);
CREATE TABLE IF NOT EXISTS proof (id TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS told (letter TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (letter, state));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
FACTS = "number, id, reference, sender, recipient, document_name, sha256, taken_at, does, after_hours, callback"
COLUMNS = "id, reference, sender, recipient, document_name, document, sha256, enclosures, taken_at, does, after_hours"


class Store:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(self.folder / "sandbox.sqlite", check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        with self.lock, self.connection:
            self.connection.executescript(f"PRAGMA journal_mode = WAL; {TABLES}")
        self.settings = Settings(self)
        self.log_path = self.folder / "log.jsonl"
        self._complete_log()

    def query(self, statement, *values):
        with self.lock:
            return self.connection.execute(statement, values).fetchall()

    def execute(self, statement, *values):
        with self.lock, self.connection:
            return self.connection.execute(statement, values).rowcount

    # === Letters === #

    def take(self, letter):
        """Keep `letter`, a dictionary of its columns without number and id; its id. Committed, then logged."""
        with self.lock:
            with self.connection:
                number = self.query("SELECT COALESCE(MAX(number), 0) + 1 FROM letter")[0][0]
                values = {**letter, "id": f"SBX-{number:07d}", "taken_at": letter["taken_at"].isoformat()}
                for name in ("sender", "recipient", "enclosures"):
                    values[name] = json.dumps(letter[name])
                names = [*COLUMNS.split(", "), "callback"]
                marks = ", ".join("?" * len(names))
                self.connection.execute(
                    f"INSERT INTO letter ({', '.join(names)}) VALUES ({marks})",  # noqa: S608  (our own names)
                    [values[name] for name in names],
                )
            self._log(values)
        return values["id"]

    def find(self, **where):
        ((name, value),) = where.items()
        condition = {"id": "id = ?", "reference": "reference = ?", "after": "number > ?"}[name]
        rows = self.query(f"SELECT {FACTS} FROM letter WHERE {condition} ORDER BY number", value)  # noqa: S608
        return [self._read(row) for row in rows]

    def _read(self, row):
        letter = dict(row)
        letter["taken_at"] = datetime.fromisoformat(letter["taken_at"])
        letter["sender"], letter["recipient"] = json.loads(letter["sender"]), json.loads(letter["recipient"])
        return letter

    def get_document(self, letter_id):
        return self.query("SELECT document FROM letter WHERE id = ?", letter_id)[0][0]

    # === The log === #

    def _log(self, letter):
        line = {name: letter[name] for name in ("id", "reference", "sha256", "taken_at")}
        line["recipient"] = json.loads(letter["recipient"]).get("email", "")
        with self.log_path.open("a") as log:
            log.write(json.dumps(line) + "\n")

    def read_log(self):
        return read_log(self.folder)

    def _complete_log(self):
        """A kill between the two leaves a letter without its line, or half a line."""
        logged = {line["id"] for line in self.read_log()}
        if self.log_path.exists() and not self.log_path.read_bytes().endswith(b"\n"):
            with self.log_path.open("a") as log:
                log.write("\n")
        for row in self.query(f"SELECT {FACTS} FROM letter ORDER BY number"):  # noqa: S608
            if row["id"] not in logged:
                self._log(dict(row))

    # === Proofs and what was told === #

    def keep_proof(self, proof_id, make):
        """The stored bytes, made by `make` the first time."""
        with self.lock:
            found = self.query("SELECT content FROM proof WHERE id = ?", proof_id)
            if not found:
                self.execute("INSERT INTO proof (id, content) VALUES (?, ?)", proof_id, make())
                found = self.query("SELECT content FROM proof WHERE id = ?", proof_id)
        return found[0][0]

    def was_told(self, letter_id, state):
        return bool(self.query("SELECT 1 FROM told WHERE letter = ? AND state = ?", letter_id, state))

    def note_told(self, letter_id, state):
        self.execute("INSERT OR IGNORE INTO told (letter, state) VALUES (?, ?)", letter_id, state)

    def get_token(self):
        path = self.folder / "token"
        if not path.exists():
            path.write_text(secrets.token_urlsafe(24))
            path.chmod(0o600)
        return path.read_text().strip()


class Settings:
    """A mapping that lasts: the clock's offset, the switches, what recipients do, how webhooks are sent."""

    def __init__(self, store):
        self.store = store

    def get(self, name, default=None):
        found = self.store.query("SELECT value FROM setting WHERE name = ?", name)
        return json.loads(found[0][0]) if found else default

    def __setitem__(self, name, value):
        self.store.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, json.dumps(value))


def read_log(folder):
    """What the service in this folder took, a dictionary a letter, oldest first; half a line is left out."""
    path = Path(folder) / "log.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]
