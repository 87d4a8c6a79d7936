"""`python -m tests.fuzz`, run by `make fuzz`: do all readers survive what nobody should send?

The time is divided between all targets. Each runs in a process of its own. A problem is an error that is not
documented, an input without a result after 10 seconds, or one that takes 700 MB. Its input is kept. The exit
status is 1 if there is any problem.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.fuzz.all_targets import ALL_TARGETS
from tests.fuzz.campaign import ROOT, Outcome, run_campaign

show = functools.partial(Console(soft_wrap=True).print, markup=False, highlight=False)
"""Inputs and tracebacks are shown as they are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaigns, and print a line for each target and the problems."""
    options = _parse(arguments)
    names = options.targets or list(ALL_TARGETS)
    seconds = 60 * options.minutes / len(names)
    outcomes: list[Outcome] = []
    for name in names:
        outcome = run_campaign(ALL_TARGETS[name], seconds, options.seed, options.folder)
        outcomes.append(outcome)
        show(f"{name:22} {outcome.inputs:8,} inputs  {len(outcome.problems)} problems")
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    for problem in problems:
        show(f"\n{problem.target}: {problem.error}\n  at {problem.place}\n  input: {problem.file}")
        show(problem.trace)
    total = sum(outcome.inputs for outcome in outcomes)
    show(f"{total:,} inputs for {len(names)} readers, seed {options.seed}: {len(problems)} problems")
    return 1 if problems else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", help=f"only these of: {', '.join(ALL_TARGETS)}")
    parser.add_argument("--minutes", type=float, default=10, help="for all of them (default: 10)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="the same seed draws the same inputs"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "runs" / "fuzz", help="for inputs with problems"
    )
    options = parser.parse_args(arguments)
    if unknown := sorted({*options.targets} - {*ALL_TARGETS}):
        parser.error(f"no such targets: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
