"""Move the offsets of the workers' group, so that messages are read again, or left out.

Reading a message twice changes nothing, so going back is always safe. Going forward leaves messages out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from monitor.errors import FatalError
from monitor.kafka.clients import open_admin, open_consumer
from monitor.kafka.listeners import broker_away_error
from monitor.kafka.topic_identity import commit_note, look_up_topic
from monitor.kafka.topics import PartitionState, topic_states
from monitor.kafka.visible_topics import partitions_of
from monitor.settings import KafkaSettings

COMMIT_TIMEOUT_MS: Final = 30_000
"""Milliseconds until the broker has to confirm the new offsets."""

JOIN_TIMEOUT: Final = 60.0
"""Seconds to wait for the other members of a group, which may be dead."""


@dataclass(frozen=True)
class Move:
    """A partition whose offset moves.

    Attributes:
        state: the partition before.
        target: offset that the group will read next.
    """

    state: PartitionState
    target: int

    @property
    def to_read(self) -> int:
        """Messages that the group will read."""
        return self.state.end - self.target

    @property
    def skipped(self) -> int:
        """Unread messages that the group will never read."""
        first = self.state.first
        unread_from = first if self.state.committed is None else max(first, self.state.committed)
        return max(0, self.target - min(unread_from, self.state.end))


def plan_moves(
    kafka: KafkaSettings,
    target_of: Callable[[PartitionState], int],
    partitions: Sequence[int] = (),
) -> list[Move]:
    """Return where each partition of the topic would go, within the messages that exist. Blocking.

    Args:
        kafka: the broker, the topic and the group.
        target_of: returns the wanted offset of a partition.
        partitions: only these; all if empty.

    Raises:
        RetryableError: no broker answers.
        FatalError: there is no such topic or partition.
    """
    states = [state for state in topic_states(kafka) if state.topic == kafka.topic]
    known = {state.partition for state in states}
    if not states:
        raise FatalError(f"there is no topic {kafka.topic}", "`ade-monitor topics create` creates it")
    if unknown := sorted(set(partitions) - known):
        raise FatalError(
            f"{kafka.topic} has no partition {', '.join(map(str, unknown))}",
            f"it has 0 to {max(known)}",
        )
    return [
        Move(state, min(state.end, max(state.first, target_of(state))))
        for state in states
        if not partitions or state.partition in partitions
    ]


def offsets_since(kafka: KafkaSettings, since: datetime) -> Mapping[int, int]:
    """Return for each partition the offset of the first message that arrived at `since` or later. Blocking.

    Partitions without such a message are missing.

    Raises:
        RetryableError: no broker answers.
    """
    from kafka.errors import KafkaError

    milliseconds = int(since.timestamp() * 1000)
    with open_consumer(kafka) as consumer:
        try:
            places = partitions_of(kafka, consumer, kafka.topic)
            answers = consumer.offsets_for_times(dict.fromkeys(places, milliseconds)) if places else {}
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
    # The embedded broker answers for every partition, with an earlier time if there is no such message.
    return {
        place.partition: answer.offset
        for place, answer in answers.items()
        if answer and answer.timestamp >= milliseconds
    }


def move_offsets(kafka: KafkaSettings, moves: Sequence[Move]) -> None:
    """Commit the new offsets for the group. Blocking.

    Raises:
        RetryableError: no broker answers.
        FatalError: workers of the group are running.
    """
    from kafka import OffsetAndMetadata, TopicPartition
    from kafka.errors import CommitFailedError, KafkaError

    note = commit_note(look_up_topic(kafka).id)
    offsets: dict[Any, Any] = {
        TopicPartition(move.state.topic, move.state.partition): OffsetAndMetadata(move.target, note, -1)
        for move in moves
    }
    try:
        with open_consumer(kafka, group_id=kafka.group_id) as consumer:
            consumer.assign(list(offsets))
            try:
                consumer.commit(offsets, timeout_ms=COMMIT_TIMEOUT_MS)
                return
            except CommitFailedError:
                pass
        if not _is_state_known(kafka) and _commit_as_member(kafka, offsets):
            return
    except KafkaError as error:
        raise broker_away_error(kafka, error) from None
    raise FatalError(
        f"workers of the group {kafka.group_id} are running, so its offsets cannot be moved",
        "stop them, and wait until their session has ended (kafka.session_timeout)",
    )


def _is_state_known(kafka: KafkaSettings) -> bool:
    """Return True if the broker knows whether the group has members, so that its refusal is final."""
    with open_admin(kafka) as admin:
        states = [
            group["group_state"] for group in admin.list_groups() if group["group_id"] == kafka.group_id
        ]
    return states != ["Unknown"]


def _commit_as_member(kafka: KafkaSettings, offsets: Mapping[Any, Any]) -> bool:
    """Join the group, and commit if it has no other member; return True if that was done.

    The embedded broker takes offsets only from members, once a group has had any.
    """
    deadline = time.monotonic() + JOIN_TIMEOUT
    options = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 2_000, "max_poll_records": 1}
    with open_consumer(kafka, group_id=kafka.group_id, **options) as consumer:
        consumer.subscribe([kafka.topic])
        while not consumer.assignment():
            if time.monotonic() > deadline:
                return False
            consumer.poll(500)
        if len(consumer.assignment()) < len(consumer.partitions_for_topic(kafka.topic) or ()):
            return False
        consumer.commit(dict(offsets), timeout_ms=COMMIT_TIMEOUT_MS)
    return True
