"""The end of the offsets that a broker refuses to read is found with few queries."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from monitor.stream.positions.refused_fetches import PATIENCE, Answer, RefusedFetches, first_readable
from tests.monitor.stream.clocks import Clock


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
    refused = RefusedFetches(clock)
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
    refused = RefusedFetches(clock)
    assert refused.waiting([("empty", empty)]) == []
    clock.now += PATIENCE
    empty.timestamp += 1
    assert refused.waiting([("empty", empty)]) == [("empty", 7)]
    empty.lso = 7  # an open transaction
    clock.now += PATIENCE
    empty.timestamp += 1
    assert refused.waiting([("empty", empty)]) == []
