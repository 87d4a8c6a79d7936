"""Find where a partition can be read again whose broker returns nothing at our offset for ever.

A broker finds an offset by the headers of the batches before it. If the length in one of them was damaged
on disk, it answers `CORRUPT_MESSAGE` for the offsets behind it, or as if there were none, up to the next
entry of its index. aiokafka repeats such a fetch for ever, and the messages behind would wait for ever, too.

An answer with nothing is a weak sign, because a broker that reads slowly, for example from remote storage,
sends the same. So it counts only if the broker gives it again and again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import structlog
from aiokafka.client import ConnectionGroup
from aiokafka.errors import CorruptRecordException, KafkaError, NoError
from aiokafka.protocol.fetch import FetchRequest

from monitor.ingest import DAMAGED_BATCH, UnreadOffsets
from monitor.stream.positions.damaged_batches import LARGEST_GAP

log = structlog.get_logger()

PATIENCE: Final = 5.0
"""Seconds without messages that the broker claims to have, after which it is queried about them, and between
two such queries."""

LOOK_MS: Final = 1_500
"""Milliseconds that a broker may look for messages; Faust's fetches allow the same."""

ANSWER_TIMEOUT: Final = 10.0
"""Seconds for the answer to a query. Meanwhile, nothing else is read."""

EMPTY_ROUNDS: Final = 3
"""Times that a broker must answer for the same offsets with nothing, before they are left out."""


class Answer(Enum):
    """What a broker returns for an offset before the end of its log."""

    MESSAGES = "messages"
    NOTHING = "nothing, although there are messages"
    DAMAGE = "an error: its log is damaged"


Query = Callable[[int], Awaitable[Answer]]
"""Returns the broker's answer for an offset of a partition."""


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Offsets that a broker does not read: from `first` to `last`. If `is_empty`, it did not say why."""

    first: int
    last: int
    is_empty: bool


@dataclass(slots=True)
class _EmptyAnswers:
    """How often a broker had nothing for the same offsets, and when it was last queried."""

    offsets: _Unreadable
    rounds: int
    at: float


class RefusedFetches:
    """Looks for partitions whose fetches return nothing, because their log is damaged.

    Args:
        pause: seconds between two queries about the same offsets. All `EMPTY_ROUNDS` together must take less
            than `worker.stall_timeout`, after which the watch over the reader ends the process.
        clock: returns seconds.
    """

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._since: dict[Any, tuple[float, Any]] = {}
        self._empty: dict[Any, _EmptyAnswers] = {}

    def waiting(self, states: Iterable[tuple[Any, Any]]) -> list[tuple[Any, int]]:
        """Return the partitions that got nothing for `PATIENCE`, each with its position; then wait again.

        Args:
            states: each partition with aiokafka's state of it: `position`, and from the last answer that was
                not an error `timestamp`, `highwater` and `lso`, the end of what may be read.
        """
        now, since, late = self._clock(), {}, []
        for place, state in states:
            if not state.has_valid_position:
                continue
            end = state.highwater if state.lso in (None, -1) else state.lso
            # While the broker has more, new answers do not count.
            answered = None if end is not None and end > state.position else state.timestamp
            seen = (state.position, answered)
            first, before = self._since.get(place, (now, seen))
            if before != seen:
                first = now
            elif now - first >= PATIENCE:
                late.append((place, state.position))
                first = now
            since[place] = (first, seen)
        self._since = since
        return late

    async def unreadable(self, consumer: Any, states: Iterable[tuple[Any, Any]]) -> dict[Any, UnreadOffsets]:
        """Return for each partition that its broker cannot read at our offset the offsets to leave out.

        Args:
            consumer: aiokafka's.
            states: see `waiting`.
        """
        damaged = {}
        for place, position in self.waiting(states):
            before = self._empty.get(place)
            if before and before.offsets.first == position and self._clock() - before.at < self._pause:
                continue
            self._empty.pop(place, None)
            try:
                offsets = await _unreadable_from(consumer, place, position)
            except KafkaError as error:
                offsets = None
                log.warning("a partition gets nothing, and its broker does not say why", problem=str(error))
            if offsets is not None and self._is_certain(place, offsets, before):
                damaged[place] = _named(place, offsets.first, offsets.last)
        return damaged

    def _is_certain(self, place: Any, offsets: _Unreadable, before: _EmptyAnswers | None) -> bool:
        if not offsets.is_empty:
            return True
        rounds = before.rounds + 1 if before and before.offsets == offsets else 1
        is_small = offsets.last - offsets.first < LARGEST_GAP
        if is_small and rounds >= EMPTY_ROUNDS:
            return True
        self._empty[place] = _EmptyAnswers(offsets, rounds, self._clock())
        log.warning(
            "a broker has nothing for offsets that it claims to have",
            topic=place.topic,
            partition=place.partition,
            first_offset=offsets.first,
            last_offset=offsets.last,
            rounds=rounds,
            problem="its log may be damaged, or it reads slowly"
            if is_small
            else f"these are more than {LARGEST_GAP:,} offsets, so none is left out",
        )
        return False


async def _unreadable_from(consumer: Any, place: Any, position: int) -> _Unreadable | None:
    """Return the offsets from `position` on that cannot be read, or None if that one can be.

    Raises:
        KafkaError: the broker does not answer, or reports something else than damage.
    """

    async def query(offset: int) -> Answer:
        return await _answer_for(consumer, place, offset)

    answer = await query(position)
    if answer is Answer.MESSAGES:
        return None
    end = int((await consumer.end_offsets([place]))[place])
    following = await first_readable(position, end, query)
    if following >= end and answer is Answer.NOTHING:
        return None  # this proves nothing; if it lasts, the watch over the reader reports it
    if following <= position:
        return None
    answers = [await query(offset) for offset in (position, following - 1)]
    if Answer.MESSAGES in answers:
        return None  # it was slow before, and no message may be left out for that
    return _Unreadable(position, following - 1, is_empty=Answer.NOTHING in answers)


async def first_readable(position: int, end: int, query: Query) -> int:
    """Return the first offset after `position` that the broker can read, or `end`.

    It tries offsets further and further away, then halves the distance: a fetch for each of a million
    messages would take hours.

    Args:
        position: an offset that it cannot read.
        end: the offset after the last message.
        query: queries the broker about an offset.
    """
    unreadable, step = position, 1
    while (readable := unreadable + step) < end and await query(readable) is not Answer.MESSAGES:
        unreadable, step = readable, 2 * step
    readable = min(readable, end)
    while readable - unreadable > 1:
        middle = (unreadable + readable) // 2
        if await query(middle) is Answer.MESSAGES:
            readable = middle
        else:
            unreadable = middle
    return readable


async def _answer_for(consumer: Any, place: Any, offset: int) -> Answer:
    """Return the broker's answer to a fetch at this offset.

    Raises:
        KafkaError: it reports something else than damage, or does not answer.
    """
    client = consumer._client
    leader = client.cluster.leader_for_partition(place)
    if leader in (None, -1):
        raise KafkaError(f"{place.topic}/{place.partition} has no leader now")
    # As an ordinary fetch, so that the answer is the same. The embedded broker needs some time to look.
    size = consumer._fetcher._max_partition_fetch_bytes
    part = (place.partition, offset, size)
    request = FetchRequest(LOOK_MS, 1, size, 0, [(place.topic, [part])], rack_id="")
    # Not the connection of the ordinary fetches, each of which may wait there for new messages.
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            response = await client.send(leader, request, group=ConnectionGroup.COORDINATION)
    except TimeoutError:
        raise KafkaError(f"no answer for {place.topic}/{place.partition} in {ANSWER_TIMEOUT:g} s") from None
    partitions = [partition for _, partitions in response.topics for partition in partitions]
    if not partitions:  # the embedded broker, if it had no time to look
        raise KafkaError(f"an empty answer for offset {offset} of {place.topic}/{place.partition}")
    [(_, code, highwater, *_, batches)] = partitions
    if code == CorruptRecordException.errno:
        return Answer.DAMAGE
    if code != NoError.errno:
        raise KafkaError(f"error {code} for offset {offset} of {place.topic}/{place.partition}")
    return Answer.NOTHING if not batches and highwater > offset else Answer.MESSAGES


def _named(place: Any, first: int, last: int) -> UnreadOffsets:
    detail = "the broker cannot read its log here"
    log.error(
        "messages cannot be read, a dead letter names them",
        topic=place.topic,
        partition=place.partition,
        first_offset=first,
        last_offset=last,
        reason=DAMAGED_BATCH,
        problem=detail,
    )
    return UnreadOffsets(first, last, DAMAGED_BATCH, detail)
