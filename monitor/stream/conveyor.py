"""The conveyor: moves batches through the stages, all of which work at the same time.

Each stage is a task of its own, with a short queue before it. A stage may have several batches in work, but
passes them on in the order in which they were read: offsets may only be acknowledged in order, and nothing
after a failed batch may be written. A full queue holds the reader back, so memory stays constant however many
messages wait in Kafka.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from structlog.contextvars import bound_contextvars

from monitor import metrics
from monitor.errors import FatalError
from monitor.ingest import Batch, KafkaEvent, start_batch
from monitor.stream.batch_traces import BatchTraces
from monitor.stream.stage_work import WorkInStages
from monitor.stream.stages import Stage

Fail = Callable[[BaseException], Awaitable[None]]
BatchQueue = asyncio.Queue[asyncio.Future[Batch]]


class Conveyor:
    """The way of a batch from Faust's stream to the database.

    Args:
        stages: at least two, in their order.
        fail: called with whatever a stage raised. It must end the process: if later batches went on, events
            would be acknowledged that were never written.
        queue_size: batches that may wait for the last stage.

    Attributes:
        work: the batches that stages work on now.
    """

    def __init__(self, stages: Sequence[Stage], *, fail: Fail, queue_size: int) -> None:
        self._stages = stages
        self._fail = fail
        self.work = WorkInStages()
        self._traces = BatchTraces()
        # Between two stages lie futures of batches. If a stage has several batches in work, the next stage
        # awaits the first of them, the queue has the others, and one more is started and waits for a place
        # in the queue, so that no thread of the model ever has to wait.
        sizes = [1, *(max(1, stage.at_once - 1) for stage in stages[:-1])]
        sizes[-1] = max(sizes[-1], queue_size)
        self._queues: list[BatchQueue] = [asyncio.Queue(size) for size in sizes]
        self._in_work: set[asyncio.Future[Batch]] = set()

    async def put(self, events: Sequence[KafkaEvent]) -> None:
        """Put a micro-batch on the conveyor; waits while the first queue is full.

        This must not fail on any event: Faust logs what its agent raises, and goes on.
        """
        start = asyncio.get_running_loop().create_future()
        batch = start_batch(events)
        self._traces.begin(batch)
        start.set_result(batch)
        await self._queues[0].put(start)

    async def run(self) -> None:
        """Run all stages until cancelled, or until one of them fails."""
        targets = [*self._queues[1:], None]
        workers = [
            asyncio.create_task(self._work(stage, source, target))
            for stage, source, target in zip(self._stages, self._queues, targets, strict=True)
        ]
        try:
            ended, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            worker = ended.pop()
            # A worker is also cancelled if something else cancels what it waits for.
            error = None if worker.cancelled() else worker.exception()
            await self._fail(error or FatalError("a stage of the worker was cancelled: start it again"))
        finally:
            tasks: list[asyncio.Future[Any]] = [*workers, *self._in_work]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, stage: Stage, source: BatchQueue, target: BatchQueue | None) -> None:
        while True:
            batch = await self._finished(await source.get())
            with bound_contextvars(batch=batch.id):
                result = asyncio.create_task(self._process(stage, batch))
            self._in_work.add(result)
            if stage.at_once == 1:
                await self._finished(result)
            if target:
                await target.put(result)

    async def _process(self, stage: Stage, batch: Batch) -> Batch:
        name = type(stage).__name__
        time_stage = metrics.STAGE_SECONDS.labels(stage=name).time
        with time_stage(), self.work.begun(name, batch.id), self._traces.stage(name, batch.id):
            result = await stage.process(batch)
        if stage is self._stages[-1]:
            self._traces.end(result)
        return result

    async def _finished(self, work: asyncio.Future[Batch]) -> Batch:
        batch = await work
        self._in_work.discard(work)
        return batch
