"""A reader that cannot look its topic up takes the id from its commits, or seeks again once it is known."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import TopicPartition

from monitor.errors import RetryableError
from monitor.kafka import TopicIdentity, commit_note
from monitor.settings import KafkaSettings
from monitor.stream.positions import positioned_thread
from monitor.stream.positions.acknowledged import AcknowledgedOffsets
from monitor.stream.positions.foreign_commits import ForeignCommits
from monitor.stream.positions.positioned_thread import NO_OFFSET, PositionedThread

FIRST, SECOND = TopicPartition("tweets", 0), TopicPartition("tweets", 1)
NEVER = (NO_OFFSET, "")


class Broker:
    """What aiokafka's consumer knows about two partitions: what is committed, and where we are."""

    def __init__(self, first: tuple[int, str], second: tuple[int, str]) -> None:
        self.committed = {FIRST: first, SECOND: second}
        self.positions: dict[TopicPartition, int] = {}
        self._coordinator = self

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.committed)

    async def fetch_committed_offsets(self, _: Any) -> dict[TopicPartition, tuple[int, str]]:
        return self.committed

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.positions[place] = offset


@pytest.fixture(autouse=True)
def _broker_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_: KafkaSettings) -> TopicIdentity:
        raise RetryableError("no answer")

    monkeypatch.setattr(positioned_thread, "look_up_topic", look_up)


def reader_of(broker: Broker) -> PositionedThread:
    """Return a reader that was not started: its thread and its app play no part here."""
    reader = PositionedThread.__new__(PositionedThread)
    reader.kafka, reader.acknowledged = KafkaSettings(), AcknowledgedOffsets()
    reader.topic, reader.lacks_topic = None, False
    reader._foreign, reader._consumer = ForeignCommits(reader.kafka), broker
    return reader


async def test_the_id_comes_from_the_commits_while_the_broker_does_not_answer() -> None:
    broker = Broker((7, commit_note("one")), NEVER)
    reader = reader_of(broker)
    await reader._seek_to_committed(None)
    assert reader.topic is not None
    assert (reader.topic.id, reader.lacks_topic) == ("one", False)
    assert broker.positions == {FIRST: 7, SECOND: 0}


async def test_without_such_a_commit_the_reader_lacks_its_topic_until_it_seeks_again() -> None:
    broker = Broker((7, commit_note(None)), NEVER)
    reader = reader_of(broker)
    await reader._seek_to_committed(None)
    assert (reader.topic, reader.lacks_topic) == (None, True)
    await reader._seek_to_committed(TopicIdentity("one", 2))
    assert (reader.topic, reader.lacks_topic) == (TopicIdentity("one", 2), False)
    assert broker.positions == {FIRST: 7, SECOND: 0}


async def test_the_second_seek_notices_that_a_commit_is_of_another_topic() -> None:
    broker = Broker((7, commit_note("one")), (9, commit_note("two")))
    reader = reader_of(broker)
    await reader._seek_to_committed(None)
    assert (reader.lacks_topic, broker.positions) == (True, {FIRST: 7, SECOND: 9})
    await reader._seek_to_committed(TopicIdentity("two", 2))
    assert (reader.lacks_topic, broker.positions) == (False, {FIRST: 0, SECOND: 9})
