"""While suspect posts are scored one at a time, only a post that hangs counts, not the batches that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models import TweetPrediction
from monitor.ingest import Batch
from monitor.stream.journal_file import JournalFile
from monitor.stream.scoring import ScorePosts
from monitor.stream.scoring_journal import BATCH_ENDS, ScoringJournal
from monitor.stream.stage_watch import SLOW_AFTER, StageWatch
from monitor.stream.stage_work import ANOTHER_BATCH, WorkInStages
from tests.monitor.kafka_events import batch_of, event
from tests.monitor.stream.scorers import PickyScorer, scoring_with_journal
from tests.monitor.stream.watched_process import WatchedProcess

PATIENCE = 20.0
TIMEOUT = 300.0
STEP = SLOW_AFTER - 10
POSTS = int(2 * TIMEOUT / STEP)


class SteppedScorer(PickyScorer):
    """Scores one call at a time, when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        self.begun.release()
        assert self.may_end.acquire(timeout=PATIENCE)
        return super().score(texts)


class Stage(WatchedProcess):
    """The scoring stage with the watch over it."""

    def __init__(self, journal: ScoringJournal) -> None:
        super().__init__()
        self.journal = journal
        self.scorer = SteppedScorer()
        self.scoring: ScorePosts = scoring_with_journal(self.scorer, journal)
        self.work = WorkInStages(self.clock)
        self.stages = StageWatch(
            self.work, timeout=TIMEOUT, fail=self.fail, require_broker=self.require_broker, clock=self.clock
        )
        self.watch = self.stages

    async def fail(self, error: BaseException) -> None:
        self.journal.note_hang()
        await super().fail(error)

    async def process(self, name: str, batch: Batch) -> Batch:
        with self.work.begun("ScorePosts", name):
            return await self.scoring.process(batch)

    async def begins_a_post(self) -> None:
        assert await asyncio.to_thread(self.scorer.begun.acquire, timeout=PATIENCE)


def texts_from(first: int, count: int) -> Batch:
    return batch_of(*(event(f"post {offset}", offset=offset) for offset in range(first, first + count)))


LONE, ALSO_SUSPECT, HEALTHY = texts_from(0, POSTS), texts_from(1_000, 1), texts_from(2_000, 2)


@pytest.fixture
def journal(tmp_path: Path) -> ScoringJournal:
    """A journal with two batches that were in work whenever the process ended."""
    for _ in range(BATCH_ENDS):
        journal = ScoringJournal(JournalFile(tmp_path))
        with journal.scoring(LONE.posts), journal.scoring(ALSO_SUSPECT.posts):
            journal.note_hang()
        journal.close()
    return ScoringJournal(JournalFile(tmp_path))


@asynccontextmanager
async def three_batches(stage: Stage) -> AsyncIterator[list[asyncio.Task[Batch]]]:
    """Begin all batches; those after the first one wait."""
    batches = {"lone": LONE, "suspect": ALSO_SUSPECT, "healthy": HEALTHY}
    tasks = []
    for name, batch in batches.items():
        tasks.append(asyncio.create_task(stage.process(name, batch)))
        await asyncio.sleep(0)
    await stage.begins_a_post()
    assert {work.batch: work.waits_for for work in stage.work.running()} == {
        "lone": None,
        "suspect": ANOTHER_BATCH,
        "healthy": ANOTHER_BATCH,
    }
    try:
        yield tasks
    finally:
        stage.scorer.may_end.release(POSTS + 10)
        await asyncio.gather(*tasks)
        stage.scoring.close()
        stage.journal.close()


async def test_batches_may_wait_longer_than_the_timeout_while_posts_are_scored_alone(
    journal: ScoringJournal,
) -> None:
    stage = Stage(journal)
    async with three_batches(stage) as tasks:
        for number in range(1, POSTS):
            assert await stage.check_at(number * STEP) == []
            assert stage.stages.stall is None
            assert stage.work.reason_not_to_read() is not None
            assert stage.work.missing_dependency() is None, "a rebalance need not wait for another batch"
            stage.scorer.may_end.release()
            await stage.begins_a_post()
        assert stage.clock.now > TIMEOUT
    assert stage.errors == []
    assert [len(task.result().scored) for task in tasks] == [POSTS, 1, 2]
    assert stage.work.reason_not_to_read() is None


async def test_a_post_that_hangs_alone_ends_the_process_and_is_the_only_one_to_blame(
    journal: ScoringJournal, tmp_path: Path
) -> None:
    stage = Stage(journal)
    async with three_batches(stage):
        stage.scorer.may_end.release()
        await stage.begins_a_post()
        await stage.check_at(TIMEOUT)
    [error] = stage.errors
    assert "batch lone" in str(error)
    again = ScoringJournal(JournalFile(tmp_path))
    assert list(again._notes.posts.values()) == [1]
    for _ in range(2):
        with again.scoring_alone(LONE.posts[1], PickyScorer.version):
            again.note_hang()
        again.close()
        again = ScoringJournal(JournalFile(tmp_path))
    assert [again.is_doomed(post, PickyScorer.version) for post in LONE.posts[:3]] == [False, True, False]
    again.close()
