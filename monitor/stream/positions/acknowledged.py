"""How far each partition may be committed: after the last acknowledged message, and after what follows it.

Faust's own bookkeeping collects single offsets and the gaps between them. With a gap behind offset 0, it
never commits again, and it can step over offsets that were not acknowledged. Here, events are acknowledged in
order by one writer, so a partition needs one number.

Behind the last message there may be records that no worker gets: ends of transactions, aborted messages. They
are committed, too, once nothing before them is in work; otherwise a partition would never be without lag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Place = TypeVar("Place", bound=Hashable)
"""A partition."""


@dataclass(frozen=True, slots=True)
class ReadUntil:
    """How far the reader is in a partition.

    Attributes:
        delivered: offset after the last message that left the reader since its last jump; None if none did.
        position: the offset that it fetches next.
    """

    delivered: int | None
    position: int


class AcknowledgedOffsets(Generic[Place]):
    """What is acknowledged in each partition since the reader last jumped there.

    A jump is a new position: after a rebalance, after `topics rewind`, or because the log was replaced. Each
    starts an epoch. Messages of earlier epochs count for nothing: they may be of another topic with the same
    name, and those that still exist are read again.

    The reader's thread calls `jumped` and `read`, the writer's thread calls the rest.
    """

    def __init__(self) -> None:
        self._epochs: Counter[Place] = Counter()
        self._read: dict[Place, tuple[int, ReadUntil]] = {}
        self._next: dict[Place, tuple[int, int]] = {}

    def jumped(self, places: Iterable[Place]) -> None:
        """Start a new epoch in these partitions."""
        self._epochs.update(places)

    def epochs(self) -> dict[Place, int]:
        """Return the present epoch of each partition that has one."""
        return dict(self._epochs)

    def read(self, place: Place, last: int | None, position: int) -> None:
        """Note what the reader has fetched.

        Args:
            place: the partition.
            last: offset of the last message that it delivers now, or None if it delivers none.
            position: the offset that it fetches next.
        """
        epoch, before = self._epochs[place], self._read.get(place)
        delivered = before[1].delivered if before and before[0] == epoch else None
        self._read[place] = (epoch, ReadUntil(delivered if last is None else last + 1, position))

    def acknowledge(self, place: Place, epoch: int, offset: int) -> None:
        """Note that a message is done. Messages of a partition are acknowledged in their order."""
        if epoch == self._epochs[place]:
            self._next[place] = (epoch, offset + 1)

    def committable(self, place: Place) -> int | None:
        """Return the offset to commit, or None if nothing is known about the partition."""
        epoch, read, done = self._epochs[place], self._read.get(place), self._next.get(place)
        acknowledged = done[1] if done and done[0] == epoch else None
        if read is None or read[0] != epoch:
            return acknowledged
        until = read[1]
        return until.position if acknowledged == until.delivered else acknowledged
