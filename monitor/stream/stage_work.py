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

ANOTHER_BATCH: Final = "another batch"
"""What a batch waits for that must not be scored together with another one, or while a bundle is loaded.

Both have limits of their own: see `StageWatch` and `BundleReloader`.
"""


@dataclass(eq=False, slots=True)
class StageWork:
    """A batch in a stage.

    Attributes:
        stage: name of the stage's class.
        batch: id of the batch.
        clock: returns seconds.
        since: when the stage got the batch, last made progress, or stopped waiting for a dependency.
        waits_for: dependency that is known to be away and that the stage waits for, `ANOTHER_BATCH`, or None.
        has_steps: True if the stage notes its progress with this batch.
    """

    stage: str
    batch: str
    clock: Callable[[], float]
    since: float
    waits_for: str | None = None
    has_steps: bool = False


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

    def slowest(self) -> StageWork | None:
        """Return the oldest batch in work that waits for nothing, or None."""
        return next((work for work in self.running() if work.waits_for is None), None)

    def missing_dependency(self) -> str | None:
        """Return the dependency that a stage waits for, or None if none is known to be away."""
        reasons = (work.waits_for for work in self._running)
        return next((reason for reason in reasons if reason not in (None, ANOTHER_BATCH)), None)

    def reason_not_to_read(self) -> str | None:
        """Return why the reader may stand still, or None.

        A stage may take long for a batch if it notes its progress: `StageWatch` looks at each step.
        """
        if any(work.has_steps for work in self._running):
            return "a stage makes progress"
        return self.missing_dependency()

    def restart_clock(self) -> None:
        """Count the time of all batches from now on: until now, they could not go on."""
        for work in self._running:
            work.since = self._clock()


def note_progress() -> None:
    """Note that the running stage makes progress with its batch. Outside of a stage, do nothing."""
    work = _CURRENT.get()
    if work is not None:
        work.since, work.has_steps = work.clock(), True


@contextmanager
def waiting_for(dependency: str) -> Iterator[None]:
    """Note that the running stage waits for a dependency that is away, or for `ANOTHER_BATCH`.

    Outside of a stage, do nothing.
    """
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
