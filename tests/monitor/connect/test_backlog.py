"""The queue between reading and sending."""

from __future__ import annotations

import asyncio

import pytest

from monitor.connect.backlog import Arrival, Backlog
from monitor.feed import PostMessage


def arrival(number: int, size: int = 10) -> Arrival:
    return Arrival((PostMessage(str(number).encode(), b"x" * size),), None)


def keys(arrivals: list[Arrival]) -> list[bytes]:
    return [message.key for arrival in arrivals for message in arrival.messages]


async def test_arrivals_leave_in_their_order_and_in_batches() -> None:
    backlog = Backlog()
    for number in range(5):
        await backlog.put(arrival(number))
    assert keys(await backlog.take(2)) == [b"0", b"1"]
    assert keys(await backlog.take(10)) == [b"2", b"3", b"4"]


@pytest.mark.parametrize("limits", [{"max_bytes": 33}, {"max_arrivals": 3}])
async def test_a_full_backlog_holds_the_reader_back(limits: dict[str, int]) -> None:
    backlog = Backlog(**limits)

    async def fill() -> None:
        for number in range(9):
            await backlog.put(arrival(number))

    filling = asyncio.create_task(fill())
    await asyncio.sleep(0.05)
    assert len(backlog) == 3
    taken: list[bytes] = []
    while len(taken) < 9:
        taken += keys(await backlog.take(1))
    await filling
    assert taken == [str(number).encode() for number in range(9)]


async def test_one_arrival_larger_than_the_limit_still_passes() -> None:
    backlog = Backlog(max_bytes=10)
    await backlog.put(arrival(1, size=1_000))
    assert len(await backlog.take(1)) == 1


async def test_a_closed_backlog_returns_the_rest_and_then_nothing() -> None:
    backlog = Backlog()
    await backlog.put(arrival(1))
    await backlog.close()
    assert len(await backlog.take(10)) == 1
    assert await backlog.take(10) == []
