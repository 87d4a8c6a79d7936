"""The stage that finds out more about scored posts, in a thread of its own."""

from __future__ import annotations

import asyncio
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import structlog

from monitor import metrics
from monitor.enrich.enriching import Enricher
from monitor.findings import NO_FINDINGS
from monitor.ingest import Batch
from monitor.records import ScoredPost

log = structlog.get_logger()


class EnrichPosts:
    """Adds findings to the scored posts of each batch.

    Args:
        enricher: finds them.
    """

    at_once = 1

    def __init__(self, enricher: Enricher) -> None:
        self._enricher = enricher
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="enrichment")

    async def process(self, batch: Batch) -> Batch:
        """Add findings to the scored posts. A post whose enrichment fails goes on without them."""
        if not batch.scored:
            return batch
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._enrich, batch)

    def close(self) -> None:
        """Wait for the batch in work, and end the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _enrich(self, batch: Batch) -> Batch:
        try:
            return replace(batch, scored=self._enricher.enrich(batch.scored))
        except MemoryError:
            raise
        except Exception:  # a fault of ours in one post must not stop the others
            return self._enrich_each(batch)

    def _enrich_each(self, batch: Batch) -> Batch:
        enriched: list[ScoredPost] = []
        errors: list[Exception] = []
        for row in batch.scored:
            try:
                enriched.extend(self._enricher.enrich([row]))
            except MemoryError:
                raise
            except Exception as error:
                enriched.append(replace(row, findings=NO_FINDINGS))
                errors.append(error)
        if errors:
            metrics.ENRICHMENT_FAILED.inc(len(errors))
            log.error(
                "posts are kept without drugs and facts: an error of the monitor, please report it",
                posts=len(errors),
                error=_place_of(errors[0]),
            )
        return replace(batch, scored=tuple(enriched))


def _place_of(error: Exception) -> str:
    """Return the class of an error and where it was raised, without its message, which may quote a post."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"
