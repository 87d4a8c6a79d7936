"""What a process answers about itself."""

from __future__ import annotations

import asyncio

from prometheus_client import generate_latest

from monitor.health import LONGEST_BEAT, Health, Heartbeat, failing, passes
from monitor.metrics import EVERY_PROCESS
from tests.monitor.stream.clocks import Clock


def test_a_process_is_not_ready_before_it_runs_and_after_it_was_told_to_stop() -> None:
    health = Health()
    assert health.live_report().is_good
    assert health.ready_report().problems == {"running": "is starting"}
    health.runs()
    assert health.ready_report().is_good
    health.stops()
    assert health.ready_report().problems == {"running": "is stopping"}
    assert health.live_report().is_good


def test_a_process_that_is_not_live_is_not_ready() -> None:
    health = Health()
    health.runs()
    health.live["stages"] = failing("ScorePosts has had no result for 31 s")
    assert not health.live_report().is_good
    assert not health.ready_report().is_good
    assert health.live_problem() == "stages ScorePosts has had no result for 31 s"
    health.live["stages"] = passes
    assert health.ready_report().is_good
    assert health.live_problem() is None


def test_a_dependency_that_is_away_changes_nothing_about_life() -> None:
    health = Health()
    health.runs()
    health.ready["database"] = failing("does not answer")
    assert health.live_report().is_good
    assert health.ready_report().problems == {"running": None, "database": "does not answer"}


def test_each_check_is_a_metric() -> None:
    health = Health()
    health.ready.update(database=failing("does not answer"), redis=passes)
    health.measure()
    page = generate_latest(EVERY_PROCESS).decode()
    assert 'ade_check_ok{check="database"} 0.0' in page
    assert 'ade_check_ok{check="redis"} 1.0' in page


def test_something_that_does_not_go_on_is_noticed() -> None:
    clock = Clock()
    heartbeat = Heartbeat(clock=clock)
    clock.now = LONGEST_BEAT * 10
    assert heartbeat.problem() is None, "it has not begun"
    heartbeat.beat()
    clock.now += LONGEST_BEAT - 1
    assert heartbeat.problem() is None
    clock.now += 1
    assert heartbeat.problem() == "has not turned for 30 s"
    heartbeat.beat()
    assert heartbeat.problem() is None


async def test_an_event_loop_beats_as_long_as_it_turns() -> None:
    beats: asyncio.Queue[None] = asyncio.Queue()

    def clock() -> float:
        beats.put_nowait(None)
        return 0.0

    Heartbeat(clock=clock).beat_with(asyncio.get_running_loop())
    async with asyncio.timeout(60):
        for _ in range(3):
            await beats.get()
