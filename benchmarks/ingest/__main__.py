"""The command `python -m benchmarks.ingest`."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

import benchmarks.ingest
from benchmarks.ingest.file_speed import BASELINE as FILE_BASELINE
from benchmarks.ingest.file_speed import measure_files
from benchmarks.ingest.source_speed import BASELINE, measure_sources
from benchmarks.ingest.stream_memory import BOMB_RATIO, measure_bomb, measure_stream

CASES: Final = ("sources", "files", "memory", "bomb")
STREAMS: Final = ("jsonl", "json")
BOMB_MB: Final = 100


def run_cases(options: argparse.Namespace, show: Callable[[str], None]) -> dict[str, Any]:
    """Run the chosen cases, and return their figures."""
    figures: dict[str, Any] = {"benchmark": "ingest", "quick": options.quick}
    budget = {"rounds": options.rounds, "seconds": options.seconds, "show": show}
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as name:
        folder = Path(name)
        if "sources" in options.cases:
            figures["source_baseline"] = BASELINE
            figures["sources"] = measure_sources(posts=options.posts, **budget)
        if "files" in options.cases:
            figures["file_baseline"] = FILE_BASELINE
            figures["files"] = measure_files(folder, posts=options.posts, **budget)
        if "memory" in options.cases:
            size = round(options.gb * 1e9)
            figures["memory"] = [measure_stream(kind, size, show) for kind in STREAMS]
        if "bomb" in options.cases:
            show("a zip bomb")
            figures["bomb"] = measure_bomb(folder, BOMB_MB)
    return figures


def make_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Return a table with a column for each field of the rows."""
    table = Table(title=title)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="left" if name == next(iter(rows[0])) else "right")
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    return table


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def read_options() -> argparse.Namespace:
    """Read the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest",
        description=benchmarks.ingest.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--posts", type=int, help="for each reader in each round [20000; quick 2000]")
    parser.add_argument("--rounds", type=int, help="at most [9; quick 3]")
    parser.add_argument("--gb", type=float, help="length of each stream [5; quick 0.1]")
    options = parser.parse_args()
    options.posts = options.posts or (2_000 if options.quick else 20_000)
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.gb = options.gb or (0.1 if options.quick else 5.0)
    options.seconds = 8.0 if options.quick else 180.0
    return options


def main() -> None:
    """Read the options, run the cases, and print tables and the JSON object."""
    options = read_options()
    out, progress = Console(width=140), Console(stderr=True)
    with progress.status("…") as status:
        figures = run_cases(options, status.update)
    titles = {
        "sources": f"sources, compared with {BASELINE}",
        "files": f"files, compared with {FILE_BASELINE}",
        "memory": "streams through a pipe",
    }
    for case, title in titles.items():
        if case in figures:
            out.print(make_table(title, figures[case]))
    if bomb := figures.get("bomb"):
        verdict = "refused" if bomb["refused"] else "NOT refused"
        out.print(
            f"a zip file of {bomb['bytes']:,} bytes that would become {bomb['ratio']:,} times as many was "
            f"{verdict} after {bomb['seconds']} s with {bomb['peak_mb']} MB of memory "
            f"(it must be refused from {BOMB_RATIO:,} times)"
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
