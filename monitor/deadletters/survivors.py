"""Write the letters that stay again, with their receipts, because Kafka cannot delete single records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from monitor.deadletters.stored_letters import MOVED_FROM, RECEIPT_FOR, headers_of, receipt_offset

if TYPE_CHECKING:
    from kafka import KafkaProducer

Place = tuple[int, int]
"""Partition and offset."""

AT_ONCE: Final = 500
"""Number of letters that are sent before the broker's confirmations are waited for."""

CONFIRMATION_TIMEOUT: Final = 20.0
"""Seconds to wait for the broker's confirmation of a letter."""


@dataclass
class ScrubPlan:
    """What happens to the letters of a dead-letter topic.

    Attributes:
        letters: number of letters.
        removed: letters that go.
        replayed: letters that have a receipt.
        originals: for each copy that an interrupted scrub left, the letter of which it is a copy.
    """

    letters: int = 0
    removed: set[Place] = field(default_factory=set)
    replayed: set[Place] = field(default_factory=set)
    originals: dict[Place, Place] = field(default_factory=dict)

    @property
    def partitions(self) -> list[int]:
        """The partitions from which letters are removed."""
        return sorted({partition for partition, _ in self.removed})


class SurvivorCopy:
    """Sends messages that stay to a topic, each to its partition, with its key, value, headers and time.

    A receipt gets the new offset of its letter. Receipts of letters that are gone are left out.

    Args:
        producer: an idempotent producer.
        topic: where the messages go.
        plan: which letters go.
        keep_names: leave the header with the earlier name as it is.
    """

    def __init__(
        self, producer: KafkaProducer, topic: str, plan: ScrubPlan, *, keep_names: bool = False
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._removed: Set[Place] = plan.removed | plan.originals.keys()
        self._originals: Mapping[Place, Place] = plan.originals
        self._replayed: Set[Place] = {plan.originals.get(place, place) for place in plan.replayed}
        self._keep_names = keep_names
        self._queued: dict[Place, Any] = {}
        self._moved: dict[Place, int] = {}

    def send(self, messages: Iterable[Any]) -> None:
        """Send the messages that stay, in their order, and wait until the broker has all of them.

        Raises:
            KafkaError: the broker is away, or refuses a message.
        """
        for message in messages:
            headers = self._new_headers(message)
            if headers is None:
                continue
            # A message needs a key or a value.
            value = b"" if message.value is None and message.key is None else message.value
            place = (message.partition, message.offset)
            self._queued[place] = self._producer.send(
                self._topic,
                value,
                key=message.key,
                headers=headers,
                partition=message.partition,
                # Otherwise the letter would live longer than the topic's retention.
                timestamp_ms=message.timestamp if message.timestamp > 0 else None,
            )
            if len(self._queued) >= AT_ONCE:
                self._wait()
        self._wait()

    def _new_headers(self, message: Any) -> list[tuple[str, bytes]] | None:
        """Return the headers of a message that stays, or None if it goes."""
        place = (message.partition, message.offset)
        letter_offset = receipt_offset(headers_of(message))
        if letter_offset is None:
            if place in self._removed:
                return None
            if self._keep_names:
                return list(message.headers)
            return _with_header(message, MOVED_FROM, f"{place[0]}:{place[1]}")
        letter = (message.partition, letter_offset)
        letter = self._originals.get(letter, letter)
        if letter in self._queued:
            self._wait()
        if letter not in self._moved:
            return None
        return _with_header(message, RECEIPT_FOR, str(self._moved[letter]))

    def _wait(self) -> None:
        for place, confirmation in self._queued.items():
            written = confirmation.get(timeout=CONFIRMATION_TIMEOUT)
            if place in self._replayed:
                self._moved[place] = written.offset
        self._queued.clear()


def _with_header(message: Any, name: str, text: str) -> list[tuple[str, bytes]]:
    """Return the headers of a message with this one added or replaced."""
    return [*(header for header in message.headers if header[0] != name), (name, text.encode())]
