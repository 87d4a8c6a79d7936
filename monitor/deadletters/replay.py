"""Send dead letters again, once the producer, the monitor or the letter itself is fixed.

For each letter that was sent, a receipt goes into the letter's partition of the dead-letter topic. So a
second replay does not send it again, whichever letters it selects, and the receipt lives as long as the
letter. The receipt is written after the broker has the message. If a replay dies in between, the next one
sends that letter once more. This does no harm, because rows and alerts are keyed by the post.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from monitor.deadletters.stored_letters import RECEIPT_FOR, SENT_TO, StoredLetter, read_letters
from monitor.errors import MonitorError, PoisonError
from monitor.ingest import SOURCE_HEADER, read_message
from monitor.kafka import broker_away_error, closing_quietly, open_producer
from monitor.records import ComplianceEvent, Post
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaProducer

REPLAYED_FROM: Final = "ade-replayed-from"
"""Header of a message that was sent again: `topic:partition:offset` of its dead letter."""

_CONFIRMATION_TIMEOUT: Final = 20.0


class ReplayError(MonitorError):
    """A replay is impossible as requested, and nothing was sent."""


class ReplayResult(StrEnum):
    """What a replay did with a letter."""

    SENT = "sent"
    WOULD_BE_SENT = "would be sent"
    SENT_BEFORE = "sent before"
    UNREADABLE = "still unreadable"
    CUT = "not whole"


@dataclass(frozen=True)
class Replayed:
    """A selected letter, what the replay did with it, and why."""

    letter: StoredLetter
    outcome: ReplayResult
    detail: str


@dataclass(frozen=True)
class Selection:
    """Which letters to send: those with these names (all if empty) and with this reason (any if None)."""

    names: frozenset[str] = frozenset()
    reason: str | None = None

    def __contains__(self, letter: StoredLetter) -> bool:
        return (not self.names or letter.name in self.names) and self.reason in (None, letter.reason)


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay.

    Attributes:
        new_value: the value to send instead of the letter's own, for a selection of one letter.
        force: also send letters that `read_message` refuses; they come back as new letters.
        again: also send letters that were sent before.
        dry_run: send nothing, and report what would be sent.
    """

    new_value: bytes | None = None
    force: bool = False
    again: bool = False
    dry_run: bool = False


def replay_letters(kafka: KafkaSettings, selection: Selection, options: ReplayOptions) -> Iterator[Replayed]:
    """Send the selected letters to their topic, one after the other, each confirmed by the broker.

    Raises:
        ReplayError: there is a new value, but it is invalid or not for exactly one letter.
        RetryableError: the broker is away.
    """
    from kafka.errors import KafkaError

    if options.new_value is not None and len(selection.names) != 1:
        raise ReplayError("a new value is for exactly one letter", "name it with --offset P:O")
    if options.new_value is not None and not options.force:
        try:
            _key_of(options.new_value, None)
        except PoisonError as error:
            raise ReplayError(f"the new value is not valid either ({error})") from None
    producer = open_producer(kafka, delivery_timeout_ms=15_000, request_timeout_ms=10_000)
    with closing_quietly(producer):
        for letter in read_letters(kafka):
            if letter not in selection:
                continue
            try:
                yield _replay_one(letter, kafka, producer, options)
            except KafkaError as error:
                raise broker_away_error(kafka, error) from None


def _replay_one(
    letter: StoredLetter, kafka: KafkaSettings, producer: KafkaProducer, options: ReplayOptions
) -> Replayed:
    if letter.sent_to is not None and not options.again:
        detail = f"to {letter.sent_to}; --again sends it once more"
        return Replayed(letter, ReplayResult.SENT_BEFORE, detail)
    if options.new_value is None and not letter.whole:
        fact = "the message was null" if letter.was_null else "the letter has only the start of the message"
        return Replayed(letter, ReplayResult.CUT, f"{fact}: give the value with --value")
    value, source = letter.value, letter.headers.get(SOURCE_HEADER)
    if options.new_value is not None:
        value, source = options.new_value, None
    key = letter.key
    try:
        key = _key_of(value, source) or key
    except PoisonError as error:
        if not options.force:
            return Replayed(letter, ReplayResult.UNREADABLE, str(error))
    if options.dry_run:
        return Replayed(letter, ReplayResult.WOULD_BE_SENT, "")
    return Replayed(letter, ReplayResult.SENT, f"to {_send(letter, key, value, source, kafka, producer)}")


def _key_of(value: bytes, source: str | None) -> bytes | None:
    """Return the key of a message: the id of its first post, or of its first event; None if it has neither.

    Raises:
        PoisonError: the value, or a part of it, breaks the contract.
    """
    items = read_message(value, source)
    if fault := next((item for item in items if isinstance(item, PoisonError)), None):
        raise fault
    posts = [item for item in items if isinstance(item, Post)]
    if posts:
        return posts[0].id.encode()
    ids = [item.post_id or item.author_id for item in items if isinstance(item, ComplianceEvent)]
    return ids[0].encode() if ids and ids[0] else None


def _send(
    letter: StoredLetter,
    key: bytes | None,
    value: bytes,
    source: str | None,
    kafka: KafkaSettings,
    producer: KafkaProducer,
) -> str:
    """Send a letter and then its receipt, and return `topic:partition:offset` of the message."""
    headers = [(REPLAYED_FROM, f"{kafka.dead_letter_topic}:{letter.name}".encode())]
    if source is not None:
        headers.append((SOURCE_HEADER, source.encode()))
    written = _confirmed(producer.send(kafka.topic, value, key=key, headers=headers))
    sent_to = f"{written.topic}:{written.partition}:{written.offset}"
    receipt = [(RECEIPT_FOR, str(letter.offset).encode()), (SENT_TO, sent_to.encode())]
    _confirmed(producer.send(kafka.dead_letter_topic, b"", headers=receipt, partition=letter.partition))
    return sent_to


def _confirmed(future: Any) -> Any:
    return future.get(timeout=_CONFIRMATION_TIMEOUT)
