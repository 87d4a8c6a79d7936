"""The command `python -m benchmarks.normalizer`."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

import benchmarks.normalizer
from benchmarks.measured_process import run_module
from models.terminology import read_release
from tests.release import write_full_size

SIZES: Final = (2_000, 20_000, 100_000)
QUICK_SIZES: Final = (2_000, 100_000)
SPANS: Final = (16, 64, 256)
QUICK_SPANS: Final = (128,)
TARGET_MS: Final = 2.0
PARTS: Final = ("encoder", "dense", "lexical", "fusion")


def run_size(names: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run one size in its own process."""
    arguments: list[object] = ["--names", names]
    for name in ("rounds", "seconds", "naive", "embedded"):
        arguments += [f"--{name}", getattr(options, name)]
    arguments += ["--spans", *options.spans, *["--context"] * options.context]
    # By default waiting threads spin for long. On a busy machine they take the processor from the threads
    # that they wait for, which is ten times slower.
    spin_count = os.environ.get("GOMP_SPINCOUNT", "10000")
    return run_module("benchmarks.normalizer.dictionary_size", arguments, {"GOMP_SPINCOUNT": spin_count})


def time_release(rounds: int) -> dict[str, Any]:
    """Time how long it takes to read a release of full size."""
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        path = write_full_size(Path(folder))
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            terminology = read_release(path)
            times.append(time.perf_counter() - started)
    counts = {"pts": len(terminology.pt_names), "llts": len(terminology.llts)}
    return {**counts, "read_s": round(statistics.median(times), 2)}


def speed_table(sizes: list[dict[str, Any]]) -> Table:
    """Return the milliseconds for a span by size, number of threads and number of spans."""
    table = Table(title="milliseconds for each span, medians")
    for title in ("names", "threads", "spans", "classifier", "hybrid", *PARTS, "spans per second", "ratio"):
        table.add_column(title, justify="right")
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


def index_table(sizes: list[dict[str, Any]]) -> Table:
    """Return the time and memory of each size's index, and the time of the naive search."""
    table = Table(title="indexes")
    for title in ("names", "PTs", "index s", "index MB", "peak MB", "naive ms per span"):
        table.add_column(title, justify="right")
    for size in sizes:
        counts = (f"{size['names']:,}", f"{size['pts']:,}")
        figures = (size["index_s"], size["index_mb"], size["peak_mb"], size["naive_ms"])
        table.add_row(*counts, *map(str, figures))
    return table


def read_options() -> argparse.Namespace:
    """Read the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.normalizer",
        description=benchmarks.normalizer.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument("--sizes", type=int, nargs="+", help=f"names [{SIZES}; quick {QUICK_SIZES}]")
    parser.add_argument(
        "--spans", type=int, nargs="+", help=f"spans at a time [{SPANS}; quick {QUICK_SPANS}]"
    )
    parser.add_argument("--rounds", type=int, help="at most [9; quick 5]")
    parser.add_argument("--context", action="store_true", help="read the span together with its tweet")
    options = parser.parse_args()
    options.sizes = options.sizes or (QUICK_SIZES if options.quick else SIZES)
    options.spans = options.spans or (QUICK_SPANS if options.quick else SPANS)
    options.rounds = options.rounds or (5 if options.quick else 9)
    options.seconds = 5.0 if options.quick else 120.0
    options.naive = 2 if options.quick else 20
    options.embedded = 128 if options.quick else 1_000
    return options


def main() -> None:
    """Read the options, run each size, and print tables and the JSON object."""
    options = read_options()
    out, progress = Console(width=130), Console(stderr=True)
    sizes = []
    with progress.status("…") as status:
        for count in options.sizes:
            status.update(f"{count:,} names")
            sizes.append(run_size(count, options))
        status.update("a release of full size")
        release = time_release(1 if options.quick else 5)
    out.print(speed_table(sizes))
    out.print(index_table(sizes))
    largest, embedded = sizes[-1], sizes[-1]["embedded_a_second"]
    out.print(
        f"a release of {release['pts']:,} PTs and {release['llts']:,} LLTs is read in {release['read_s']} s"
    )
    out.print(f"names embedded per second: {embedded['1']:,} on one thread, {embedded['2']:,} on two")
    best = min(run["hybrid"]["all"] for run in largest["runs"])
    out.print(f"{largest['names']:,} names: {best:.2f} ms for a span at best; the target is {TARGET_MS}")
    print(
        json.dumps(
            {
                "benchmark": "normalizer",
                "baseline": "classifier",
                "context": options.context,
                "rounds": options.rounds,
                "target_ms": TARGET_MS,
                "best_ms": best,
                "sizes": sizes,
                "release": release,
            }
        )
    )


if __name__ == "__main__":
    main()
