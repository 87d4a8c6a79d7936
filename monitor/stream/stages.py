"""The stages of the worker, in their order. To add one, write its class and add it to `worker_stages`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from monitor.deadletters import DeadLetter, dead_letter
from monitor.ingest import Batch, read_events
from monitor.stream.scoring import ScorePosts
from monitor.stream.sink import WriteBatches

log = structlog.get_logger()

SendLetters = Callable[[Sequence[DeadLetter]], Awaitable[None]]


class Stage(Protocol):
    """One step on a batch's way from Kafka to the database."""

    @property
    def at_once(self) -> int:
        """How many batches may be in this stage at the same time. They leave it in their order."""
        ...

    async def process(self, batch: Batch) -> Batch:
        """Return the batch with this stage's results. Whatever is raised ends the process."""
        ...


def worker_stages(*, scoring: ScorePosts, send_letters: SendLetters, writing: WriteBatches) -> list[Stage]:
    """Return the stages that every batch goes through, first to last.

    Dead letters are confirmed before the batch is written, since its events are acknowledged after that.
    """
    return [
        ReadMessages(),
        scoring,
        SendDeadLetters(send_letters),
        writing,
    ]


class ReadMessages:
    """Validates the messages of a batch."""

    at_once = 1

    async def process(self, batch: Batch) -> Batch:
        """Sort the messages into tweets and refused messages."""
        return read_events(batch)


class SendDeadLetters:
    """Sends the refused messages of a batch to the dead-letter topic.

    Args:
        send: returns once the broker has confirmed all letters.
    """

    at_once = 1

    def __init__(self, send: SendLetters) -> None:
        self._send = send

    async def process(self, batch: Batch) -> Batch:
        """Send a letter for each refused message, and wait until the broker has all of them."""
        if batch.refused:
            letters = [dead_letter(refused) for refused in batch.refused]
            await self._send(letters)
            log.warning(
                "dead letters", count=len(letters), reasons=sorted({letter.reason for letter in letters})
            )
        return batch
