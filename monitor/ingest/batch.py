"""A micro-batch: messages that were read together, and what the stages have made of them so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from monitor.errors import PoisonError
from monitor.ingest.contract import read_message
from monitor.records import Origin, Progress, ReceivedTweet, RefusedMessage, ScoredTweet

# The message contract, too, takes dates before 2100 only.
_YEAR_2100 = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


class KafkaMessage(Protocol):
    """The part of Faust's message that the monitor uses; `timestamp` is in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None


class KafkaEvent(Protocol):
    """The part of Faust's event that the monitor uses."""

    message: KafkaMessage


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order in which they were read, and the results of the stages so far.

    Each stage returns the batch with its results added. In the end each event is in `scored` or in `refused`.

    Attributes:
        id: correlation id, part of every log line about this batch.
        events: all events, to be acknowledged in this order once the batch is written.
        tweets: tweets of the valid messages.
        scored: tweets with their predictions.
        refused: messages that are invalid, or that the model cannot score.
    """

    id: str
    events: tuple[KafkaEvent, ...]
    tweets: tuple[ReceivedTweet, ...] = ()
    scored: tuple[ScoredTweet, ...] = ()
    refused: tuple[RefusedMessage, ...] = ()

    def progress(self) -> list[Progress]:
        """Return how far each partition is done once this batch is written."""
        last: dict[tuple[str, int], int] = {}
        for event in self.events:
            place = (event.message.topic, event.message.partition)
            last[place] = max(last.get(place, 0), event.message.offset)
        return [Progress(topic, partition, offset + 1) for (topic, partition), offset in sorted(last.items())]


def start_batch(events: Sequence[KafkaEvent]) -> Batch:
    """Return a batch of events that no stage has looked at yet."""
    return Batch(uuid4().hex[:12], tuple(events))


def read_events(batch: Batch) -> Batch:
    """Validate each event of a batch: it becomes a tweet or a refused message."""
    tweets: list[ReceivedTweet] = []
    refused: list[RefusedMessage] = []
    for event in batch.events:
        origin = origin_of(event.message)
        try:
            tweets.append(ReceivedTweet(read_message(origin.value), origin))
        except PoisonError as error:
            refused.append(RefusedMessage(origin, error))
    return replace(batch, tweets=tuple(tweets), refused=tuple(refused))


def origin_of(message: KafkaMessage) -> Origin:
    """Return the record of a message. Now replaces a timestamp that is missing or not between 1970 and 2100.

    Producers may send any 64-bit number of milliseconds, more than a date can hold.
    """
    seconds = message.timestamp or 0.0
    timestamp = datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _YEAR_2100 else datetime.now(UTC)
    return Origin(message.topic, message.partition, message.offset, timestamp, message.key, message.value)
