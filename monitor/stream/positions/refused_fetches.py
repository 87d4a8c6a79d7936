"""Find where a partition can be read again whose broker refuses our offset for ever.

A broker finds an offset by the headers of the batches before it. If one of them was damaged on disk, it
answers `CORRUPT_MESSAGE` for the offsets behind it, up to the next entry of its index. aiokafka repeats such
a fetch for ever, and the messages behind the damage would wait for ever, too.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import structlog
from aiokafka.client import ConnectionGroup
from aiokafka.errors import CorruptRecordException, KafkaError, NoError
from aiokafka.protocol.fetch import FetchRequest

from monitor.ingest import DAMAGED_BATCH, UnreadOffsets

log = structlog.get_logger()

PATIENCE: Final = 5.0
"""Seconds without an answer to a partition's fetches, after which the broker is queried about it, and between
two such queries."""

_FEW_BYTES: Final = 1_000


class RefusedFetches:
    """Looks for partitions whose fetches are not answered, because their log is damaged.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[Any, tuple[float, Any]] = {}

    def unanswered(self, states: Iterable[tuple[Any, Any]]) -> list[tuple[Any, int]]:
        """Return the partitions that had no answer for `PATIENCE`, each with its position; then wait again.

        Args:
            states: each partition with aiokafka's state of it: `position`, and `timestamp` of the last
                answer that was not an error.
        """
        now, since, late = self._clock(), {}, []
        for place, state in states:
            if not state.has_valid_position:
                continue
            seen = (state.position, state.timestamp)
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
        """Return for each partition that its broker refuses to read the offsets to leave out.

        Args:
            consumer: aiokafka's.
            states: see `unanswered`.
        """
        damaged = {}
        for place, position in self.unanswered(states):
            try:
                if not await _is_refused(consumer, place, position):
                    continue
                end = (await consumer.end_offsets([place]))[place]
                following = await first_readable(
                    position, end, lambda offset, place=place: _is_refused(consumer, place, offset)
                )
            except KafkaError as error:
                log.warning("a fetch is refused, and the broker does not report more", problem=str(error))
                continue
            if following > position:
                damaged[place] = _named(place, position, following - 1)
        return damaged


async def first_readable(position: int, end: int, is_refused: Callable[[int], Awaitable[bool]]) -> int:
    """Return the first offset after `position` that the broker does not refuse, or `end`.

    It tries offsets further and further away, then halves the distance: a fetch for each of a million
    messages would take hours.

    Args:
        position: an offset that is refused.
        end: the offset after the last message.
        is_refused: queries the broker about an offset.
    """
    refused, step = position, 1
    while (readable := refused + step) < end and await is_refused(readable):
        refused, step = readable, 2 * step
    readable = min(readable, end)
    while readable - refused > 1:
        middle = (refused + readable) // 2
        if await is_refused(middle):
            refused = middle
        else:
            readable = middle
    return readable


async def _is_refused(consumer: Any, place: Any, offset: int) -> bool:
    """Return True if the broker reports damage for a fetch at this offset.

    Raises:
        KafkaError: it reports something else, or does not answer.
    """
    client = consumer._client
    leader = client.cluster.leader_for_partition(place)
    if leader in (None, -1):
        raise KafkaError(f"{place.topic}/{place.partition} has no leader now")
    part = (place.partition, offset, _FEW_BYTES)
    request = FetchRequest(0, 1, _FEW_BYTES, 0, [(place.topic, [part])], rack_id="")
    # Not the connection of the ordinary fetches, each of which may wait there for new messages.
    response = await client.send(leader, request, group=ConnectionGroup.COORDINATION)
    [(_, [(_, code, *_)])] = response.topics
    if code in (NoError.errno, CorruptRecordException.errno):
        return bool(code)
    raise KafkaError(f"error {code} for offset {offset} of {place.topic}/{place.partition}")


def _named(place: Any, first: int, last: int) -> UnreadOffsets:
    detail = "the broker refuses to read its log here (CORRUPT_MESSAGE)"
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
