"""How long to wait between two tries: longer each time, never in step with other workers."""

from __future__ import annotations

import random
from collections.abc import Iterator


def pauses(longest: float, *, first: float = 0.1) -> Iterator[float]:
    """Yield pauses in seconds without end: doubling from `first` to `longest`, shortened at random."""
    pause = min(first, longest)
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
        pause = min(pause * 2, longest)
