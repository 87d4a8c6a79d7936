"""What a process checks about itself for /live and /ready.

A process is live while it can do its work by itself. A database that is away does not count: the process
waits for it, and a restart would not help. It is ready while everything that it needs is there, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.metrics import CHECK_OK

Check = Callable[[], str | None]
"""Returns what is wrong, or None. Any thread may call it. The text goes to everybody who can reach the port,
so it has no address, no login and nothing of a post."""

LONGEST_BEAT: Final = 30.0
"""Seconds without a turn after which an event loop counts as hanging. The model's threads make single turns
late, by seconds at most."""

BEAT: Final = 1.0
"""Seconds between two beats of an event loop."""


def passes() -> str | None:
    """Return None: a check without a problem."""
    return None


def failing(problem: str) -> Check:
    """Return a check that fails until another one takes its place."""
    return lambda: problem


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The answer to a probe: the problem of each check by name, None for those that pass."""

    problems: Mapping[str, str | None]

    @property
    def is_good(self) -> bool:
        """True if all checks pass."""
        return not any(self.problems.values())


class Health:
    """The checks of a process, by name. The parts of the process add theirs as they start.

    Attributes:
        live: checks that fail only if a restart helps.
        ready: checks of everything else that the process needs for its work.
    """

    def __init__(self) -> None:
        self.live: dict[str, Check] = {}
        self.ready: dict[str, Check] = {"running": failing("is starting")}

    def runs(self) -> None:
        """Note that the start is over."""
        self.ready["running"] = passes

    def stops(self) -> None:
        """Note that the process was told to stop."""
        self.ready["running"] = failing("is stopping")

    def live_report(self) -> HealthReport:
        """Return what /live answers."""
        return HealthReport({name: check() for name, check in self.live.copy().items()})

    def ready_report(self) -> HealthReport:
        """Return what /ready answers. A process that is not live is not ready either."""
        checks = {**self.live, **self.ready}
        return HealthReport({name: check() for name, check in checks.items()})

    def live_problem(self) -> str | None:
        """Return why the process is not live, or None if it is."""
        problems = self.live_report().problems
        return next((f"{name} {problem}" for name, problem in problems.items() if problem), None)

    def measure(self) -> None:
        """Set the metric of each check."""
        for name, problem in self.ready_report().problems.items():
            CHECK_OK.labels(check=name).set(problem is None)


class Heartbeat:
    """Notices when something that repeats has stopped.

    Args:
        longest: seconds between two beats after which it counts as stopped.
        clock: returns seconds.
    """

    def __init__(self, longest: float = LONGEST_BEAT, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._last: float | None = None

    def beat(self) -> None:
        """Note that it goes on."""
        self._last = self._clock()

    def beat_with(self, loop: asyncio.AbstractEventLoop) -> None:
        """Beat in an event loop from its first turn on, as long as it turns."""

        def turn() -> None:
            self.beat()
            loop.call_later(BEAT, turn)

        loop.call_soon(turn)

    def problem(self) -> str | None:
        """Return how long it has not gone on; None before the first beat."""
        silent = 0.0 if self._last is None else self._clock() - self._last
        return f"has not turned for {silent:.0f} s" if silent >= self._longest else None
