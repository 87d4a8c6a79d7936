"""Tasks that are timed alternately, so that other work on the machine slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch

_WARM_UP: Final = 4  # units that each task runs before anything is timed


@dataclass(frozen=True)
class TimedTask:
    """Work that is timed.

    Attributes:
        case: what is done, such as "minilm-1".
        name: how it is done, such as "ours bf16".
        cores: number of cores that it may keep busy.
        count: units in each round, such as tweets.
        run: does that many units, and returns the CPU seconds that it spent in other processes.
        threads: of torch while it runs.
        unit: size of a unit, such as its GFLOP.
    """

    case: str
    name: str
    cores: int
    count: int
    run: Callable[[int], float]
    threads: int = 1
    unit: float = 1.0

    @property
    def key(self) -> str:
        """Its name in tables and in JSON."""
        return f"{self.case} / {self.name} / {self.cores}"


@dataclass(frozen=True)
class Timing:
    """How long a task took: seconds for one unit, in the order of the rounds.

    Attributes:
        wall: by the clock.
        cpu: of all threads and processes together.
    """

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Units per second by the clock; the median of the rounds."""
        return 1 / statistics.median(self.wall)

    @property
    def cpu_rate(self) -> float:
        """Units per second of CPU time; the median of the rounds."""
        return 1 / statistics.median(self.cpu)

    def speedup_over(self, other: Timing) -> float:
        """Return how many times as fast this is by the clock: the median of the rounds' ratios."""
        return statistics.median(b / a for a, b in zip(self.wall, other.wall, strict=True))

    def cpu_speedup_over(self, other: Timing) -> float:
        """Return the same by CPU time."""
        return statistics.median(b / a for a, b in zip(self.cpu, other.cpu, strict=True))


def run_rounds(
    tasks: Sequence[TimedTask], *, rounds: int, seconds: float, show: Callable[[str], None]
) -> dict[str, Timing]:
    """Run every task once in each round.

    Args:
        tasks: every second round runs them in reverse order.
        rounds: the most rounds to run.
        seconds: a round that would probably end later than this is not started, except the first.
        show: called with the task that runs.

    Returns:
        The timing of each task by its key.
    """
    for task in tasks:
        show(f"warming up: {task.key}")
        _time_task(task, min(task.count, _WARM_UP))
    times: dict[str, list[tuple[float, float]]] = {task.key: [] for task in tasks}
    started = time.perf_counter()
    for number in range(rounds):
        spent = time.perf_counter() - started
        if number and spent * (number + 1) / number > seconds:
            break
        for task in tasks if number % 2 == 0 else reversed(tasks):
            show(f"round {number + 1} of {rounds}: {task.key}")
            times[task.key].append(_time_task(task, task.count))
    return {
        key: Timing(tuple(wall for wall, _ in pairs), tuple(cpu for _, cpu in pairs))
        for key, pairs in times.items()
    }


def _time_task(task: TimedTask, count: int) -> tuple[float, float]:
    torch.set_num_threads(task.threads)
    wall, cpu = time.perf_counter(), time.process_time()
    cpu_elsewhere = task.run(count)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu + cpu_elsewhere
    torch.set_num_threads(1)
    return wall / (count * task.unit), cpu / (count * task.unit)
