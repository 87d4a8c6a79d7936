"""Contenders that run by turns, so that a neighbour on the machine slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch

_WARM_UP: Final = 4  # things that each contender does before anything is timed


@dataclass(frozen=True)
class Contender:
    """Something that is timed.

    Attributes:
        case: what is done, such as "minilm-1".
        name: who does it, such as "ours bf16".
        cores: that it may keep busy.
        count: things that it does in a turn, such as tweets.
        run: does so many; gives the processor seconds that it spent in other processes.
        threads: of torch while it runs.
        unit: how much one thing is, such as GFLOP.
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
        """Identify it in tables and in JSON."""
        return f"{self.case} / {self.name} / {self.cores}"


@dataclass(frozen=True)
class Timing:
    """What the turns of a contender took: seconds for one unit, in the order of the rounds.

    Attributes:
        wall: by the clock.
        cpu: of the processor, all threads and processes together.
    """

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Units a second by the clock; the median of the rounds."""
        return 1 / statistics.median(self.wall)

    @property
    def cpu_rate(self) -> float:
        """Units a second of processor time."""
        return 1 / statistics.median(self.cpu)

    def times(self, other: Timing) -> float:
        """Tell how many times as fast it is as another, by the clock: the median of the rounds' ratios."""
        return statistics.median(b / a for a, b in zip(self.wall, other.wall, strict=True))

    def times_cpu(self, other: Timing) -> float:
        """The same by processor time."""
        return statistics.median(b / a for a, b in zip(self.cpu, other.cpu, strict=True))


def take_turns(
    contenders: Sequence[Contender], *, rounds: int, seconds: float, tell: Callable[[str], None]
) -> dict[str, Timing]:
    """Let each contender do its things once a round.

    Args:
        contenders: every second round goes through them backwards.
        rounds: at most.
        seconds: no round is begun that is likely to end after so many, but one there is.
        tell: told who runs.

    Returns:
        The timing of each contender by its key.
    """
    for one in contenders:
        tell(f"warming up: {one.key}")
        _timed(one, min(one.count, _WARM_UP))
    taken: dict[str, list[tuple[float, float]]] = {one.key: [] for one in contenders}
    started = time.perf_counter()
    for turn in range(rounds):
        spent = time.perf_counter() - started
        if turn and spent * (turn + 1) / turn > seconds:
            break
        for one in contenders if turn % 2 == 0 else reversed(contenders):
            tell(f"round {turn + 1} of {rounds}: {one.key}")
            taken[one.key].append(_timed(one, one.count))
    return {
        key: Timing(tuple(wall for wall, _ in turns), tuple(cpu for _, cpu in turns))
        for key, turns in taken.items()
    }


def _timed(one: Contender, count: int) -> tuple[float, float]:
    torch.set_num_threads(one.threads)
    wall, cpu = time.perf_counter(), time.process_time()
    elsewhere = one.run(count)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu + elsewhere
    torch.set_num_threads(1)
    return wall / (count * one.unit), cpu / (count * one.unit)
