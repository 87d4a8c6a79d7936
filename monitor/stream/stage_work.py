"""What the stages work on now, since when, and which dependency they wait for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

DATABASE: Final = "the database"
"""Name of a dependency, for `waiting_for`."""


@dataclass(eq=False, slots=True)
class StageWork:
    """A batch in a stage.

    Attributes:
        stage: name of the stage's class.
        batch: id of the batch.
        clock: returns seconds.
        since: when the stage got the batch, last made progress, or stopped waiting for a dependency.
        waits_for: dependency that is known to be away and that the stage waits for, or None.
    """

    stage: str
    batch: str
    clock: Callable[[], float]
    since: float
    waits_for: str | None = None


_CURRENT: ContextVar[StageWork | None] = ContextVar("stage_work", default=None)


class WorkInStages:
    """All batches in stages at this moment.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: set[StageWork] = set()

    @contextmanager
    def begun(self, stage: str, batch: str) -> Iterator[None]:
        """Count a batch as in work during the block, which must run in a task of its own."""
        work = StageWork(stage, batch, self._clock, self._clock())
        token = _CURRENT.set(work)
        self._running.add(work)
        try:
            yield
        finally:
            self._running.discard(work)
            _CURRENT.reset(token)

    def running(self) -> list[StageWork]:
        """Return the batches in work, the oldest first."""
        return sorted(self._running, key=lambda work: work.since)

    def missing_dependency(self) -> str | None:
        """Return the dependency that a stage waits for, or None if none is known to be away."""
        return next((work.waits_for for work in self._running if work.waits_for), None)

    def restart_clock(self) -> None:
        """Count the time of all batches from now on: until now, they could not go on."""
        for work in self._running:
            work.since = self._clock()


def note_progress() -> None:
    """Note that the running stage makes progress with its batch. Outside of a stage, do nothing."""
    work = _CURRENT.get()
    if work is not None:
        work.since = work.clock()


@contextmanager
def waiting_for(dependency: str) -> Iterator[None]:
    """Note that the running stage waits for a dependency that is away. Outside of a stage, do nothing."""
    work = _CURRENT.get()
    if work is None:
        yield
        return
    work.waits_for = dependency
    try:
        yield
    finally:
        work.waits_for = None
        work.since = work.clock()
