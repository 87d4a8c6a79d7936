"""The stage that finds out more about scored posts, in a thread of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from monitor.enrich.enriching import Enricher
from monitor.errors import PoisonError
from monitor.ingest import Batch
from monitor.records import RefusedMessage, ScoredPost


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
        """Add findings to the scored posts. A post that cannot be enriched is refused, and no other one."""
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
        refused: list[RefusedMessage] = []
        for row in batch.scored:
            try:
                enriched.extend(self._enricher.enrich([row]))
            except MemoryError:
                raise
            except Exception as error:
                detail = f"{type(error).__name__} in the enrichment of this post"
                refused.append(RefusedMessage(row.received.origin, PoisonError("enrichment-error", detail)))
        return replace(batch, scored=tuple(enriched), refused=(*batch.refused, *refused))
