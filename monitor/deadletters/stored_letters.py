"""The letters in the dead-letter topic, and the receipts that show which of them were sent again."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.deadletters import letter
from monitor.errors import PoisonError, RetryableError
from monitor.ingest import SOURCE_HEADER, parse_json
from monitor.ingest.sources import source_of
from monitor.kafka import broker_away_error, end_offsets, open_consumer, partitions_of
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

RECEIPT_FOR: Final = "ade-receipt-for"
"""Header of a receipt: the offset of the letter that was sent again. Both are in the same partition."""

SENT_TO: Final = "ade-sent-to"
"""Header of a receipt: `topic:partition:offset` that the letter's tweet has now."""

MOVED_FROM: Final = "ade-moved-from"
"""Header of a letter that was written again when others were removed: its name before, such as "0:12"."""

_NUMBER: Final = re.compile("-?[0-9]{1,19}")

READ_TIMEOUT: Final = 20.0
"""Seconds to wait for the next letter before reading is given up."""


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter in the dead-letter topic.

    Attributes:
        partition: partition of the dead-letter topic.
        offset: offset in that partition.
        key: key of the original message, perhaps cut.
        value: value of the original message, perhaps cut.
        headers: what the worker wrote; see `monitor.deadletters.letter`.
        sent_to: `topic:partition:offset` to which a replay has sent it, or None.
    """

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, str]
    sent_to: str | None

    @property
    def name(self) -> str:
        """The name of the letter for people: partition and offset, such as "0:12"."""
        return f"{self.partition}:{self.offset}"

    @property
    def reason(self) -> str:
        """Why the message could not be used."""
        return self.headers.get(letter.REASON, "unknown")

    @property
    def was_null(self) -> bool:
        """True if the original value was null."""
        return self.headers.get(letter.VALUE_LENGTH) == "-1"

    @property
    def source(self) -> str | None:
        """Name of the source: from the header of the message, or detected from its shape; None if neither."""
        if SOURCE_HEADER in self.headers:
            return self.headers[SOURCE_HEADER]
        try:
            document = parse_json(self.value)
        except PoisonError:
            return None
        part = document[0] if isinstance(document, list) and document else document
        source = source_of(part) if isinstance(part, dict) else None
        return source.name if source else None

    @property
    def whole(self) -> bool:
        """True if the letter has the whole original value."""
        return self.headers.get(letter.VALUE_LENGTH, str(len(self.value))) == str(len(self.value))

    def record(self) -> dict[str, Any]:
        """Return the letter as a JSON object. A value that is not UTF-8 is also there in base64."""
        text = self.value.decode(errors="replace")
        return {
            "letter": self.name,
            "reason": self.reason,
            "detail": self.headers.get(letter.DETAIL),
            "origin": {
                "topic": self.headers.get(letter.TOPIC),
                "partition": number_in(self.headers.get(letter.PARTITION)),
                "offset": number_in(self.headers.get(letter.OFFSET)),
                "timestamp": self.headers.get(letter.TIMESTAMP),
            },
            "dead_lettered_at": self.headers.get(letter.DEAD_LETTERED_AT),
            "moved_from": self.headers.get(MOVED_FROM),
            "source": self.source,
            "key": None if self.key is None else self.key.decode(errors="replace"),
            "value": None if self.was_null else text,
            "value_base64": None if text.encode() == self.value else base64.b64encode(self.value).decode(),
            "value_length": number_in(self.headers.get(letter.VALUE_LENGTH)),
            "whole": self.whole,
            "sent_to": self.sent_to,
        }


def read_letters(kafka: KafkaSettings) -> Iterator[StoredLetter]:
    """Yield all letters that are in the dead-letter topic now, oldest first in each partition.

    The topic is read twice, first for its receipts, so only those are kept in memory. No consumer group is
    joined and no offset is committed.

    Raises:
        RetryableError: the broker is away, or sends nothing for `READ_TIMEOUT`.
    """
    from kafka.errors import KafkaError

    topic = kafka.dead_letter_topic
    with open_consumer(kafka) as consumer:
        try:
            places = partitions_of(kafka, consumer, topic)
            if not places:
                return
            ends = end_offsets(consumer, places)
            sent: dict[tuple[int, int], str] = {}
            for message in read_messages(consumer, ends):
                headers = headers_of(message)
                if (letter_offset := receipt_offset(headers)) is not None:
                    sent[message.partition, letter_offset] = headers.get(SENT_TO, "")
            for message in read_messages(consumer, ends):
                headers = headers_of(message)
                if receipt_offset(headers) is None:
                    place = (message.partition, message.offset)
                    yield StoredLetter(*place, message.key, message.value or b"", headers, sent.get(place))
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None


def read_messages(
    consumer: KafkaConsumer,
    ends: Mapping[TopicPartition, int],
    starts: Mapping[TopicPartition, int] | None = None,
) -> Iterator[Any]:
    """Yield all messages before `ends`, letters and receipts, from `starts` or the start of each partition.

    The partitions of `ends` become the consumer's assignment.

    Raises:
        RetryableError: the broker sends nothing for `READ_TIMEOUT`.
        KafkaError: the broker is away.
    """
    consumer.assign(list(ends))
    consumer.seek_to_beginning(*ends)
    for place, start in (starts or {}).items():
        consumer.seek(place, start)
    quiet_since = time.monotonic()
    while any(consumer.position(place) < end for place, end in ends.items()):
        batches = consumer.poll(timeout_ms=500)
        if not batches and time.monotonic() - quiet_since > READ_TIMEOUT:
            raise RetryableError(f"the broker sent no dead letters for {READ_TIMEOUT:g} s", "try again")
        for place, messages in batches.items():
            yield from (message for message in messages if message.offset < ends[place])
        if batches:
            # Only now: the time that the caller needed for the messages does not count.
            quiet_since = time.monotonic()


def headers_of(message: Any) -> dict[str, str]:
    """Return the headers of a message as text."""
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers}


def receipt_offset(headers: Mapping[str, str]) -> int | None:
    """Return the offset of the letter for which these are the headers of a receipt, or None for a letter."""
    return number_in(headers.get(RECEIPT_FOR))


def number_in(text: str | None) -> int | None:
    """Return the number in a header, or None if it has none. Anybody may write to the topic."""
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None
