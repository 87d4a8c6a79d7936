"""Notice that a log ends before the offset that is read next.

Kafka answers such a fetch with an error. Tansu, the embedded broker, answers as if nothing new had arrived.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, TypeVar

Place = TypeVar("Place", bound=Hashable)
"""A partition."""

PATIENCE: Final = 5.0
"""Seconds. After a change of leaders, a broker may report an end that is too low for a moment."""


class LogEnds:
    """Remembers since when the ends of logs lie before their readers.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[Any, tuple[float, int]] = {}

    def cut_logs(self, states: Iterable[tuple[Place, Any]]) -> list[tuple[Place, int]]:
        """Return the partitions whose log has ended before the reader's position for `PATIENCE`.

        Args:
            states: each partition with aiokafka's state of it: `position`, and with each answer `highwater`
                and `timestamp`.

        Returns:
            Each with the offset where its log ends.
        """
        now, since, cut = self._clock(), {}, []
        for place, state in states:
            end = state.highwater
            if end is None or not state.has_valid_position or end >= state.position:
                continue
            first, answered = self._since.get(place, (now, state.timestamp))
            if now - first >= PATIENCE and state.timestamp != answered:
                cut.append((place, end))
            else:
                since[place] = (first, answered)
        self._since = since
        return cut
