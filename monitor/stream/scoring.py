"""The stage that calls the model: in threads, so that heartbeats, commits and rebalances go on meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from monitor.ingest import Batch
from monitor.stream.batch_results import score_alone, score_batch, without_doomed
from monitor.stream.scoring_journal import ScoringJournal
from monitor.stream.served_bundle import CurrentBundle
from monitor.stream.stage_work import ANOTHER_BATCH, waiting_for

NO_JOURNAL = ScoringJournal(None)


class ScorePosts:
    """Scores the tweets of each batch in a thread of its own.

    Args:
        current: the bundle for batches that no stage gave a scorer.
        at_once: number of batches to score at the same time. While one is computed, another is tokenized.
        journal: notes what is scored, to find posts that end the process.
    """

    def __init__(self, current: CurrentBundle, *, at_once: int, journal: ScoringJournal = NO_JOURNAL) -> None:
        self.at_once = at_once
        self._current = current
        self._journal = journal
        self._pausing = asyncio.Lock()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="scoring")
        self._in_work = 0
        self._may_start = asyncio.Event()
        self._may_start.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Score nothing during the block, which starts when no batch is in work."""
        async with AsyncExitStack() as stack:
            with waiting_for(ANOTHER_BATCH):
                await stack.enter_async_context(self._pausing)
                stack.callback(self._may_start.set)
                self._may_start.clear()
                await self._is_idle.wait()
            yield

    async def process(self, batch: Batch) -> Batch:
        """Score the tweets of a batch.

        If the model fails on a batch, its halves are scored, then their halves, so that one bad tweet does
        not stop the others. A tweet that fails on its own is refused. So is one with an impossible prediction
        (NaN, a span outside the text), because the database would never take it.

        A GPU without free memory is not the fault of a tweet: its batch is scored in halves, too, and no
        tweet is refused.

        If the process was ended by a batch before, its tweets are scored one at a time and alone. A tweet
        that still ends the process is refused at the next start (`scoring_journal`).

        Raises:
            FatalError: not even a plain text can be scored: the model is broken, not the tweets. Or a GPU has
                no memory for one tweet.
            MemoryError: the machine has no memory.
        """
        scorer = batch.scorer or self._current.now.scorer
        batch = replace(batch, scorer=scorer)
        if batch.posts:
            batch = without_doomed(batch, scorer, self._journal)
        if not batch.posts:
            return batch
        if self._journal.is_suspect(batch.posts):
            async with self.paused():  # so that no other batch can be the cause
                with self._journal.scoring(batch.posts):
                    return await self._in_thread(score_alone, batch, scorer, self._journal)
        while not self._may_start.is_set():
            with waiting_for(ANOTHER_BATCH):
                await self._may_start.wait()
        self._in_work += 1
        self._is_idle.clear()
        try:
            with self._journal.scoring(batch.posts):
                return await self._in_thread(score_batch, batch, scorer)
        finally:
            self._in_work -= 1
            if not self._in_work:
                self._is_idle.set()

    def close(self) -> None:
        """Wait for the batches in work, and end the threads.

        Python waits for threads at its exit, too, but then the model's own threads are gone, and it fails.
        """
        self._threads.shutdown(cancel_futures=True)

    async def _in_thread(self, score: Callable[..., Batch], *arguments: object) -> Batch:
        context = contextvars.copy_context()  # with the batch's id for the log, and its place in the stage
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, score, *arguments)
