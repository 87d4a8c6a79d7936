"""The stages of the worker, in their order. To add one, write its class and add it to `worker_stages`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

import structlog

from monitor import metrics
from monitor.deadletters import DeadLetter, dead_letter
from monitor.deadletters.letter_ids import letter_ids
from monitor.ingest import Batch, read_events
from monitor.records import RefusedMessage
from monitor.stream.enrichment import EnrichPosts
from monitor.stream.other_languages import SkipOtherLanguages
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


FindRemoved = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Returns those of some ids that name removed posts or authors."""


def worker_stages(
    *,
    languages: SkipOtherLanguages,
    scoring: ScorePosts,
    enrichment: EnrichPosts,
    send_letters: SendLetters,
    find_removed: FindRemoved,
    writing: WriteBatches,
) -> list[Stage]:
    """Return the stages that every batch goes through, first to last.

    Dead letters are confirmed before the batch is written, since its events are acknowledged after that.
    """
    return [
        ReadMessages(),
        languages,
        scoring,
        enrichment,
        SendDeadLetters(send_letters, find_removed),
        writing,
    ]


class ReadMessages:
    """Validates the messages of a batch."""

    at_once = 1

    async def process(self, batch: Batch) -> Batch:
        """Sort the messages into tweets and refused messages."""
        read = read_events(batch)
        metrics.MESSAGES_READ.inc(len(read.events))
        metrics.POSTS_READ.inc(len(read.posts))
        return read


class SendDeadLetters:
    """Sends the refused messages of a batch to the dead-letter topic, except those of removed posts.

    Args:
        send: returns once the broker has confirmed all letters.
        find_removed: returns which ids of a message are removed. It waits for the database.
    """

    at_once = 1

    def __init__(self, send: SendLetters, find_removed: FindRemoved) -> None:
        self._send = send
        self._find_removed = find_removed

    async def process(self, batch: Batch) -> Batch:
        """Send a letter for each refused message, and wait until the broker has all of them."""
        letters = [dead_letter(refused) for refused in await self._not_removed(batch.refused)]
        if letters:
            await self._send(letters)
            for letter in letters:
                metrics.DEAD_LETTERS.labels(reason=letter.reason).inc()
            log.warning(
                "dead letters", count=len(letters), reasons=sorted({letter.reason for letter in letters})
            )
        return batch

    async def _not_removed(self, refused: Sequence[RefusedMessage]) -> list[RefusedMessage]:
        """Return the messages of posts that were not deleted: the letters of others would stay for good."""
        if not refused:
            return []
        ids = [
            letter_ids(message.origin.key, message.origin.value or b"", message.origin.source)
            for message in refused
        ]
        removed = set(await self._find_removed(sorted(set().union(*ids))))
        return [message for message, names in zip(refused, ids, strict=True) if not names & removed]
