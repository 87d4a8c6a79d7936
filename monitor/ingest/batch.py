"""A micro-batch: the events that Faust took together, and what they turned out to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from monitor.deadletters import DeadLetter, dead_letter
from monitor.errors import PoisonError
from monitor.ingest.contract import read_message
from monitor.records import Origin, Progress, ReceivedTweet

# The message contract takes dates up to then, too.
_YEAR_2100 = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


class KafkaMessage(Protocol):
    """What we read of Faust's message: the raw bytes and where they stood; `timestamp` in epoch seconds."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None


class KafkaEvent(Protocol):
    """What we read of Faust's event."""

    message: KafkaMessage


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order they were read, sorted into tweets and dead letters.

    Attributes:
        id: correlation id; it stands in every log line about this batch.
        events: all of them, to be acknowledged in this order once the batch is written.
        tweets: the messages that could be read.
        letters: the messages that could not.
    """

    id: str
    events: tuple[KafkaEvent, ...]
    tweets: tuple[ReceivedTweet, ...]
    letters: tuple[DeadLetter, ...]

    def progress(self) -> list[Progress]:
        """Tell how far each partition is done once this batch is written."""
        last: dict[tuple[str, int], int] = {}
        for event in self.events:
            place = (event.message.topic, event.message.partition)
            last[place] = max(last.get(place, -1), event.message.offset)
        return [Progress(topic, partition, offset + 1) for (topic, partition), offset in sorted(last.items())]


def read_batch(events: Sequence[KafkaEvent]) -> Batch:
    """Validate each event; what cannot be read becomes a dead letter, and nothing is left out."""
    tweets: list[ReceivedTweet] = []
    letters: list[DeadLetter] = []
    for event in events:
        message = event.message
        origin = origin_of(message)
        try:
            tweets.append(ReceivedTweet(read_message(message.value), origin))
        except PoisonError as error:
            letters.append(dead_letter(error, origin=origin, key=message.key, value=message.value))
    return Batch(uuid4().hex[:12], tuple(events), tuple(tweets), tuple(letters))


def origin_of(message: KafkaMessage) -> Origin:
    """Say where a message stood; the present stands for a timestamp that is missing or out of all reason.

    Producers may write any 64-bit number of milliseconds, more than a date can hold.
    """
    stamp = message.timestamp
    plausible = stamp and 0 < stamp < _YEAR_2100
    timestamp = datetime.fromtimestamp(stamp, UTC) if plausible else datetime.now(UTC)
    return Origin(message.topic, message.partition, message.offset, timestamp)
