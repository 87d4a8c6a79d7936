"""`python -m tests.mutants`, run by `make mutants`: what share of small faults do the tests notice?

For each module of `modules.toml`, some mutants are drawn at random, and the tests next to the module are run
on each. Results are kept in a file, so that a stopped run continues where it ended; a finished run that is
started again tries the unnoticed mutants again. These are listed at the end. Mutants in `equivalent.toml`
change nothing that can be observed, and do not count. The exit status is 1 if fewer than 90% are noticed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.mutants.mutations import Mutant, sample
from tests.mutants.trials import ROOT, RepositoryCopy

HERE: Final = Path(__file__).parent
GOAL: Final = 0.9
LEAST_TIMEOUT: Final = 60.0  # seconds
console: Final = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials and print the result; the last line on stdout is a JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="modules to mutate; without any, all of modules.toml")
    parser.add_argument("--sample", type=int, default=14, help="mutants of each module (default: 14)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time (default: 2)")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "runs" / "mutants.jsonl", help="results so far"
    )
    options = parser.parse_args(arguments)
    tests_of: dict[str, list[str]] = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))[
        "modules"
    ]
    unknown = sorted(set(options.modules) - set(tests_of))
    if unknown:
        parser.error(f"not in modules.toml: {', '.join(unknown)}")
    modules = options.modules or list(tests_of)
    mutants = [
        mutant
        for module in modules
        for mutant in sample(
            module, (ROOT / module).read_text(encoding="utf-8"), size=options.sample, seed=options.seed
        )
    ]
    results = _Results(options.results)
    missing = [mutant for mutant in mutants if not results.has(mutant)]
    if not missing:  # a finished run: the tests may be better now
        missing = [mutant for mutant in mutants if not results.noticed(mutant)]
    console.print(f"{len(mutants)} mutants of {len(modules)} modules, {len(missing)} still to try")
    try:
        _try_all(missing, tests_of, results, jobs=options.jobs)
    except KeyboardInterrupt:
        console.print(f"stopped; the same command goes on from {options.results}")
        return 130
    return _report(mutants, results)


class _Results:
    """What the trials showed, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._noticed = {(row["module"], row["code"]): row["noticed"] for row in map(json.loads, lines)}

    def has(self, mutant: Mutant) -> bool:
        """Return True if a trial of the mutant has ended."""
        return _key(mutant) in self._noticed

    def noticed(self, mutant: Mutant) -> bool:
        """Return True if a test has failed on the mutant."""
        return self._noticed[_key(mutant)]

    def add(self, mutant: Mutant, *, noticed: bool) -> None:
        """Keep the result of a trial."""
        module, code = _key(mutant)
        self._noticed[module, code] = noticed
        row = {"module": module, "code": code, "change": mutant.change, "noticed": noticed}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _key(mutant: Mutant) -> tuple[str, str]:
    return mutant.module, sha256(mutant.code.encode()).hexdigest()


def _try_all(mutants: list[Mutant], tests_of: dict[str, list[str]], results: _Results, *, jobs: int) -> None:
    """Run a trial of each mutant; whatever a trial cannot do ends the run."""
    queue: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in mutants:
        queue.put(mutant)
    errors: list[BaseException] = []
    with Progress(
        *Progress.get_default_columns(), "{task.completed} of {task.total}", console=console
    ) as progress:
        bar = progress.add_task("trials", total=len(mutants))

        def work() -> None:
            timeouts: dict[str, float] = {}
            try:
                with RepositoryCopy() as copy:
                    while not errors:
                        mutant = queue.get_nowait()
                        tests = tests_of[mutant.module]
                        if mutant.module not in timeouts:
                            timeouts[mutant.module] = _timeout(copy, mutant.module, tests)
                        trial = copy.trial(
                            tests, module=mutant.module, code=mutant.code, timeout=timeouts[mutant.module]
                        )
                        results.add(mutant, noticed=not trial.passed)
                        progress.advance(bar)
            except Empty:
                pass
            except BaseException as error:
                errors.append(error)

        threads = [Thread(target=work, daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                threads[0].join(0.2)
                for thread in threads:
                    thread.join(0.1)
        except KeyboardInterrupt as error:
            errors.append(error)
            for thread in threads:
                thread.join()
            raise
    if errors:
        raise errors[0]


def _timeout(copy: RepositoryCopy, module: str, tests: list[str]) -> float:
    """Return the seconds after which a trial has hung; the tests must pass on the module as it is."""
    code = (ROOT / module).read_text(encoding="utf-8")
    trial = copy.trial(tests, module=module, code=code, timeout=900)
    if not trial.passed:
        raise SystemExit(f"the tests of {module} fail without any fault: {' '.join(tests)}\n{trial.output}")
    return max(LEAST_TIMEOUT, 5 * trial.seconds)


def _report(mutants: list[Mutant], results: _Results) -> int:
    rows = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))["mutant"]
    equivalent_mutants = {(row["module"], _without_spaces(row["change"])) for row in rows}
    table = Table("module", "mutants", "noticed", "equivalent", box=None)
    totals = {"mutants": 0, "noticed": 0, "equivalent": 0}
    unnoticed: list[Mutant] = []
    for module in dict.fromkeys(mutant.module for mutant in mutants):
        drawn = [mutant for mutant in mutants if mutant.module == module]
        survivors = [mutant for mutant in drawn if not results.noticed(mutant)]
        remaining = [
            mutant
            for mutant in survivors
            if (module, _without_spaces(mutant.change)) not in equivalent_mutants
        ]
        counts = (len(drawn), len(drawn) - len(survivors), len(survivors) - len(remaining))
        table.add_row(module, *map(str, counts))
        totals = {key: totals[key] + count for key, count in zip(totals, counts, strict=True)}
        unnoticed += remaining
    console.print(table)
    for mutant in unnoticed:
        console.print(f"\n{mutant.module}:{mutant.line}\n{mutant.change}", markup=False, highlight=False)
    counted = totals["mutants"] - totals["equivalent"]
    share = totals["noticed"] / counted if counted else 1.0
    print(json.dumps({**totals, "share": round(share, 4), "goal": GOAL}))  # noqa: T201
    return 0 if share >= GOAL else 1


def _without_spaces(change: str) -> str:
    return "".join(change.split())


if __name__ == "__main__":
    sys.exit(main())
