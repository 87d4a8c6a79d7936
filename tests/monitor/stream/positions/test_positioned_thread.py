"""The reader takes no messages that it cannot deliver."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState

from monitor.errors import FatalError
from monitor.ingest import DAMAGED_BATCH, UnreadOffsets
from monitor.kafka import TopicIdentity
from monitor.settings import KafkaSettings
from monitor.stream.positions.acknowledged import AcknowledgedOffsets
from monitor.stream.positions.log_ends import PATIENCE, LogEnds
from monitor.stream.positions.positioned_thread import PositionedThread
from monitor.stream.positions.refused_fetches import RefusedFetches
from tests.monitor.stream.clocks import Clock

CUT, WHOLE = TopicPartition("tweets", 0), TopicPartition("tweets", 1)


class Broker:
    """What aiokafka's consumer knows about two partitions; counts how often messages are taken from it."""

    def __init__(self) -> None:
        self._subscription = SubscriptionState()
        self._subscription.assign_from_user({CUT, WHOLE})
        self._fetcher = SimpleNamespace(
            _closed=False,
            _subscriptions=SimpleNamespace(fetch_context=nullcontext),
            fetched_records=self.fetched_records,
        )
        self._closed = False
        self.taken = 0
        for place in (CUT, WHOLE):
            self.state(place).seek(100)
            self.answer(place, 100)

    def state(self, place: TopicPartition) -> Any:
        return self._subscription.subscription.assignment.state_value(place)

    def answer(self, place: TopicPartition, end: int) -> None:
        state = self.state(place)
        state.highwater = state.lso = end
        state.timestamp = (state.timestamp or 0) + 1

    async def fetched_records(self, *_: Any, **__: Any) -> dict[Any, list[Any]]:
        self.taken += 1
        return {}

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.state(place).seek(offset)


def reader_of(kafka: KafkaSettings, clock: Clock) -> PositionedThread:
    """Return a reader that was not started: its thread and its app play no part here."""
    reader = PositionedThread.__new__(PositionedThread)
    reader.consumer = SimpleNamespace(flow_active=True)
    reader.kafka, reader.acknowledged, reader._ends = kafka, AcknowledgedOffsets(), LogEnds(clock)
    reader._refused = RefusedFetches(kafka.empty_answer_pause, clock)
    reader.topic, reader.lacks_topic = TopicIdentity("one", 2), False
    return reader


async def see_the_cut(broker: Broker, reader: PositionedThread, clock: Clock) -> None:
    broker.answer(CUT, 6)
    await reader._fetch_records(broker, {CUT, WHOLE}, timeout=0)
    clock.now += PATIENCE
    broker.answer(CUT, 6)
    broker.answer(WHOLE, 100)
    broker.taken = 0


async def test_a_reader_that_stops_at_a_cut_log_takes_no_messages_of_other_partitions() -> None:
    clock, broker = Clock(), Broker()
    reader = reader_of(KafkaSettings(on_offset_reset="stop"), clock)
    await see_the_cut(broker, reader, clock)
    with pytest.raises(FatalError):
        await reader._fetch_records(broker, {CUT, WHOLE}, timeout=0)
    assert broker.taken == 0


async def test_a_reader_that_goes_on_reads_a_cut_log_from_its_start() -> None:
    clock, broker = Clock(), Broker()
    reader = reader_of(KafkaSettings(on_offset_reset="earliest"), clock)
    await see_the_cut(broker, reader, clock)
    await reader._fetch_records(broker, {CUT, WHOLE}, timeout=0)
    assert (broker.state(CUT).position, broker.state(WHOLE).position) == (0, 100)
    assert (reader.acknowledged.committable(CUT), broker.taken) == (0, 1)


class DamageIn(RefusedFetches):
    """Finds damage in one partition once."""

    def __init__(self, place: TopicPartition, unread: UnreadOffsets) -> None:
        super().__init__(60.0)
        self.damage = {place: unread}

    async def unreadable(self, *_: Any) -> dict[Any, UnreadOffsets]:
        damage, self.damage = self.damage, {}
        return damage


async def test_no_messages_are_taken_before_damage_is_left_out() -> None:
    broker = Broker()
    reader = reader_of(KafkaSettings(), Clock())
    reader._refused = DamageIn(CUT, UnreadOffsets(100, 104, DAMAGED_BATCH, "damaged"))
    records = await reader._fetch_records(broker, {CUT, WHOLE}, timeout=0)
    assert (list(records), broker.taken) == ([CUT], 0)
    assert broker.state(CUT).position == 105
    assert await reader._fetch_records(broker, {CUT, WHOLE}, timeout=0) == {}
    assert broker.taken == 1
