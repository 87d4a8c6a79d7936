"""Which offsets a batch has read, also where offsets are missing, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.ingest import UnreadOffsets
from monitor.records import OffsetSpan
from monitor.stream.read_spans import ReadSpans
from tests.monitor.kafka_events import Event, Message


@dataclass(frozen=True)
class ReadMessage(Message):
    epoch: int = 0
    topic_id: str | None = "a"


def read(*offsets: int, partition: int = 0, epoch: int = 0, topic_id: str = "a") -> list[Event]:
    return [Event(ReadMessage(b"", offset, partition, epoch=epoch, topic_id=topic_id)) for offset in offsets]


def unread(first: int, last: int) -> Event:
    value: Any = UnreadOffsets(first, last, "expired-messages", "gone")
    return Event(ReadMessage(value, last))


def span(first: int, end: int, partition: int = 0, topic_id: str = "a") -> OffsetSpan:
    return OffsetSpan("tweets", topic_id, partition, first, end)


def test_offsets_between_two_messages_belong_to_the_span() -> None:
    assert ReadSpans().of(read(3, 4, 9)) == [span(3, 10)]


def test_a_batch_follows_the_one_before_it() -> None:
    spans = ReadSpans()
    assert spans.of(read(0, 1)) == [span(0, 2)]
    assert spans.of(read(5)) == [span(2, 6)]


def test_each_partition_has_its_own_span() -> None:
    assert ReadSpans().of([*read(1), *read(7, partition=1), *read(2)]) == [
        span(1, 3),
        span(7, 8, partition=1),
    ]


def test_what_was_skipped_by_a_jump_is_not_part_of_a_span() -> None:
    spans = ReadSpans()
    spans.of(read(0, 1))
    assert spans.of([*read(2), *read(100, 101, epoch=1)]) == [span(2, 3), span(100, 102)]
    assert spans.of(read(50, epoch=2)) == [span(50, 51)]


def test_another_topic_with_the_same_name_starts_a_span_of_its_own() -> None:
    spans = ReadSpans()
    spans.of(read(0, 1))
    assert spans.of([*read(2), *read(3, topic_id="b")]) == [span(2, 3), span(3, 4, topic_id="b")]


def test_offsets_that_nobody_could_read_are_left_out() -> None:
    assert ReadSpans().of([*read(0), unread(1, 8), *read(9)]) == [span(0, 1), span(9, 10)]


def test_an_earlier_offset_without_a_jump_is_read_again() -> None:
    assert ReadSpans().of(read(4, 5, 2)) == [span(4, 6), span(2, 3)]
