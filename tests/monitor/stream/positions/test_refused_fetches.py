"""The end of the offsets that a broker refuses to read is found with few queries."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from monitor.settings import KafkaSettings
from monitor.stream.positions import refused_fetches
from monitor.stream.positions.damaged_batches import LARGEST_GAP
from monitor.stream.positions.refused_fetches import (
    EMPTY_ROUNDS,
    PATIENCE,
    Answer,
    RefusedFetches,
    first_readable,
)
from tests.monitor.stream.clocks import Clock

EMPTY_PAUSE = KafkaSettings().empty_answer_pause


@given(st.integers(0, 10_000), st.integers(1, 2_000_000), st.integers(0, 2_000_000))
async def test_the_first_readable_offset_is_found(position: int, refused: int, behind: int) -> None:
    queries = 0

    async def query(offset: int) -> Answer:
        nonlocal queries
        queries += 1
        return Answer.DAMAGE if offset < position + refused else Answer.MESSAGES

    assert await first_readable(position, position + refused + behind, query) == position + refused
    assert queries < 50


def state(position: int, *, end: int, timestamp: int = 1) -> SimpleNamespace:
    return SimpleNamespace(
        has_valid_position=True, position=position, timestamp=timestamp, highwater=end, lso=end
    )


def test_a_partition_without_an_answer_is_late_and_others_are_not() -> None:
    clock = Clock()
    silent, read = state(7, end=7), state(0, end=0)
    states = [("silent", silent), ("read", read)]
    refused = RefusedFetches(EMPTY_PAUSE, clock)
    assert refused.waiting(states) == []
    clock.now += PATIENCE
    read.timestamp += 1
    assert refused.waiting(states) == [("silent", 7)]
    assert refused.waiting(states) == []
    clock.now += PATIENCE
    silent.position += 1
    read.timestamp += 1
    assert refused.waiting(states) == []


def test_a_partition_that_gets_nothing_of_what_the_broker_has_is_late() -> None:
    clock, empty = Clock(), state(7, end=20)
    refused = RefusedFetches(EMPTY_PAUSE, clock)
    assert refused.waiting([("empty", empty)]) == []
    clock.now += PATIENCE
    empty.timestamp += 1
    assert refused.waiting([("empty", empty)]) == [("empty", 7)]
    empty.lso = 7  # an open transaction
    clock.now += PATIENCE
    empty.timestamp += 1
    assert refused.waiting([("empty", empty)]) == []


@pytest.mark.parametrize("answers", [True, False])
async def test_a_broker_that_answers_with_nothing_or_not_at_all_damages_nothing(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(*_: object, **__: object) -> SimpleNamespace:
        if not answers:
            await asyncio.sleep(3600)
        return SimpleNamespace(topics=[])  # as Tansu does if it has no time to look

    monkeypatch.setattr(refused_fetches, "ANSWER_TIMEOUT", 0.1)
    client = SimpleNamespace(send=send, cluster=SimpleNamespace(leader_for_partition=lambda _: 1))
    consumer = SimpleNamespace(_client=client, _fetcher=SimpleNamespace(_max_partition_fetch_bytes=1))
    clock, place = Clock(), TopicPartition("tweets", 0)
    refused = RefusedFetches(EMPTY_PAUSE, clock)
    for _ in range(2):
        assert await refused.unreadable(consumer, [(place, state(7, end=20))]) == {}
        clock.now += PATIENCE


class DamagedLog:
    """A broker that gives an answer for some offsets of a partition; consumer and client at the same time."""

    def __init__(self, answer: Answer, first: int, last: int) -> None:
        self.answer, self.first, self.last = answer, first, last
        self.queries = 0
        self.end = last + 100
        self.clock = Clock()
        self.refused = RefusedFetches(EMPTY_PAUSE, self.clock)
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 1)
        self._client = self
        self._fetcher = SimpleNamespace(_max_partition_fetch_bytes=1)

    async def send(self, _: int, request: Any, **__: object) -> SimpleNamespace:
        self.queries += 1
        [(_, [(_, offset, _)])] = request.topics
        is_refused = self.first <= offset <= self.last
        code = 2 if is_refused and self.answer is Answer.DAMAGE else 0
        content = b"" if is_refused else b"a batch"
        return SimpleNamespace(topics=[("tweets", [(0, code, self.end, self.end, [], content)])])

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    async def look(self) -> list[tuple[int, int]]:
        """Look every `PATIENCE` seconds for the time of a pause, and return what is left out."""
        place, left_out = TopicPartition("tweets", 0), []
        for _ in range(int(EMPTY_PAUSE / PATIENCE)):
            self.clock.now += PATIENCE
            damaged = await self.refused.unreadable(self, [(place, state(self.first, end=self.end))])
            left_out += [(unread.first, unread.last) for unread in damaged.values()]
        return left_out


async def test_offsets_that_a_broker_reports_as_damaged_are_left_out_at_once() -> None:
    broker = DamagedLog(Answer.DAMAGE, 7, 30)
    assert (7, 30) in await broker.look()


async def test_offsets_that_a_broker_has_nothing_for_are_left_out_only_if_that_lasts() -> None:
    broker = DamagedLog(Answer.NOTHING, 7, 30)
    for _ in range(EMPTY_ROUNDS - 1):
        before = broker.queries
        assert await broker.look() == []
        assert broker.queries - before < 20, "each query keeps the reader waiting"
    assert await broker.look() == [(7, 30)]


async def test_a_broker_that_reads_slowly_loses_no_message() -> None:
    broker = DamagedLog(Answer.NOTHING, 7, 30)
    for last in (30, 60, 25, 30, 28, 60):
        broker.last = last
        assert await broker.look() == []


async def test_no_large_part_of_a_log_is_left_out_because_a_broker_has_nothing() -> None:
    broker = DamagedLog(Answer.NOTHING, 7, 7 + LARGEST_GAP)
    for _ in range(EMPTY_ROUNDS + 2):
        assert await broker.look() == []
