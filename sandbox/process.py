"""The service as a process of its own, and its control routes as methods: for tests and demonstrations."""

import base64
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from .store import read_log

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "test-token"
LONGEST_START = 30  # seconds


class Control:
    """What can be set at a service that serves at `address`."""

    def __init__(self, address, token):
        self.address, self.token = address, token

    def request(self, method, path, **body):
        """Its JSON answer."""
        request = urllib.request.Request(
            f"{self.address}/{path}",
            json.dumps(body).encode() if body else None,
            {"Authorization": f"Bearer {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def read_root(self):
        """The root certificate of its seal as PEM, in base64."""
        with urllib.request.urlopen(f"{self.address}/root.pem", timeout=10) as answer:
            return base64.b64encode(answer.read())

    def advance(self, **amount):
        return self.request("POST", "control/clock", advance=amount)

    def set_clock(self, moment):
        """`moment`: ISO 8601; without an offset it is UTC."""
        return self.request("POST", "control/clock", set=moment)

    def let(self, whom, does, after_hours=1):
        """What the recipient of a reference or an e-mail address will do, or "*" everybody."""
        self.request("POST", "control/recipients", whom=whom, does=does, after_hours=after_hours)

    def fail(self, name, call="*", times=1, **more):
        self.request("POST", "control/faults", name=name, call=call, times=times, **more)

    def heal(self):
        self.request("DELETE", "control/faults")

    def tell(self, mode, **more):
        """How webhooks are sent: once, twice, late, out_of_order or off."""
        self.request("POST", "control/webhooks", mode=mode, **more)

    def delay_proofs(self, minutes):
        self.request("POST", "control/proofs", delay_minutes=minutes)


class Process(Control):
    """`python -m sandbox` in `folder`; after a kill, `start` takes the same folder and port up again."""

    def __init__(self, folder, token=TOKEN):
        self.folder, self.port = Path(folder), 0
        super().__init__("", token)

    def start(self):
        ready = self.folder / "port"
        self.folder.mkdir(parents=True, exist_ok=True)
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "--folder", self.folder, "--port-file", ready]
        command += ["--port", self.port, "--token", self.token]
        self.process = subprocess.Popen([str(part) for part in command], cwd=ROOT)
        deadline = time.monotonic() + LONGEST_START
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The sandbox did not start")
            time.sleep(0.02)
        self.port = int(ready.read_text())
        self.address = f"http://127.0.0.1:{self.port}"
        return self

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()

    def read_log(self):
        return read_log(self.folder)
