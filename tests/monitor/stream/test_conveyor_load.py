"""How many batches are on the conveyor: enough to keep the stages busy, and never more than fit."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from monitor.ingest import Batch
from monitor.stream.conveyor import Conveyor
from monitor.stream.stages import ReadMessages
from tests.monitor.kafka_events import event
from tests.monitor.stream.conveyors import ListSink, RunningConveyor


async def test_a_slow_sink_holds_the_reader_back() -> None:
    line = RunningConveyor(ListSink(delay=3600))
    running = asyncio.create_task(line.conveyor.run())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            for offset in range(100):
                await line.conveyor.put([event("a", offset=offset)])
    assert offset < 10
    running.cancel()


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


class CountingStage:
    """A stage that keeps nothing of its batches except their number."""

    at_once = 1

    def __init__(self) -> None:
        self.batches: asyncio.Queue[None] = asyncio.Queue()

    async def process(self, batch: Batch) -> Batch:
        self.batches.put_nowait(None)
        return batch


async def batches_through(queue_size: int) -> tuple[int, int]:
    """Return how many batches enter the conveyor and leave its middle stage while the last stage is stuck."""
    middle, sink = CountingStage(), ListSink(delay=3600)
    stages = [ReadMessages(), middle, sink]
    conveyor = Conveyor(stages, fail=RunningConveyor(sink).fail, queue_size=queue_size)
    running = asyncio.create_task(conveyor.run())
    entered = 0
    try:
        async with asyncio.timeout(0.2):
            while True:
                await conveyor.put([event("a", offset=entered)])
                entered += 1
    except TimeoutError:
        return entered, middle.batches.qsize()
    finally:
        running.cancel()


async def test_queue_size_is_the_number_of_batches_that_wait_for_the_last_stage() -> None:
    (entered, left), (entered_more, left_more) = await batches_through(1), await batches_through(5)
    assert (entered_more - entered, left_more - left) == (4, 4)


async def test_a_finished_batch_is_not_kept_in_memory() -> None:
    last = CountingStage()
    conveyor = Conveyor([SlowStage(at_once=2), last], fail=RunningConveyor(ListSink()).fail, queue_size=1)
    running = asyncio.create_task(conveyor.run())
    first = event("a")
    reference = weakref.ref(first)
    await conveyor.put([first])
    del first
    for offset in range(1, 8):
        await conveyor.put([event("a", offset=offset)])
    for _ in range(8):
        await last.batches.get()
    gc.collect()
    assert reference() is None
    running.cancel()
