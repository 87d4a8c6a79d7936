"""The command `python -m benchmarks.performance_page`."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import Final

import benchmarks.performance_page
from benchmarks.performance_page.measured_runs import RUNS, measure_run
from benchmarks.performance_page.page_blocks import page_blocks, replace_blocks

PAGE: Final = Path("docs/performance.md")


def main() -> None:
    """Run what is missing, print the tables, and write them into the page if that is asked for."""
    names = [run.name for run in RUNS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.performance_page",
        description=benchmarks.performance_page.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures of the runs")
    parser.add_argument("--runs", nargs="+", choices=names, default=names, help="[all]")
    parser.add_argument("--quick", action="store_true", help="a few cases, only to see that it works")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE}")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("quick figures are not for the page: leave out --quick or --write")
    page = PAGE.read_text(encoding="utf-8") if options.write else ""
    options.out.mkdir(parents=True, exist_ok=True)
    runs = {}
    for run in RUNS:
        if run.name not in options.runs:
            continue
        try:
            runs[run.name] = measure_run(run, options.out, quick=options.quick)
        except subprocess.CalledProcessError as error:
            parser.exit(1, f"the run {run.name} failed with status {error.returncode}; see its error above\n")
    blocks = page_blocks(runs)
    for name, text in blocks.items():
        print(f"\n<!-- figures: {name} -->\n{text}\n<!-- end of {name} -->")
    if options.write:
        PAGE.write_text(replace_blocks(page, blocks), encoding="utf-8")
        print(f"\nwrote {', '.join(blocks)} into {PAGE}")


if __name__ == "__main__":
    main()
