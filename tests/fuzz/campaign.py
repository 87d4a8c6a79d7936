"""Many inputs for one target, in another process, so that a crash or a full memory ends only that one."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from tests.fuzz.fuzz_target import FuzzTarget
from tests.fuzz.mutations import damaged_input

ROOT: Final = Path(__file__).parents[2]
OURS: Final = ("monitor", "models", "training")

SLOW: Final = 10.0
"""Seconds until an input counts as a hang."""

MOST_MEMORY: Final = 700_000_000
"""Bytes by which one input may raise the peak of the process."""

ADDRESS_SPACE: Final = 6_000_000_000
"""Bytes of address space that the process may get in addition to what it has at its start."""

STUCK: Final = 60.0  # seconds beyond its time until a process is killed
SHRINKING: Final = 10.0  # seconds for each problem


@dataclass(frozen=True)
class Problem:
    """An input that a reader did not survive.

    Attributes:
        target: name of the target.
        error: what was raised, or "hang", "memory" or how the process ended.
        place: line of our code that was running.
        file: where the input is.
        trace: the traceback.
    """

    target: str
    error: str
    place: str
    file: str
    trace: str


@dataclass(frozen=True)
class Outcome:
    """The result for a target: how many inputs were read, and the problems."""

    target: str
    inputs: int
    problems: list[Problem]


class Hang(BaseException):
    """An input took too long. No reader catches it by accident."""


def run_campaign(target: FuzzTarget, seconds: float, first_seed: int, folder: Path) -> Outcome:
    """Fuzz a target in another process, and return what it reported, or how it ended."""
    scratch_folder = folder / "scratch"
    scratch_folder.mkdir(parents=True, exist_ok=True)
    report = folder / f"{target.name}.json"
    report.unlink(missing_ok=True)
    log = folder / f"{target.name}.log"

    def child() -> None:
        with log.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        tempfile.tempdir = str(scratch_folder)
        _limit_address_space()
        fuzz_here(target, seconds, first_seed, folder)

    # A fork has everything imported.
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(seconds + STUCK)
    status = "no answer, not even to a signal" if process.is_alive() else process.exitcode
    process.kill()
    process.join()
    shutil.rmtree(scratch_folder, ignore_errors=True)
    with contextlib.suppress(OSError, ValueError, KeyError):
        fields = json.loads(report.read_text())
        problems = [Problem(**row) for row in fields["problems"]]
        if not fields["inputs"]:
            problems.append(Problem(target.name, "no input was read: give it more time", "", "", ""))
        return Outcome(fields["target"], fields["inputs"], problems)
    kept = folder / f"{target.name}-last.bin"
    with contextlib.suppress(OSError):
        _current(folder, target).rename(kept)
    last_lines = log.read_text(errors="replace")[-3_000:]
    return Outcome(target.name, 0, [Problem(target.name, f"ended with {status}", "", str(kept), last_lines)])


def fuzz_here(target: FuzzTarget, seconds: float, first_seed: int, folder: Path) -> Outcome:
    """Fuzz a target in this process until the time is over, and write the report."""
    signal.signal(signal.SIGALRM, _raise_hang)
    watch = _Watch(target, folder)
    draw = Random(first_seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        watch.read(damaged_input(target, draw))
    outcome = Outcome(target.name, watch.inputs, list(watch.problems.values()))
    (folder / f"{target.name}.json").write_text(json.dumps(asdict(outcome)))
    _current(folder, target).unlink(missing_ok=True)
    return outcome


class _Watch:
    """Reads inputs, and keeps the first one of each problem, made smaller."""

    def __init__(self, target: FuzzTarget, folder: Path) -> None:
        self.inputs = 0
        self.problems: dict[tuple[str, str], Problem] = {}
        self._target = target
        self._folder = folder

    def read(self, data: bytes) -> None:
        self.inputs += 1
        _current(self._folder, self._target).write_bytes(data)
        problem = self._problem(data)
        if problem is None or (problem.error.partition(":")[0], problem.place) in self.problems:
            return
        key = (problem.error.partition(":")[0], problem.place)
        if key[0] not in ("hang", "memory"):
            data = smaller(data, lambda part: self._is_same(part, key), SHRINKING)
        number = len(self.problems) + 1
        file = self._folder / f"{self._target.name}-{number}.bin"
        file.write_bytes(data)
        self.problems[key] = Problem(**{**asdict(problem), "file": str(file)})

    def _is_same(self, data: bytes, key: tuple[str, str]) -> bool:
        problem = self._problem(data)
        return problem is not None and (problem.error.partition(":")[0], problem.place) == key

    def _problem(self, data: bytes) -> Problem | None:
        before = _peak_memory()
        try:
            with _time_limit():
                self._target.check(data)
        except Hang as error:
            return self._described("hang: no result in time", error)
        except Exception as error:
            return self._described(f"{type(error).__name__}: {str(error)[:200]}", error)
        growth = _peak_memory() - before
        if growth > MOST_MEMORY:
            return Problem(self._target.name, f"memory: {growth / 1e6:.0f} MB more", "", "", "")
        return None

    def _described(self, text: str, error: BaseException) -> Problem:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)]
        product = [frame for frame in ours if Path(frame.filename).relative_to(ROOT).parts[0] in OURS]
        frame = (product or ours)[-1]
        place = f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno}"
        return Problem(
            self._target.name, text, place, "", "".join(traceback.format_exception(error))[-4_000:]
        )


def smaller(data: bytes, is_same: Callable[[bytes], bool], seconds: float) -> bytes:
    """Return a part of the input with the same problem, found by leaving out pieces of all sizes."""
    end = time.monotonic() + seconds
    size = max(1, len(data) // 2)
    while size and time.monotonic() < end:
        start, is_shorter = 0, False
        while start < len(data) and time.monotonic() < end:
            part = data[:start] + data[start + size :]
            if is_same(part):
                data, is_shorter = part, True
            else:
                start += size
        if not is_shorter or size > len(data):
            size //= 2
    return data


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, SLOW)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise_hang(number: int, frame: FrameType | None) -> None:
    raise Hang


def _limit_address_space() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (used + ADDRESS_SPACE, hard))


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _current(folder: Path, target: FuzzTarget) -> Path:
    return folder / f"{target.name}.current"
