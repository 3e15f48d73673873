"""The process: it serves until it is ended, and loses nothing when it is killed."""

import argparse
import signal
import threading
from pathlib import Path

from .clock import Clock
from .post_office import PostOffice
from .seal import Seal
from .service import Service
from .store import Store
from .webhooks import Webhooks


def main():
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 for a free one, which --port-file tells")
    parser.add_argument("--folder", required=True, help="all that it keeps: letters, log, token, seal")
    parser.add_argument("--token", help="the token that it asks for; else one is made and kept in the folder")
    parser.add_argument("--port-file", help="the port is written here once it serves")
    options = parser.parse_args()
    service = make_service(options.folder, options.port, options.token)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: threading.Thread(target=service.shutdown).start())
    if options.port_file:
        write_port(Path(options.port_file), service.server_port)
    service.serve_forever(poll_interval=0.05)


def make_service(folder, port=0, token=None):
    """A service that listens on this machine and tells its webhooks; `serve_forever` makes it answer."""
    store = Store(folder)
    office = PostOffice(store, get_seal(store))
    service = Service(("127.0.0.1", port), office, token or store.get_token())
    Webhooks(office).start()
    return service


def get_seal(store):
    """The seal of this folder, made the first time."""
    folder = store.folder / "seal"
    if folder.exists():
        return Seal.load(folder)
    making = store.folder / "seal.new"
    making.mkdir(exist_ok=True)
    seal = Seal.make(Clock(store.settings).now())
    seal.save(making)
    making.rename(folder)
    return seal


def write_port(path, port):
    new = path.with_suffix(".new")
    new.write_text(str(port))
    new.rename(path)


if __name__ == "__main__":
    main()
