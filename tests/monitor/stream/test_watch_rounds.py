"""A watch that fails goes on, and the worker with it."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from monitor.stream.watch_rounds import repeat_check


async def test_a_check_that_fails_is_logged_and_called_again() -> None:
    calls = 0
    enough = asyncio.Event()

    async def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            enough.set()
        raise KeyError("nobody foresaw this")

    with capture_logs() as logs:
        rounds = asyncio.create_task(repeat_check(check, pause=0.001))
        await asyncio.wait_for(enough.wait(), 30)
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)
    assert [entry["event"] for entry in logs][:2] == ["a watch failed, it goes on"] * 2


async def test_a_check_without_memory_ends_the_rounds() -> None:
    async def check() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        await repeat_check(check, pause=0)


async def test_a_check_at_once_does_not_wait_for_the_first_pause() -> None:
    called = asyncio.Event()

    async def check() -> None:
        called.set()

    rounds = asyncio.create_task(repeat_check(check, pause=3_600, at_once=True))
    await asyncio.wait_for(called.wait(), 30)
    rounds.cancel()
    await asyncio.gather(rounds, return_exceptions=True)
