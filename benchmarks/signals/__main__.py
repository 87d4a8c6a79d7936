"""The command `python -m benchmarks.signals`."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

import benchmarks.signals
from benchmarks.measured_process import run_module

CASES: Final = ("measure", "coverage", "drift", "burst", "refresh", "sample")


def main() -> None:
    """Read the options, run each case in its own process, and print their last lines as one object."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.signals",
        description=benchmarks.signals.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--cases", default=",".join(CASES), help="names with commas between them")
    parser.add_argument("--quick", action="store_true", help="small cases; all of them end within 50 s")
    options = parser.parse_args()
    chosen = options.cases.split(",")
    if unknown := set(chosen) - set(CASES):
        parser.error(f"there is no case '{min(unknown)}': use {', '.join(CASES)}")
    results: dict[str, Any] = {}
    for name in chosen:
        start = time.monotonic()
        results[name] = run_module(f"benchmarks.signals.{name}_case", ["--quick"] if options.quick else [])
        print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
