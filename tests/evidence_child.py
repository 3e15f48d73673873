"""Reads one file in a process of its own and prints, as JSON, what came of it and what it took."""

import json
import re
import resource
import sys
import time
from pathlib import Path

from odoo.addons.account_dunning.evidence import ParseProblem, read

LIMIT = 1024**3  # address space: far above what is asserted, so that the test sees a figure and not a crash


def main(path, *roots):
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    content, roots = Path(path).read_bytes(), [Path(root).read_bytes() for root in roots]
    started = time.process_time()
    found = read(content, roots)
    seconds = time.process_time() - started
    peak = get_peak()
    result = found.code if isinstance(found, ParseProblem) else found.seal_state
    print(json.dumps({"result": result, "seconds": seconds, "megabytes": peak}))  # noqa: T201


def get_peak():
    """Megabytes. Where there is no /proc, getrusage: it may count what the parent held when it forked."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(re.search(r"VmHWM:\s*(\d+) kB", status).group(1)) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
