"""Stages note what they work on, and what they wait for."""

from __future__ import annotations

import asyncio

import pytest

from monitor.errors import FatalError, RetryableError
from monitor.settings import WorkerSettings
from monitor.stream.outages import until_answered
from monitor.stream.stage_work import DATABASE, WorkInStages, note_progress, waiting_for
from tests.monitor.stream.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_batch_is_in_work_during_the_block_only(clock: Clock) -> None:
    work = WorkInStages(clock)
    with work.begun("ScorePosts", "b1"):
        [running] = work.running()
        assert (running.stage, running.batch, running.waits_for) == ("ScorePosts", "b1", None)
    assert work.running() == []


async def test_the_oldest_batch_comes_first(clock: Clock) -> None:
    work = WorkInStages(clock)
    with work.begun("ScorePosts", "old"):
        clock.now = 5
        with work.begun("WriteBatches", "new"):
            assert [running.batch for running in work.running()] == ["old", "new"]


async def test_a_wait_belongs_to_the_stage_that_waits(clock: Clock) -> None:
    work = WorkInStages(clock)
    may_end = asyncio.Event()

    async def wait() -> None:
        with work.begun("WriteBatches", "b1"), waiting_for(DATABASE):
            await may_end.wait()

    async def compute() -> None:
        with work.begun("ScorePosts", "b2"):
            await may_end.wait()

    tasks = [asyncio.create_task(wait()), asyncio.create_task(compute())]
    await asyncio.sleep(0)
    assert {running.batch: running.waits_for for running in work.running()} == {"b1": DATABASE, "b2": None}
    assert work.missing_dependency() == DATABASE
    may_end.set()
    await asyncio.gather(*tasks)
    assert work.missing_dependency() is None


async def test_a_thread_of_a_stage_can_note_that_its_batch_makes_progress(clock: Clock) -> None:
    work = WorkInStages(clock)
    note_progress()  # outside of a stage, nothing happens
    with work.begun("ScorePosts", "b1"):
        clock.now = 7
        await asyncio.to_thread(note_progress)
        assert [running.since for running in work.running()] == [7]


async def test_the_time_of_a_wait_does_not_count(clock: Clock) -> None:
    work = WorkInStages(clock)
    with work.begun("WriteBatches", "b1"):
        with waiting_for(DATABASE):
            clock.now = 1000
        assert work.running()[0].since == 1000


async def test_outside_of_a_stage_a_wait_is_not_noted() -> None:
    with waiting_for(DATABASE):
        pass


async def test_a_call_is_repeated_until_the_database_answers(clock: Clock) -> None:
    work = WorkInStages(clock)
    waits: list[str | None] = []

    async def call() -> str:
        waits.append(work.missing_dependency())
        if len(waits) < 3:
            raise RetryableError("refused")
        return "row"

    with work.begun("WriteBatches", "b1"):
        assert await until_answered(WorkerSettings(retry_max_wait=0.01), call) == "row"
        assert work.missing_dependency() is None
    assert waits == [None, DATABASE, DATABASE]


async def test_an_error_that_no_retry_fixes_is_raised_at_once() -> None:
    async def call() -> None:
        raise FatalError("refused for good")

    with pytest.raises(FatalError):
        await until_answered(WorkerSettings(), call)
