"""The trace of each batch on the conveyor: a span for the batch, with a child for each stage.

The stages of a batch run in tasks of their own, one after the other, so the span is found by the batch's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import structlog

from monitor.ingest import Batch
from monitor.tracing import child_of, end_root, is_tracing, start_root

if TYPE_CHECKING:
    from opentelemetry.trace import Span

log = structlog.get_logger()

SPANS: Final[Mapping[str, str]] = {
    "ReadMessages": "read",
    "SkipOtherLanguages": "languages",
    "ScorePosts": "score",
    "EnrichPosts": "enrich",
    "SendDeadLetters": "letters",
    "WriteBatches": "write",
}
"""The name of a stage's span, by the stage's class."""


class BatchTraces:
    """The batches that have a trace and are not written yet."""

    def __init__(self) -> None:
        self._roots: dict[str, Span | None] = {}

    def begin(self, batch: Batch) -> None:
        """Start the trace of a batch, if traces are on. It is linked to the traces of its messages.

        This raises nothing: headers come from anybody, and the reader must go on.
        """
        if not is_tracing():
            return
        try:
            self._roots[batch.id] = start_root(
                "batch",
                (event.message.headers for event in batch.events),
                {
                    "ade.batch": batch.id,
                    "messaging.system": "kafka",
                    "messaging.destination.name": batch.events[0].message.topic if batch.events else "",
                    "messaging.batch.message_count": len(batch.events),
                },
            )
        except Exception as error:
            log.warning("a batch has no trace", error=type(error).__name__)

    @contextmanager
    def stage(self, name: str, batch: str) -> Iterator[None]:
        """Trace the block as a stage of a batch. If it fails, the trace ends with the type of the error."""
        root = self._roots.get(batch)
        try:
            with child_of(root, SPANS.get(name, name)):
                yield
        except BaseException as error:
            end_root(self._roots.pop(batch, None), error)
            raise

    def end(self, batch: Batch) -> None:
        """End the trace of a batch that was written."""
        counts = {
            "ade.posts": len(batch.posts),
            "ade.scored": len(batch.scored),
            "ade.skipped": len(batch.skipped),
            "ade.refused": len(batch.refused),
            "ade.compliance_events": len(batch.compliance),
        }
        end_root(self._roots.pop(batch.id, None), attributes=counts)
