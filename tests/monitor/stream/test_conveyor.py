"""The conveyor keeps the order, holds the reader back, and ends the process instead of skipping a batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from models import Scorer, TweetPrediction
from monitor.deadletters import DeadLetter
from monitor.errors import FatalError
from monitor.ingest import Batch
from monitor.stream.conveyor import Conveyor
from monitor.stream.stages import ReadMessages, SendDeadLetters
from tests.monitor.kafka_events import event
from tests.monitor.stream.scorers import PickyScorer, scoring_with


class ListSink:
    """A last stage that remembers what was written. It may be slow, or fail at an offset."""

    at_once = 1

    def __init__(self, *, delay: float = 0, fails_at: int | None = None) -> None:
        self.offsets: list[int] = []
        self.written: asyncio.Queue[Batch] = asyncio.Queue()
        self.delay = delay
        self.fails_at = fails_at

    async def process(self, batch: Batch) -> Batch:
        await asyncio.sleep(self.delay)
        offsets = [event.message.offset for event in batch.events]
        if self.fails_at in offsets:
            raise FatalError("the sink is broken")
        self.offsets += offsets
        self.written.put_nowait(batch)
        return batch


class RunningConveyor:
    """A conveyor with the worker's stages before `sink`, and what it sent and reported."""

    def __init__(
        self, sink: ListSink, *, refused: Sequence[str] = ("bad",), scorer: Scorer | None = None
    ) -> None:
        self.sink = sink
        self.letters: list[DeadLetter] = []
        self.failures: list[BaseException] = []
        scoring = scoring_with(scorer or PickyScorer(*refused))
        self.conveyor = Conveyor(
            [ReadMessages(), scoring, SendDeadLetters(self.send), sink], fail=self.fail, queue_size=2
        )

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        self.letters += letters

    async def fail(self, error: BaseException) -> None:
        self.failures.append(error)

    async def run_until_written(self, batches: int) -> None:
        running = asyncio.create_task(self.conveyor.run())
        for start in range(0, batches * 2, 2):
            await self.conveyor.put([event("a", offset=start), event("b", offset=start + 1)])
        for _ in range(batches):
            await self.sink.written.get()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


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

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
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


async def test_a_slow_sink_holds_the_reader_back() -> None:
    line = RunningConveyor(ListSink(delay=3600))
    running = asyncio.create_task(line.conveyor.run())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            for offset in range(100):
                await line.conveyor.put([event("a", offset=offset)])
    assert offset < 10
    running.cancel()


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


class SlowStage:
    """A stage that counts how many batches it works on at the same time."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.working = self.most = 0

    async def process(self, batch: Batch) -> Batch:
        self.working += 1
        self.most = max(self.most, self.working)
        await asyncio.sleep(0.01)
        self.working -= 1
        return batch


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (3, 4)])
async def test_a_stage_gets_as_many_batches_as_it_can_work_on_and_keeps_their_order(
    at_once: int, most: int
) -> None:
    stage, sink = SlowStage(at_once), ListSink()
    conveyor = Conveyor([stage, sink], fail=RunningConveyor(sink).fail, queue_size=1)
    running = asyncio.create_task(conveyor.run())
    for offset in range(12):
        await conveyor.put([event("a", offset=offset)])
    for _ in range(12):
        await sink.written.get()
    running.cancel()
    assert sink.offsets == list(range(12))
    assert stage.most == most


class EndlessStage:
    """A stage that never ends, and counts the batches that were cancelled in it."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.begun = self.cancelled = 0

    async def process(self, batch: Batch) -> Batch:
        self.begun += 1
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return batch


async def test_a_cancelled_conveyor_cancels_all_batches_in_work() -> None:
    stage, sink = EndlessStage(at_once=3), ListSink()
    conveyor = Conveyor([stage, sink], fail=RunningConveyor(sink).fail, queue_size=1)
    running = asyncio.create_task(conveyor.run())
    for offset in range(3):
        await conveyor.put([event("a", offset=offset)])
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (stage.begun, stage.cancelled) == (3, 3)


async def accepted_batches(queue_size: int) -> int:
    """Return how many batches a conveyor accepts while its last stage is stuck."""
    sink = ListSink(delay=3600)
    conveyor = Conveyor([ReadMessages(), sink], fail=RunningConveyor(sink).fail, queue_size=queue_size)
    running = asyncio.create_task(conveyor.run())
    accepted = 0
    try:
        async with asyncio.timeout(0.2):
            while True:
                await conveyor.put([event("a", offset=accepted)])
                accepted += 1
    except TimeoutError:
        return accepted
    finally:
        running.cancel()


async def test_queue_size_is_the_number_of_batches_that_wait_for_the_last_stage() -> None:
    assert await accepted_batches(5) - await accepted_batches(1) == 4
