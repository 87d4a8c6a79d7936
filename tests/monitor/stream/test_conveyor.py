"""The conveyor keeps the order, and ends the process instead of skipping a batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from models import TweetPrediction
from monitor.errors import FatalError
from monitor.ingest import Batch
from tests.monitor.kafka_events import event
from tests.monitor.stream.conveyors import ListSink, RunningConveyor
from tests.monitor.stream.scorers import PickyScorer


async def test_batches_are_written_in_the_order_they_were_read() -> None:
    line = RunningConveyor(ListSink())
    await line.run_until_written(30)
    assert line.sink.offsets == list(range(60))


class HeldScorer(PickyScorer):
    """Scores texts with the word "held" only once it may; then it may refuse them and everything else."""

    def __init__(self, *, breaks: bool = False) -> None:
        super().__init__()
        self.others = threading.Semaphore(0)
        self.go = threading.Event()
        self.breaks = breaks

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        if any("held" in text for text in texts):
            assert self.go.wait(10)
            if self.breaks:
                self.refused = ("",)
        predictions = super().score(texts)
        self.others.release()
        return predictions


async def test_a_batch_that_is_ready_early_waits_for_those_before_it() -> None:
    scorer = HeldScorer()
    line = RunningConveyor(ListSink(), scorer=scorer)
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("held", offset=0)])
    await line.conveyor.put([event("a", offset=1)])
    assert await asyncio.to_thread(scorer.others.acquire, timeout=10)  # while the other is held
    await asyncio.sleep(0.05)
    assert line.sink.offsets == []
    scorer.go.set()
    for _ in range(2):
        await line.sink.written.get()
    running.cancel()
    assert line.sink.offsets == [0, 1]


async def test_nothing_is_written_that_was_ready_before_a_failure_ahead_of_it() -> None:
    scorer = HeldScorer(breaks=True)
    line = RunningConveyor(ListSink(), scorer=scorer)
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("held", offset=0)])
    await line.conveyor.put([event("a", offset=1), event(None, offset=2)])
    assert await asyncio.to_thread(scorer.others.acquire, timeout=10)
    scorer.go.set()
    await asyncio.wait_for(running, 10)
    assert [type(failure) for failure in line.failures] == [FatalError]
    assert line.sink.offsets == []
    assert line.letters == []


async def test_refused_messages_are_sent_before_their_batch_is_written() -> None:
    sent_before: list[int] = []

    class WatchingSink(ListSink):
        async def process(self, batch: Batch) -> Batch:
            sent_before.append(len(line.letters))
            return await super().process(batch)

    line = RunningConveyor(WatchingSink())
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("fine"), event(None, offset=1), event("bad", offset=2)])
    await line.sink.written.get()
    running.cancel()
    assert sent_before == [2]
    assert {letter.reason for letter in line.letters} == {"empty", "model-error"}
    assert [letter.key for letter in line.letters] == [b"key 1", b"key 2"]
    assert line.letters[1].value == event("bad", offset=2).message.value


@pytest.mark.parametrize("cause", ["sink", "model"])
async def test_after_a_failure_nothing_more_is_written(cause: str) -> None:
    line = RunningConveyor(
        ListSink(fails_at=2 if cause == "sink" else None), refused=("",) if cause == "model" else ("bad",)
    )
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("a", offset=0)])
    await line.conveyor.put([event("a", offset=2)])
    await line.conveyor.put([event("a", offset=4)])
    await asyncio.wait_for(running, 10)
    assert [type(failure) for failure in line.failures] == [FatalError]
    assert line.sink.offsets in ([], [0])


async def test_events_that_cannot_even_be_read_end_the_process() -> None:
    line = RunningConveyor(ListSink())
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([object()])  # type: ignore[list-item]
    await line.conveyor.put([event("a", offset=1)])
    await asyncio.wait_for(running, 10)
    assert [type(failure) for failure in line.failures] == [AttributeError]
    assert line.sink.offsets == []


async def test_a_stage_that_is_cancelled_from_within_ends_the_process() -> None:
    class CancelledSink(ListSink):
        async def process(self, batch: Batch) -> Batch:
            raise asyncio.CancelledError  # as from a confirmation that the producer drops

    line = RunningConveyor(CancelledSink())
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("a")])
    await asyncio.wait_for(running, 10)
    assert [type(failure) for failure in line.failures] == [FatalError]


async def test_a_conveyor_that_is_cancelled_reports_no_failure() -> None:
    line = RunningConveyor(ListSink(delay=3600))
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put([event("a")])
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert line.failures == []
