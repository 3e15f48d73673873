"""A real SMTP server that keeps every message: an .eml file each, and a journal of Message-IDs.

Started as a program by ./dev and by tests that kill the sender; used as a class by tests in one process.
"""

import argparse
import json
import signal
import socket
import threading
from datetime import datetime, timezone
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.controller import Controller


class Outbox:
    """aiosmtpd handler: files `NNNN.eml` and lines of `journal.jsonl` in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = len(list(self.folder.glob("*.eml")))

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{self.count:05d}.eml"
        (self.folder / name).write_bytes(envelope.original_content)
        self._note(name, envelope)
        return "250 Message accepted for delivery"

    def _note(self, name, envelope):
        message = BytesHeaderParser().parsebytes(envelope.original_content.partition(b"\r\n\r\n")[0])
        line = {
            "file": name,
            "message_id": (message["Message-ID"] or "").strip(),
            "to": envelope.rcpt_tos,
            "received_at": datetime.now(timezone.utc).isoformat(),
        }
        with (self.folder / "journal.jsonl").open("a") as journal:
            journal.write(json.dumps(line) + "\n")
            journal.flush()


def start(folder):
    """A started controller on a free port of this machine; `controller.port` tells which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Outbox(folder), hostname="127.0.0.1", port=port)
    controller.start()
    return controller


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outbox", required=True)
    parser.add_argument("--port-file", required=True)
    options = parser.parse_args()
    controller = start(options.outbox)
    port_file = Path(options.port_file)
    port_file.with_suffix(".new").write_text(str(controller.port))
    port_file.with_suffix(".new").rename(port_file)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_args: ended.set())
    signal.signal(signal.SIGINT, lambda *_args: ended.set())
    ended.wait()
    controller.stop()


if __name__ == "__main__":
    main()
