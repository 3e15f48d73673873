"""Measures the speed budgets on fresh copies of a made-up ledger: ./dev bench [--large]

10,000 overdue items of 2,000 customers, with --large also 100,000 of 20,000. Prints a table, then one JSON line
a figure (`name`, `value`, `unit`, `budget`; smaller is better). The exit code is 1 when a budget is missed, when
not every customer got his notice, or when a mail is missing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from databases import BENCH, prepare_all, scratch

REPEATS = 3
SLICES = 1_000_000
CUSTOMERS, ITEMS = {"small": 2000, "large": 20000}, {"small": 10000, "large": 100000}
BUDGETS = {  # name: (what it is, unit, budget; None: told only, or the measurement brings it)
    "decide": ("Decide and prepare 2,000 notices, 10,000 lines", "s", 2.0),
    "decide.queries": ("  queries of its costliest chunk", "queries", None),
    "decide.notices": ("  notices made", "notices", None),
    "decide.lines": ("  lines made", "lines", None),
    "issue": ("Issue a notice with its letter, batches of 100", "ms", 45.0),
    "issue.notices": ("  notices issued", "notices", None),
    "deliver": ("Deliver an e-mail, both commits included", "ms", 12.0),
    "deliver.mails": ("  mails that the server accepted", "mails", None),
    "letters.pdf": ("Print 500 letters as one PDF", "s", 60.0),
    "letters.zip": ("  as a ZIP", "s", 60.0),
    "letters.longest": ("  the longest call of the client", "s", 30.0),
    "letters.memory": ("  peak memory more than before", "MB", 200.0),
    "verify": ("Verify 10,000 proofs with files of 40 kB", "s", 60.0),
    "verify.longest": ("  the longest call of the client", "s", 30.0),
    "verify.memory": ("  peak memory of the process", "MB", 300.0),
    "read": ("Read all standings", "s", None),
    "read.paid": ("  with 200,000 paid items beside", "s", None),
    "read.ratio": ("  ratio of the two", "times", 1.1),
    "form.invoice": ("Invoice form: extra queries", "queries", 10),
    "list.invoices": ("List of 80 invoices: extra queries", "queries", 10),
    "list.cases": ("List of 80 cases: extra queries", "queries", 10),
    "interest": ("One million slices of late interest", "s", 10.0),
    "accruals": ("Interest of 10,000 invoices", "s", 2.0),
    "accruals.more": ("  queries more than for one", "queries", 0),
    "large.decide": ("Decide and prepare 20,000 notices, 100,000 lines", "s", None),
    "large.decide.queries": ("  queries of its costliest chunk", "queries", None),
    "large.decide.notices": ("  notices made", "notices", None),
    "large.decide.lines": ("  lines made", "lines", None),
    "large.ratio": ("  ratio to 10,000 items", "times", 11.0),
    "large.memory": ("  peak memory of the process", "MB", 700.0),
}


class BenchError(Exception):
    """What was measured is not the work that the figure stands for."""


def measure(*arguments):
    """The figures that one measurement, in a process of its own, writes as its last line."""
    ran = subprocess.run([sys.executable, str(BENCH / "measures.py"), *arguments], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise BenchError(f"the measurement {arguments[0]} failed")
    return json.loads(ran.stdout.splitlines()[-1])


def check(what, found, expected):
    if found != expected:
        raise BenchError(f"{found} {what} instead of {expected}")


# === The measurements === #


def measure_decide(database, size):
    with scratch(database) as name:
        figures = measure("decide", name)
    check("notices", figures["notices"], CUSTOMERS[size])
    check("lines", figures["lines"], ITEMS[size])
    return figures


def measure_decide_repeatedly(database):
    """Of three nights on fresh copies the one with the median time."""
    nights = [measure_decide(database, "small") for _repeat in range(REPEATS)]
    median = statistics.median_low(night["seconds"] for night in nights)
    return next(night for night in nights if night["seconds"] == median)


def get_decide_figures(prefix, night):
    yield f"{prefix}decide", night["seconds"], None
    yield f"{prefix}decide.queries", night["queries"], night["queries_budget"]
    yield f"{prefix}decide.notices", night["notices"], None
    yield f"{prefix}decide.lines", night["lines"], None


def get_send_figures(database):
    """Issue, deliver, and what Odoo's screens ask for, one after another on one copy."""
    with scratch(database) as name:
        sent = measure("send", name)
        check("letters", sent["letters"], sent["issued"])
        check("accepted mails", sent["accepted"], sent["issued"])
        yield "issue", sent["issue_ms"], None
        yield "issue.notices", sent["issued"], None
        yield "deliver", sent["deliver_ms"], None
        yield "deliver.mails", sent["accepted"], None
        yield from get_letter_figures(name)
        for screen, queries in measure("screens", name).items():
            yield screen, queries, None
        yield from get_verify_figures(name)


def get_letter_figures(name):
    letters = measure("letters", name)
    yield "letters.pdf", letters["pdf"]["seconds"], None
    yield "letters.zip", letters["zip"]["seconds"], None
    yield "letters.longest", max(letters[one]["longest"] for one in ("pdf", "zip")), None
    yield "letters.memory", letters["more_memory_mb"], None


def get_verify_figures(name):
    figures = measure("verify", name)
    yield "verify", figures["seconds"], None
    yield "verify.longest", figures["longest"], None
    yield "verify.memory", figures["memory_mb"], None


def get_read_figures(plain, paid):
    seconds = measure("read", plain, paid)
    check("items read", seconds["items"], [ITEMS["small"]] * 2)
    yield "read", seconds["plain"], None
    yield "read.paid", seconds["paid"], None
    yield "read.ratio", seconds["paid"] / seconds["plain"], None


def get_interest_figures(database):
    figures = measure("interest")
    check("slices", figures["slices"], SLICES)
    yield "interest", figures["seconds"], None
    with scratch(database) as name:
        figures = measure("accruals", name)
    check("invoices with interest", figures["known"], ITEMS["small"])
    yield "accruals", figures["seconds"], None
    yield "accruals.more", figures["more"], None


def get_figures(databases):
    night = measure_decide_repeatedly(databases["small"])
    yield from get_decide_figures("", night)
    yield from get_send_figures(databases["small"])
    yield from get_read_figures(databases["small"], databases["paid"])
    yield from get_interest_figures(databases["small"])
    if "large" in databases:
        large = measure_decide(databases["large"], "large")
        yield from get_decide_figures("large.", large)
        yield "large.ratio", large["seconds"] / night["seconds"], None
        yield "large.memory", large["memory_mb"], None


# === Telling === #


def get_result(name, value, budget):
    unit, fixed = BUDGETS[name][1:]
    value = round(value, 3) if isinstance(value, float) else value
    return {"name": name, "value": value, "unit": unit, "budget": budget if budget is not None else fixed}


def is_missed(result):
    return result["budget"] is not None and result["value"] > result["budget"]


def tell(result):
    verdict = "" if result["budget"] is None else "MISSED" if is_missed(result) else "OK"
    budget = "" if result["budget"] is None else f"{result['budget']:,g}"
    title, unit = BUDGETS[result["name"]][:2]
    print(f"{title:<52}{result['value']:>10,} {unit:<8}{budget:>8}  {verdict}", flush=True)


def run(databases):
    """Tell each figure as soon as it is measured; all of them."""
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    print(f"\nLoad of this machine before: {load} on {os.cpu_count()} processors; figures grow with it.\n")
    print(f"{'':<52}{'measured':>10} {'':<8}{'budget':>8}")
    results = []
    for figure in get_figures(databases):
        results.append(get_result(*figure))
        tell(results[-1])
    return results


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="also 100,000 items of 20,000 customers")
    options = parser.parse_args()
    try:
        results = run(prepare_all(options.large))
    except (BenchError, subprocess.CalledProcessError) as problem:
        print(f"\n./dev bench: {problem}.")
        return 1
    print()
    for result in results:
        print(json.dumps(result))
    missed = [result["name"] for result in results if is_missed(result)]
    print(f"\nMissed: {', '.join(missed)}." if missed else "\nAll budgets are kept.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
