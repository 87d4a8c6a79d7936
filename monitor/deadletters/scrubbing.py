"""Remove the letters of deleted posts and authors from the dead-letter topic.

The letters that stay are written again at the end of their partition, with their receipts. Then everything
before them is deleted. So letters get new names, and a header has the old one. If this dies in between,
nothing is lost: some letters are there twice until the next scrub.

Two scrubs of one topic at the same time would copy each other's copies. The caller must exclude that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.deadletters.letter_ids import letter_ids
from monitor.deadletters.record_deletion import finish_recreation, remove_letters
from monitor.deadletters.stored_letters import (
    MOVED_FROM,
    headers_of,
    number_in,
    read_messages,
    receipt_offset,
)
from monitor.deadletters.survivors import Place, ScrubPlan
from monitor.ingest import SOURCE_HEADER
from monitor.kafka import broker_away_error, end_offsets, open_consumer, partitions_of
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

Removed = Callable[[Sequence[str]], Collection[str]]
"""Returns those of some ids, of posts or authors, whose letters must go. Most strings are not ids of any."""

IDS_AT_ONCE: Final = 2_000
"""Number of ids after which `Removed` is called."""


@dataclass(frozen=True, slots=True)
class ScrubResult:
    """How many letters the topic had, and how many of them were removed (in a dry run: would be)."""

    letters: int
    removed: int


def scrub_letters(kafka: KafkaSettings, removed: Removed, *, dry_run: bool = False) -> ScrubResult:
    """Remove the letters that have an id of a removed post or author. Blocking.

    Raises:
        RetryableError: the broker is away.
        ScrubError: the broker does not allow the deletion, or cannot delete.
    """
    from kafka.errors import KafkaError

    topic = kafka.dead_letter_topic
    try:
        if not dry_run:
            finish_recreation(kafka)
        with open_consumer(kafka) as consumer:
            places = partitions_of(kafka, consumer, topic)
            if not places:
                return ScrubResult(0, 0)
            ends = end_offsets(consumer, places)
            plan = _plan(consumer, ends, removed)
        if plan.removed and not dry_run:
            remove_letters(kafka, ends, plan)
        return ScrubResult(plan.letters, len(plan.removed))
    except KafkaError as error:
        raise broker_away_error(kafka, error) from None


def _plan(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], removed: Removed) -> ScrubPlan:
    """Read all letters, and decide which of them go."""
    plan = ScrubPlan()
    waiting: dict[Place, set[str]] = {}
    unknown: set[str] = set()
    copies: dict[Place, Place] = {}

    def look_up() -> None:
        gone = set(removed(sorted(unknown)))
        plan.removed.update(place for place, ids in waiting.items() if ids & gone)
        waiting.clear()
        unknown.clear()

    first: dict[int, int] = {}
    for message in read_messages(consumer, ends):
        headers = headers_of(message)
        first.setdefault(message.partition, message.offset)
        letter_offset = receipt_offset(headers)
        if letter_offset is not None:
            plan.replayed.add((message.partition, letter_offset))
            continue
        plan.letters += 1
        place = (message.partition, message.offset)
        original = _place(headers.get(MOVED_FROM))
        if original and original[0] == place[0] and first[place[0]] <= original[1] < place[1]:
            copies[place] = original
        waiting[place] = letter_ids(message.key, message.value or b"", headers.get(SOURCE_HEADER))
        unknown |= waiting[place]
        if len(unknown) >= IDS_AT_ONCE:
            look_up()
    if unknown:
        look_up()
    plan.originals = _confirmed_copies(consumer, ends, copies) if copies else {}
    plan.letters -= len(plan.originals)
    plan.removed -= plan.originals.keys()
    return plan


def _confirmed_copies(
    consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], copies: Mapping[Place, Place]
) -> dict[Place, Place]:
    """Return the copies that have the same content as the letter that they name."""
    digests = dict(_digests(consumer, ends, {*copies, *copies.values()}))
    return {
        copy: original
        for copy, original in copies.items()
        if original in digests and digests[copy] == digests[original]
    }


def _digests(
    consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], places: Collection[Place]
) -> Iterator[tuple[Place, bytes]]:
    for message in read_messages(consumer, ends):
        place = (message.partition, message.offset)
        if place in places and receipt_offset(headers_of(message)) is None:
            content = (message.key, message.value, [h for h in message.headers if h[0] != MOVED_FROM])
            yield place, hashlib.sha256(repr(content).encode()).digest()


def _place(name: Any) -> Place | None:
    """Return the place that a letter's name stands for, or None."""
    partition, _, offset = (name or "").partition(":")
    place = number_in(partition), number_in(offset)
    return None if place[0] is None or place[1] is None else (place[0], place[1])
