"""The hybrid Normalizer over dictionaries of growing size, against the paper's classifier.

    python benchmarks/normalizer.py [--quick] [--sizes N ...] [--spans N ...] [--rounds N] [--context]

Names are invented, as many as MedDRA has and like them (`invented_names.py`), three of each Preferred Term;
spans are misspelt and shortened names and everyday phrases, so many at once as the pipeline codes of a batch
of tweets. The encoder is MiniLM: three frozen layers, three shared ones and a retriever of three, with 1,000
classes. Each size runs in a process of its own, on one thread and on two.

Measured by turns, medians of the rounds, in milliseconds a span:

- `hybrid`: all of it, encoder included; split into `encoder`, `dense` (cosines of vectors), `lexical`
  (cosines of n-grams), and `fusion` (candidates, their features and their probabilities);
- `classifier`: the paper's Normalizer on the same spans; the baseline;
- `naive`: rapidfuzz' `process.extract` over all names, on a few spans;
- CPU milliseconds on one thread, which neighbours on the machine change less;
- memory that the names and their index take, and the peak of the process;
- seconds to read a release of 27,000 PTs and 80,000 LLTs, and names embedded a second.

Threads spin for a short while only (GOMP_SPINCOUNT=10000, unless it is set), for the sake of busy machines.

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

# A script's own folder comes first on the path, where `training.py` would pass for the package `training`.
sys.path[0] = str(Path(__file__).parents[1])

# ruff: noqa: E402
from models.terminology import read_release
from tests.release import write_full_size

SIZES, QUICK_SIZES = (2_000, 20_000, 100_000), (2_000, 100_000)
SPANS, QUICK_SPANS = (16, 64, 256), (128,)
TARGET_MS = 2.0
PARTS = ("encoder", "dense", "lexical", "fusion")


def child(names: int, given: argparse.Namespace) -> dict[str, Any]:
    """Run one size in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("normalizer_cases.py")), "--names", str(names)]
    for name in ("rounds", "seconds", "naive", "embedded"):
        command += [f"--{name}", str(getattr(given, name))]
    command += ["--spans", *map(str, given.spans), *["--context"] * given.context]
    # Threads that spin for long, as is usual, take the processor from the very threads that they wait for
    # where the machine has other things to do, and are ten times slower then.
    environment = {"GOMP_SPINCOUNT": "10000", **os.environ}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def release(rounds: int) -> dict[str, Any]:
    """Time the reading of a whole release."""
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        path = write_full_size(Path(folder))
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            terminology = read_release(path)
            taken.append(time.perf_counter() - started)
    counts = {"pts": len(terminology.pt_names), "llts": len(terminology.llts)}
    return {**counts, "read_s": round(statistics.median(taken), 2)}


def speeds(sizes: list[dict[str, Any]]) -> Table:
    """Show what a span takes, for each size, number of threads and number of spans."""
    table = Table(title="milliseconds a span, medians")
    for head in ("names", "threads", "spans", "classifier", "hybrid", *PARTS, "spans a second", "ratio"):
        table.add_column(head, justify="right")
    for size in sizes:
        for run in size["runs"]:
            hybrid = run["hybrid"]
            table.add_row(
                f"{size['names']:,}",
                str(run["threads"]),
                str(run["spans"]),
                f"{run['classifier']['all']:.2f}",
                f"{hybrid['all']:.2f}",
                *(f"{hybrid[part]:.2f}" for part in PARTS),
                f"{1_000 / hybrid['all']:,.0f}",
                f"x{run['hybrid_to_classifier']:.2f}",
            )
    return table


def costs(sizes: list[dict[str, Any]]) -> Table:
    """Show what the index of each size takes, and the naive search."""
    table = Table(title="what a dictionary takes")
    for head in ("names", "PTs", "index s", "index MB", "peak MB", "naive ms a span"):
        table.add_column(head, justify="right")
    for size in sizes:
        counts = (f"{size['names']:,}", f"{size['pts']:,}")
        figures = (size["index_s"], size["index_mb"], size["peak_mb"], size["naive_ms"])
        table.add_row(*counts, *map(str, figures))
    return table


def main() -> None:
    """Read the options, run each size, print tables and the document."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    options.add_argument("--sizes", type=int, nargs="+", help=f"names [{SIZES}, quick {QUICK_SIZES}]")
    options.add_argument("--spans", type=int, nargs="+", help=f"at once [{SPANS}, quick {QUICK_SPANS}]")
    options.add_argument("--rounds", type=int, help="at most [9, quick 5]")
    options.add_argument("--context", action="store_true", help="the tweet is read beside the span")
    given = options.parse_args()
    given.sizes = given.sizes or (QUICK_SIZES if given.quick else SIZES)
    given.spans = given.spans or (QUICK_SPANS if given.quick else SPANS)
    given.rounds = given.rounds or (5 if given.quick else 9)
    given.seconds = 5.0 if given.quick else 120.0
    given.naive = 2 if given.quick else 20
    given.embedded = 128 if given.quick else 1_000
    out, talk = Console(width=130), Console(stderr=True)
    sizes = []
    with talk.status("…") as status:
        for count in given.sizes:
            status.update(f"{count:,} names")
            sizes.append(child(count, given))
        status.update("a release of full size")
        read = release(1 if given.quick else 5)
    out.print(speeds(sizes))
    out.print(costs(sizes))
    largest, embedded = sizes[-1], sizes[-1]["embedded_a_second"]
    out.print(f"{read['pts']:,} PTs and {read['llts']:,} LLTs of a release are read in {read['read_s']} s")
    out.print(f"names embedded a second: {embedded['1']:,} on one thread, {embedded['2']:,} on two")
    best = min(run["hybrid"]["all"] for run in largest["runs"])
    out.print(f"{largest['names']:,} names: {best:.2f} ms a span at best; the target is {TARGET_MS}")
    print(
        json.dumps(
            {
                "benchmark": "normalizer",
                "baseline": "classifier",
                "context": given.context,
                "rounds": given.rounds,
                "target_ms": TARGET_MS,
                "best_ms": best,
                "sizes": sizes,
                "release": read,
            }
        )
    )


if __name__ == "__main__":
    main()
