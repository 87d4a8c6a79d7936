"""The command `python -m benchmarks.enrich`."""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

from rich.console import Console
from rich.table import Table

import benchmarks.enrich
from benchmarks.measured_process import run_module

CASES: Final = ("drug_case", "link_case", "fact_case", "copy_case", "rule_case", "daemon_case")
"""The modules of the steps, in the order of the stream. Each prints its figures as one JSON object."""
TAKES_QUICK: Final = frozenset({"drug_case", "daemon_case"})


def table_of(figures: dict[str, dict[str, Any]]) -> Table:
    """Return the figures of all cases; the name of each ends with its unit."""
    table = Table(title="cost of each step of the enrichment, processor time of one core")
    for title in ("case", "figure", "value"):
        table.add_column(title, justify="right" if title == "value" else "left")
    for case, values in figures.items():
        for name, value in values.items():
            table.add_row(case, name, f"{value:,}" if isinstance(value, int | float) else str(value))
    return table


def main() -> None:
    """Read the options, run each case in its own process, and print a table and the JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.enrich",
        description=benchmarks.enrich.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer posts; within 50 s")
    options = parser.parse_args()
    figures = {
        case: run_module(
            f"benchmarks.enrich.{case}", ["--quick"] if options.quick and case in TAKES_QUICK else []
        )
        for case in CASES
    }
    Console(width=110).print(table_of(figures))
    drugs, daemon = figures["drug_case"], figures["daemon_case"]
    for kind, posts in (("named", "posts that name a drug"), ("other", "other posts")):
        ratio = drugs[f"{kind}_drugs_us"] / drugs[f"{kind}_baseline_us"]
        print(f"drugs of {posts}: x{ratio:.2f} of the time of words_of")
    print(f"the daemon keeps x{daemon['speed_left']:.3f} of its speed without enrichment")
    print(json.dumps({"benchmark": "enrich", "quick": options.quick, **figures}))


if __name__ == "__main__":
    main()
