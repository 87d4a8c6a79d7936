"""What happens if the next offset of a partition is not in its log any more.

Either the broker removed messages before they were read, or the log was replaced: its topic was deleted and
created again, or it was cut. `kafka.on_offset_reset` decides whether the worker goes on with the oldest
message that exists, or stops. Both are logged as errors.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import structlog

from monitor.errors import FatalError
from monitor.ingest import EXPIRED, UnreadOffsets
from monitor.settings import KafkaSettings

log = structlog.get_logger()

GOES_ON: Final = "earliest"
"""The value of `kafka.on_offset_reset` with which the worker goes on."""


def report_expired(kafka: KafkaSettings, place: Any, position: int, first: int) -> UnreadOffsets:
    """Log that messages were removed before they were read, and return the offsets for a dead letter.

    Args:
        kafka: has the policy.
        place: the partition.
        position: the offset that was to be read next.
        first: the oldest offset that still exists.

    Raises:
        FatalError: the policy is to stop.
    """
    count = first - position
    _apply_policy(
        kafka,
        "messages were removed before they were read",
        f"{count:,} offsets of {kafka.topic}/{place.partition} ({position} to {first - 1}) were removed by "
        "the broker before a worker read them: they exceeded the topic's retention, or somebody deleted them",
        "give the topic a longer retention, or start more workers",
        partition=place.partition,
        first_offset=position,
        last_offset=first - 1,
        lost=count,
    )
    detail = f"{count:,} offsets were removed before a worker read them"
    return UnreadOffsets(position, first - 1, EXPIRED, detail)


def report_cut(kafka: KafkaSettings, place: Any, position: int, end: int) -> None:
    """Log that a log ends before the next offset, so that it must have been cut or replaced.

    Raises:
        FatalError: the policy is to stop.
    """
    _apply_policy(
        kafka,
        "the log ends before the next offset",
        f"{kafka.topic}/{place.partition} ends at offset {end}, but the next offset to read is {position}: "
        "the log was cut, or the topic was created again",
        "read the partition from its start, because reading a post twice changes nothing",
        partition=place.partition,
        position=position,
        end=end,
    )


def report_replaced(
    kafka: KafkaSettings, partitions: Collection[int], before: str | None, now: str | None
) -> None:
    """Log that the topic was deleted and created again.

    Raises:
        FatalError: the policy is to stop.
    """
    _apply_policy(
        kafka,
        "the topic was created again",
        f"{kafka.topic} was deleted and created again: its committed offsets are those of another topic",
        "read it from its start, because reading a post twice changes nothing",
        partitions=sorted(partitions),
        topic_id=now,
        former_topic_id=before,
    )


def _apply_policy(kafka: KafkaSettings, event: str, fact: str, advice: str, **fields: object) -> None:
    if kafka.on_offset_reset != GOES_ON:
        raise FatalError(
            fact,
            f"{advice}. `ade-monitor topics rewind --to earliest` accepts what is there; with "
            f"kafka.on_offset_reset = {GOES_ON}, workers do so on their own",
        )
    log.error(event, topic=kafka.topic, problem=fact, **fields)
