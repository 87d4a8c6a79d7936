"""Move the offsets of the workers' group, so that messages are read again, or left out.

Reading a message twice changes nothing, so going back is always safe. Going forward leaves messages out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import FatalError
from monitor.kafka.clients import open_consumer
from monitor.kafka.listeners import broker_away_error
from monitor.kafka.topic_identity import commit_note, look_up_topic
from monitor.kafka.topics import PartitionState, topic_states
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer

COMMIT_TIMEOUT_MS: Final = 30_000
"""Milliseconds until the broker has to confirm the new offsets."""


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
    from kafka import TopicPartition
    from kafka.errors import KafkaError

    milliseconds = int(since.timestamp() * 1000)
    with open_consumer(kafka) as consumer:
        try:
            places = [
                TopicPartition(kafka.topic, p) for p in consumer.partitions_for_topic(kafka.topic) or ()
            ]
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
    from kafka.errors import CommitFailedError, KafkaError

    note = commit_note(look_up_topic(kafka).id)
    with open_consumer(kafka, group_id=kafka.group_id) as consumer:
        try:
            _commit(consumer, moves, note)
        except CommitFailedError:
            raise FatalError(
                f"workers of the group {kafka.group_id} are running, so its offsets cannot be moved",
                "stop them, and wait until their session has ended (kafka.session_timeout)",
            ) from None
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None


def _commit(consumer: KafkaConsumer, moves: Sequence[Move], note: str) -> None:
    from kafka import OffsetAndMetadata, TopicPartition

    offsets: dict[Any, Any] = {
        TopicPartition(move.state.topic, move.state.partition): OffsetAndMetadata(move.target, note, -1)
        for move in moves
    }
    consumer.assign(list(offsets))
    consumer.commit(offsets, timeout_ms=COMMIT_TIMEOUT_MS)
