"""Which topic this is: one that is deleted and created again has another id, and its offsets start at 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from monitor.kafka.clients import open_admin
from monitor.kafka.listeners import broker_away_error
from monitor.settings import KafkaSettings

_PREFIX: Final = "topic="
_NO_ID: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """A topic as it is now.

    Attributes:
        id: its id, or None if the broker gives topics none (Kafka before 2.8).
        partitions: number of partitions, 0 if there is no such topic.
    """

    id: str | None
    partitions: int

    def replaces(self, before: str | None) -> bool:
        """Return True if `before` is the id of another topic, which had the same name."""
        return None not in (self.id, before) and self.id != before


def look_up_topic(kafka: KafkaSettings) -> TopicIdentity:
    """Return the topic as it is now. Blocking.

    Raises:
        RetryableError: no broker answers.
    """
    from kafka.errors import KafkaError

    with open_admin(kafka) as admin:
        try:
            [described] = admin.describe_topics([kafka.topic])
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
    topic_id = str(described.get("topic_id") or _NO_ID)
    return TopicIdentity(None if topic_id == _NO_ID else topic_id, len(described.get("partitions") or ()))


def commit_note(topic_id: str | None) -> str:
    """Return the note of a committed offset. From it, a later worker knows the topic, and that we wrote it.

    Args:
        topic_id: None if it is not known.
    """
    return f"{_PREFIX}{topic_id or ''}"


def is_our_note(note: str | None) -> bool:
    """Return True if a note is from `commit_note`, so that the offset was committed by this program."""
    return bool(note and note.startswith(_PREFIX))


def noted_topic(note: str | None) -> str | None:
    """Return the topic's id in the note of a committed offset, or None if it has none."""
    return (note.removeprefix(_PREFIX) or None) if note and is_our_note(note) else None


def noted_in(notes: Iterable[str | None]) -> str | None:
    """Return the topic's id that the notes of several offsets have, or None if it is not the same in all.

    Notes without an id do not matter: their commits were made while nobody knew it.
    """
    ids = {noted_topic(note) for note in notes} - {None}
    return ids.pop() if len(ids) == 1 else None
