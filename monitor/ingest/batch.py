"""A micro-batch: messages that were read together, and what the stages have made of them so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from models import Scorer
from monitor.errors import PoisonError
from monitor.ingest.future_dates import TOLERANCE, event_without_future_date, without_future_dates
from monitor.ingest.messages import SOURCE_HEADER, read_message
from monitor.ingest.unread_offsets import UnreadOffsets
from monitor.records import (
    ComplianceEvent,
    Origin,
    Post,
    Progress,
    ReceivedEvent,
    ReceivedPost,
    RefusedMessage,
    ScoredPost,
)


class KafkaMessage(Protocol):
    """The part of Faust's message that the monitor uses; `timestamp` is in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Any


class KafkaEvent(Protocol):
    """The part of Faust's event that the monitor uses."""

    message: KafkaMessage


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order in which they were read, and the results of the stages so far.

    Each stage returns the batch with its results added. In the end each post is in `scored` or `skipped`, or
    its message is in `refused`.

    Attributes:
        id: correlation id, part of every log line about this batch.
        events: all Kafka events, to be acknowledged in this order once the batch is written.
        posts: the posts of the messages that are to be scored; a message may have several, or none.
        skipped: posts in other languages, which are counted and not scored; `lang` is their language.
        compliance: the deletions and other compliance events of the messages, in their order.
        scored: posts with their predictions.
        refused: messages that are invalid, or that have a post that is invalid or cannot be scored.
        scorer: the bundle for all posts of this batch, also if another one comes meanwhile; None before a
            stage has chosen it.
    """

    id: str
    events: tuple[KafkaEvent, ...]
    posts: tuple[ReceivedPost, ...] = ()
    compliance: tuple[ReceivedEvent, ...] = ()
    skipped: tuple[ReceivedPost, ...] = ()
    scored: tuple[ScoredPost, ...] = ()
    refused: tuple[RefusedMessage, ...] = ()
    scorer: Scorer | None = field(default=None, repr=False, compare=False)

    @property
    def bundle(self) -> str:
        """Version of the bundle that scores this batch.

        Raises:
            ValueError: no stage has chosen it yet.
        """
        if self.scorer is None:
            raise ValueError(f"batch {self.id} has no scorer yet: a stage before this one must choose it")
        return self.scorer.version

    def progress(self) -> list[Progress]:
        """Return how far each partition is done once this batch is written.

        That is after its last event, even if it has a higher offset before: then the reader went back within
        this batch.
        """
        last = {(event.message.topic, event.message.partition): event.message for event in self.events}
        return [
            Progress(topic, partition, message.offset + 1, topic_id_of(message))
            for (topic, partition), message in sorted(last.items(), key=lambda item: item[0])
        ]


def start_batch(events: Sequence[KafkaEvent]) -> Batch:
    """Return a batch of events that no stage has looked at yet."""
    return Batch(uuid4().hex[:12], tuple(events))


def read_events(batch: Batch) -> Batch:
    """Read each message of a batch into posts and compliance events; a message with a fault is refused.

    Of a message with several posts, the valid ones are kept, and its letter names the first fault. Dates in
    the future are replaced (`future_dates`).
    """
    now = datetime.now(UTC)
    posts: list[ReceivedPost] = []
    compliance: list[ReceivedEvent] = []
    refused: list[RefusedMessage] = []
    for event in batch.events:
        origin = origin_of(event.message)
        if isinstance(origin.value, UnreadOffsets):
            error = PoisonError(origin.value.reason, f"{origin.value.span}: {origin.value.detail}")
            refused.append(RefusedMessage(origin, error))
            continue
        faults: list[PoisonError] = []
        try:
            items = read_message(origin.value, origin.source)
        except PoisonError as error:
            items = [error]
        for item in items:
            if isinstance(item, Post):
                posts.append(ReceivedPost(without_future_dates(item, origin.timestamp, now), origin))
            elif isinstance(item, ComplianceEvent):
                compliance.append(ReceivedEvent(event_without_future_date(item, now), origin))
            else:
                faults.append(item)
        if faults:
            refused.append(RefusedMessage(origin, _summary(faults, len(items))))
    return replace(batch, posts=tuple(posts), compliance=tuple(compliance), refused=tuple(refused))


def _summary(faults: Sequence[PoisonError], items: int) -> PoisonError:
    first = faults[0]
    if items == 1:
        return first
    detail = f"{len(faults)} of {items} posts in the message; the first: {first.detail}"
    return PoisonError(first.reason, detail)


def topic_id_of(message: KafkaMessage) -> str | None:
    """Return the id of the topic that a message was read from, which our reader adds, or None."""
    topic_id: str | None = getattr(message, "topic_id", None)
    return topic_id


def _source_header(message: KafkaMessage) -> str | None:
    """Return the value of the header `source`, or None. Faust has headers as a mapping or as pairs."""
    headers = message.headers
    if not headers:
        return None
    value = dict(headers).get(SOURCE_HEADER)
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def origin_of(message: KafkaMessage) -> Origin:
    """Return the record of a message. Now replaces a timestamp that is missing, before 1970 or in the future.

    Producers may send any 64-bit number of milliseconds, more than a date can hold.
    """
    seconds = message.timestamp or 0.0
    now = datetime.now(UTC)
    is_past = 0 < seconds < (now + TOLERANCE).timestamp()
    timestamp = datetime.fromtimestamp(seconds, UTC) if is_past else now
    return Origin(
        message.topic,
        message.partition,
        message.offset,
        timestamp,
        message.key,
        message.value,
        _source_header(message),
        topic_id_of(message),
    )
