"""Read, score, write: a task for each stage, with short queues between, so that all of them work at once.

A few batches are scored side by side, but taken off in the order in which they were read: offsets may only
be acknowledged in order, and nothing that comes after a failure may be written before it is handled.
A full queue holds the reader back, so memory stays flat whatever the backlog.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from monitor.deadletters import DeadLetter, dead_letter
from monitor.errors import FatalError
from monitor.ingest.batch import Batch, KafkaEvent, read_batch
from monitor.stream.scoring import Scored, ScoringThreads

log = structlog.get_logger()


class Sink(Protocol):
    """The end of the conveyor."""

    async def write(self, batch: Batch, scored: Scored) -> None:
        """Make the batch durable, then acknowledge its events in order."""
        ...


SendLetters = Callable[[Sequence[DeadLetter]], Awaitable[None]]
Fail = Callable[[BaseException], Awaitable[None]]


class Conveyor:
    """The stages between Faust's stream and the database.

    Args:
        scoring: the model; as many batches are with it as it scores at once.
        send_letters: returns once the broker has confirmed all letters.
        sink: writes and acknowledges.
        fail: called with whatever a stage could not handle; it must end the process,
            since going on past an unwritten batch would acknowledge what was never written.
        queue_size: batches that may wait before each stage.
    """

    def __init__(
        self, *, scoring: ScoringThreads, send_letters: SendLetters, sink: Sink, fail: Fail, queue_size: int
    ) -> None:
        self._scoring = scoring
        self._send_letters = send_letters
        self._sink = sink
        self._fail = fail
        self._taken: asyncio.Queue[Sequence[KafkaEvent]] = asyncio.Queue(queue_size)
        # Beside those in this queue, one is awaited and one waits for a place, so that no thread ever does.
        begun = scoring.at_once - 1 or 1
        self._begun: asyncio.Queue[tuple[Batch, asyncio.Task[Scored]]] = asyncio.Queue(begun)
        self._scored: asyncio.Queue[tuple[Batch, Scored]] = asyncio.Queue(queue_size)
        self._running: set[asyncio.Task[Scored]] = set()

    async def put(self, events: Sequence[KafkaEvent]) -> None:
        """Hand over a micro-batch; waits while the stages behind are busy.

        Nothing is done with the events here: what fails in Faust's agent is logged and then passed over.
        """
        await self._taken.put(events)

    async def run(self) -> None:
        """Score and write until cancelled, or until a stage fails."""
        steps = (self._begin_all(), self._finish_all(), self._write_all())
        stages = [asyncio.create_task(step) for step in steps]
        try:
            ended, _ = await asyncio.wait(stages, return_when=asyncio.FIRST_COMPLETED)
            stage = ended.pop()
            # A stage is also over when what it waited for was cancelled by somebody else.
            error = None if stage.cancelled() else stage.exception()
            await self._fail(error or FatalError("a stage of the worker was cancelled: start it again"))
        finally:
            for task in (*stages, *self._running):
                task.cancel()
            await asyncio.gather(*stages, *self._running, return_exceptions=True)

    async def _begin_all(self) -> None:
        while True:
            batch = read_batch(await self._taken.get())
            with bound_contextvars(batch=batch.id):
                scoring = asyncio.create_task(self._scoring.score(batch.tweets))
            self._running.add(scoring)
            await self._begun.put((batch, scoring))

    async def _finish_all(self) -> None:
        while True:
            batch, scoring = await self._begun.get()
            with bound_contextvars(batch=batch.id):
                scored = await scoring
                self._running.discard(scoring)
                letters = [*batch.letters, *_refusals(batch, scored)]
                if letters:
                    await self._send_letters(letters)
                    log.warning(
                        "dead letters",
                        count=len(letters),
                        reasons=sorted({letter.reason for letter in letters}),
                    )
            await self._scored.put((batch, scored))

    async def _write_all(self) -> None:
        while True:
            batch, scored = await self._scored.get()
            with bound_contextvars(batch=batch.id):
                await self._sink.write(batch, scored)


def _refusals(batch: Batch, scored: Scored) -> list[DeadLetter]:
    if not scored.refused:
        return []
    messages = {(e.message.topic, e.message.partition, e.message.offset): e.message for e in batch.events}
    letters = []
    for received, error in scored.refused:
        origin = received.origin
        message = messages[origin.topic, origin.partition, origin.offset]
        letters.append(dead_letter(error, origin=origin, key=message.key, value=message.value))
    return letters
