"""Read the dead-letter topic: its letters, and the receipts that say which of them were sent again."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.deadletters import letter
from monitor.errors import RetryableError
from monitor.kafka.clients import broker_away_error, open_consumer
from monitor.kafka.topics import end_offsets
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer

RECEIPT_FOR: Final = "ade-receipt-for"
"""Header of a receipt: the offset of the letter that was sent again; both lie in one partition."""

SENT_TO: Final = "ade-sent-to"
"""Header of a receipt: `topic:partition:offset` that the letter's tweet has now."""

_PATIENCE: Final = 20.0


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter as it lies in the dead-letter topic.

    Attributes:
        partition: of the dead-letter topic; with `offset` the name of the letter, "0:12".
        offset: in that partition.
        key: the key of the original message, perhaps cut.
        value: its value, perhaps cut.
        headers: what the worker wrote; see `monitor.deadletters.letter`.
        sent_to: `topic:partition:offset` where a replay has sent it, or None.
    """

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, str]
    sent_to: str | None

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.partition}:{self.offset}"

    @property
    def reason(self) -> str:
        """Why it is here."""
        return self.headers.get(letter.REASON, "unknown")

    @property
    def was_null(self) -> bool:
        """Whether the original value was null."""
        return self.headers.get(letter.VALUE_LENGTH) == "-1"

    @property
    def whole(self) -> bool:
        """Whether the value is all of the original one."""
        return self.headers.get(letter.VALUE_LENGTH, str(len(self.value))) == str(len(self.value))

    def record(self) -> dict[str, Any]:
        """Give it as a JSON object; a value that is not UTF-8 comes in base64 as well."""
        text = self.value.decode(errors="replace")
        return {
            "letter": self.name,
            "reason": self.reason,
            "detail": self.headers.get(letter.DETAIL),
            "origin": {
                "topic": self.headers.get(letter.TOPIC),
                "partition": _number(self.headers.get(letter.PARTITION)),
                "offset": _number(self.headers.get(letter.OFFSET)),
                "timestamp": self.headers.get(letter.TIMESTAMP),
            },
            "dead_lettered_at": self.headers.get(letter.DEAD_LETTERED_AT),
            "key": None if self.key is None else self.key.decode(errors="replace"),
            "value": None if self.was_null else text,
            "value_base64": None if text.encode() == self.value else base64.b64encode(self.value).decode(),
            "value_length": _number(self.headers.get(letter.VALUE_LENGTH)),
            "whole": self.whole,
            "sent_to": self.sent_to,
        }


def read_letters(kafka: KafkaSettings) -> Iterator[StoredLetter]:
    """Give all letters that are in the dead-letter topic now, oldest first in each partition.

    The topic is read twice, the receipts first, so memory grows with the receipts alone. No group is
    joined and no offset committed.

    Raises:
        RetryableError: the broker is away, or stops handing out messages.
    """
    from kafka import TopicPartition
    from kafka.errors import KafkaError

    topic = kafka.dead_letter_topic
    with open_consumer(kafka) as consumer:
        try:
            places = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic) or ())]
            if not places:
                return
            ends = end_offsets(consumer, places)
            sent: dict[tuple[int, int], str] = {}
            for message in _messages(consumer, ends):
                headers = _headers(message)
                if (letter_offset := _number(headers.get(RECEIPT_FOR))) is not None:
                    sent[message.partition, letter_offset] = headers.get(SENT_TO, "")
            for message in _messages(consumer, ends):
                headers = _headers(message)
                if _number(headers.get(RECEIPT_FOR)) is None:
                    place = (message.partition, message.offset)
                    yield StoredLetter(*place, message.key, message.value or b"", headers, sent.get(place))
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None


def _messages(consumer: KafkaConsumer, ends: dict[Any, int]) -> Iterator[Any]:
    """Give all messages before `ends`, from the start of each partition."""
    consumer.seek_to_beginning(*ends)
    quiet_since = time.monotonic()
    while any(consumer.position(place) < end for place, end in ends.items()):
        batches = consumer.poll(timeout_ms=500)
        if batches:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _PATIENCE:
            raise RetryableError(f"the broker hands out no more dead letters for {_PATIENCE:g} s: try again")
        for place, messages in batches.items():
            yield from (message for message in messages if message.offset < ends[place])
        if batches:
            # Time that our reader took is not the broker's.
            quiet_since = time.monotonic()


def _headers(message: Any) -> dict[str, str]:
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers}


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else None
