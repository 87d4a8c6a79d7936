"""systemd gets life signs as long as a process is live, and none from a process that stands still."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.health import Health, Heartbeat
from monitor.readiness import VARIABLE, WATCHDOG_PID, WATCHDOG_VARIABLE
from monitor.stream.stage_watch import SLOW_AFTER, StageWatch
from monitor.stream.stage_work import WorkInStages
from monitor.watchdog import send_life_signs
from tests.monitor.stream.clocks import Clock

SIGN = b"WATCHDOG=1"


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a systemd that gives up after 0.04 s of silence."""
    monkeypatch.chdir(tmp_path)  # the path of a socket is limited to about 100 bytes
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("notify")
        receiver.setblocking(False)
        monkeypatch.setenv(VARIABLE, "notify")
        monkeypatch.setenv(WATCHDOG_VARIABLE, "40000")
        monkeypatch.setenv(WATCHDOG_PID, str(os.getpid()))
        yield receiver


def received(systemd: socket.socket) -> list[bytes]:
    """Return what has arrived and was not read yet."""
    messages = []
    while True:
        try:
            messages.append(systemd.recv(4096))
        except BlockingIOError:
            return messages


@asynccontextmanager
async def life_signs(live_problem: Callable[[], str | None]) -> AsyncIterator[None]:
    task = asyncio.create_task(send_life_signs(live_problem))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_message(systemd: socket.socket, expected: bytes) -> list[bytes]:
    """Return what arrives up to a message."""
    messages: list[bytes] = []
    async with asyncio.timeout(30):
        while expected not in messages:
            messages += received(systemd)
            await asyncio.sleep(0.005)
    return messages


async def test_signs_stop_while_a_stage_stands_still_and_go_on_after_it(systemd: socket.socket) -> None:
    clock = Clock()
    work = WorkInStages(clock)
    watch = StageWatch(work, timeout=300, fail=_never, require_broker=lambda: None, clock=clock)
    health = Health()
    health.live["stages"] = lambda: watch.stall
    with capture_logs() as logs:
        async with life_signs(health.live_problem):
            await until_message(systemd, SIGN)
            with work.begun("ScorePosts", "b1"):
                clock.now = SLOW_AFTER + 1
                await watch.check()
                await until_message(systemd, b"STATUS=not live: stages ScorePosts has had no result for 31 s")
                received(systemd)
                await asyncio.sleep(0.2)  # many times the pause between two signs
                assert received(systemd) == []
            await watch.check()
            assert (await until_message(systemd, b"STATUS=live again"))[0] == SIGN
    events = [entry["event"] for entry in logs if entry["event"] != "slow batch"]
    assert events == ["not live, systemd restarts this process later", "live again"]


async def _never(error: BaseException) -> None:
    raise AssertionError(error)


async def test_an_event_loop_that_hangs_sends_no_sign(systemd: socket.socket) -> None:
    async with life_signs(Health().live_problem):
        await until_message(systemd, SIGN)
        received(systemd)
        time.sleep(0.2)  # noqa: ASYNC251 - this is the fault
        assert received(systemd) == []
        await until_message(systemd, SIGN)


async def test_signs_depend_on_every_check_of_live_and_on_none_of_ready(systemd: socket.socket) -> None:
    health = Health()
    health.ready["database"] = lambda: "does not answer"
    heartbeat = Heartbeat()
    health.live["event_loop"] = heartbeat.problem
    async with life_signs(health.live_problem):
        await until_message(systemd, SIGN)


async def test_without_a_watchdog_the_task_ends_at_once(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WATCHDOG_VARIABLE)
    await asyncio.wait_for(send_life_signs(Health().live_problem), 10)
    assert received(systemd) == []
