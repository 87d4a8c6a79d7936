"""Which offsets a batch has read without a gap: all that lies between its messages has no message.

Posts without a row are counted by these offsets. Offsets of aborted transactions, for example, are between
two messages that the reader delivered one after the other, so they belong to the span of both. Offsets that
nobody could read do not: they may be read later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.ingest import KafkaEvent, UnreadOffsets, topic_id_of
from monitor.records import OffsetSpan


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far a partition was read since the reader last jumped there."""

    epoch: int
    topic_id: str | None
    end: int


class ReadSpans:
    """Follows the batches of a worker in their order, so that nothing is left out between two of them."""

    def __init__(self) -> None:
        self._reached: dict[tuple[str, int], _Reached] = {}

    def of(self, events: Iterable[KafkaEvent]) -> list[OffsetSpan]:
        """Return the offsets that a batch has read. Batches are passed once each, in their order."""
        spans: dict[tuple[str, int], list[OffsetSpan]] = {}
        for event in events:
            message = event.message
            place, offset = (message.topic, message.partition), message.offset
            epoch, topic_id = getattr(message, "epoch", 0), topic_id_of(message)
            before = self._reached.get(place)
            self._reached[place] = _Reached(epoch, topic_id, offset + 1)
            if isinstance(message.value, UnreadOffsets):
                continue
            follows = before is not None and (before.epoch, before.topic_id) == (epoch, topic_id)
            first = before.end if before and follows and before.end <= offset else offset
            of_place = spans.setdefault(place, [])
            if of_place and (of_place[-1].end, of_place[-1].topic_id) == (first, topic_id):
                first = of_place.pop().first
            of_place.append(OffsetSpan(message.topic, topic_id, message.partition, first, offset + 1))
        return [span for place in sorted(spans) for span in spans[place]]
