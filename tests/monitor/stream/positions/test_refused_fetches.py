"""The end of the offsets that a broker refuses to read is found with few queries."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from monitor.stream.positions.refused_fetches import PATIENCE, RefusedFetches, first_readable
from tests.monitor.stream.clocks import Clock


@given(st.integers(0, 10_000), st.integers(1, 2_000_000), st.integers(0, 2_000_000))
async def test_the_first_readable_offset_is_found(position: int, refused: int, behind: int) -> None:
    queries = 0

    async def is_refused(offset: int) -> bool:
        nonlocal queries
        queries += 1
        return offset < position + refused

    assert await first_readable(position, position + refused + behind, is_refused) == position + refused
    assert queries < 50


def test_a_partition_without_an_answer_is_late_and_others_are_not() -> None:
    clock = Clock()
    silent = SimpleNamespace(has_valid_position=True, position=7, timestamp=1)
    read = SimpleNamespace(has_valid_position=True, position=0, timestamp=1)
    states = [("silent", silent), ("read", read)]
    refused = RefusedFetches(clock)
    assert refused.unanswered(states) == []
    clock.now += PATIENCE
    read.timestamp += 1
    assert refused.unanswered(states) == [("silent", 7)]
    assert refused.unanswered(states) == []
    clock.now += PATIENCE
    silent.position += 1
    read.timestamp += 1
    assert refused.unanswered(states) == []
