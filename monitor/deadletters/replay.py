"""Send dead letters again, after the producer, the monitor or the letter itself was mended.

What was sent again is written down in the dead-letter topic itself, as a receipt in the letter's partition:
so a letter is not sent twice by a second replay, whatever was picked by the first, and the note lives as
long as the letter. The receipt is written after the broker has the tweet. A replay that dies in between
sends that one letter again next time, which does no harm: rows and alerts are keyed by the tweet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from monitor.deadletters.stored_letters import RECEIPT_FOR, SENT_TO, StoredLetter, read_letters
from monitor.errors import MonitorError, PoisonError
from monitor.ingest.contract import read_message
from monitor.kafka.clients import broker_away_error, closing_quietly, open_producer
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaProducer

REPLAYED_FROM = "ade-replayed-from"
"""Header of a tweet that was sent again: `topic:partition:offset` of its dead letter."""


class ReplayError(MonitorError):
    """What was asked of a replay cannot be done; nothing was sent."""


class ReplayResult(StrEnum):
    """What became of a letter in a replay."""

    SENT = "sent"
    WOULD_BE_SENT = "would be sent"
    SENT_BEFORE = "sent before"
    UNREADABLE = "still unreadable"
    CUT = "not whole"


@dataclass(frozen=True)
class Replayed:
    """A letter that was picked, what became of it, and why."""

    letter: StoredLetter
    outcome: ReplayResult
    detail: str


@dataclass(frozen=True)
class Selection:
    """Which letters to send: those of these names (all if there are none) and this reason (any if None)."""

    names: frozenset[str] = frozenset()
    reason: str | None = None

    def __contains__(self, letter: StoredLetter) -> bool:
        return (not self.names or letter.name in self.names) and self.reason in (None, letter.reason)


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay.

    Attributes:
        mended: the value to send instead of the letter's own; for a selection that names one letter.
        force: send letters that `read_message` refuses; they come back as new letters.
        again: send letters that were sent before.
        dry_run: send nothing, and tell what would be sent.
    """

    mended: bytes | None = None
    force: bool = False
    again: bool = False
    dry_run: bool = False


def replay(kafka: KafkaSettings, selection: Selection, options: ReplayOptions) -> Iterator[Replayed]:
    """Send the selected letters to the topic, one after the other, each confirmed by the broker.

    Raises:
        ReplayError: there is a mended value, but not one letter for it, or it is not readable either.
        RetryableError: the broker is away.
    """
    from kafka.errors import KafkaError

    if options.mended is not None and len(selection.names) != 1:
        raise ReplayError("a mended value is for one letter: name it with --offset P:O")
    if options.mended is not None and not options.force:
        try:
            read_message(options.mended)
        except PoisonError as error:
            raise ReplayError(f"the mended value is not readable either, {error}") from None
    with closing_quietly(
        open_producer(kafka, delivery_timeout_ms=15_000, request_timeout_ms=10_000)
    ) as producer:
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
        return Replayed(letter, ReplayResult.SENT_BEFORE, f"to {letter.sent_to}; --again sends it once more")
    value = letter.value if options.mended is None else options.mended
    if options.mended is None and not letter.whole:
        what = "the message was null" if letter.was_null else "the letter has only the start of the message"
        return Replayed(letter, ReplayResult.CUT, f"{what}: mend it with --value")
    key = letter.key
    try:
        key = read_message(value).id.encode()
    except PoisonError as error:
        if not options.force:
            return Replayed(letter, ReplayResult.UNREADABLE, str(error))
    if options.dry_run:
        return Replayed(letter, ReplayResult.WOULD_BE_SENT, "")
    return Replayed(letter, ReplayResult.SENT, f"to {_send(letter, key, value, kafka, producer)}")


def _send(
    letter: StoredLetter, key: bytes | None, value: bytes, kafka: KafkaSettings, producer: KafkaProducer
) -> str:
    origin = f"{kafka.dead_letter_topic}:{letter.name}".encode()
    written = _confirmed(producer.send(kafka.topic, value, key=key, headers=[(REPLAYED_FROM, origin)]))
    sent_to = f"{written.topic}:{written.partition}:{written.offset}"
    receipt = [(RECEIPT_FOR, str(letter.offset).encode()), (SENT_TO, sent_to.encode())]
    _confirmed(producer.send(kafka.dead_letter_topic, b"", headers=receipt, partition=letter.partition))
    return sent_to


def _confirmed(future: Any) -> Any:
    return future.get(timeout=20)
