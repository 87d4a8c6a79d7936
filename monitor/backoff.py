"""Pauses between attempts: longer after each failure, up to a limit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before each further attempt.

    Attributes:
        first: pause after the first failure, in seconds.
        longest: limit of all pauses, in seconds.
        factor: how much longer each pause is than the one before.
        step: seconds that are added to each pause, for pauses that grow linearly (with a factor of 1).
        jitter: largest share of a pause that is taken off at random, from 0 to 1. With jitter, processes
            that failed together do not try again together.
    """

    first: float
    longest: float
    factor: float = 2.0
    step: float = 0.0
    jitter: float = 0.0

    def pauses(self) -> Iterator[float]:
        """Yield the pauses in seconds, without end. Call it again after a success to start over."""
        pause = min(self.first, self.longest)
        while True:
            yield pause * random.uniform(1.0 - self.jitter, 1.0)  # noqa: S311 - not used for secrets
            pause = min(pause * self.factor + self.step, self.longest)
