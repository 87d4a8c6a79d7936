"""A running conveyor, and stages to put into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from models import Scorer
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
            [ReadMessages(), scoring, SendDeadLetters(self.send, self.find_removed), sink],
            fail=self.fail,
            queue_size=2,
        )

    async def find_removed(self, _: Sequence[str]) -> set[str]:
        return set()

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
