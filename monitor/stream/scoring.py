"""The stage that calls the model: in threads, so that heartbeats, commits and rebalances go on meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import structlog

from models import Scorer, TweetPrediction
from models.predictions import prediction_fault
from models.scoring import CacheCounts, CachingScorer
from monitor.errors import FatalError, PoisonError
from monitor.ingest import Batch
from monitor.records import Post, ReceivedPost, RefusedMessage, ScoredPost

log = structlog.get_logger()

MODEL_ERROR = "model-error"
"""Reason of the dead letters whose message is valid, but whose text the model cannot score."""

PLAIN_TEXT = "a text that any sound model can score"


class ScorePosts:
    """Scores the tweets of each batch in a thread of its own.

    Args:
        scorer: safe to call from several threads at the same time.
        at_once: number of batches to score at the same time. While one is computed, another is tokenized.
    """

    def __init__(self, scorer: Scorer, *, at_once: int) -> None:
        self.at_once = at_once
        self._scorer = scorer
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="scoring")

    @property
    def bundle(self) -> str:
        """Version of the bundle that scores."""
        return self._scorer.version

    def cache_counts(self) -> CacheCounts | None:
        """Return the lookups and hits of the cache so far; None if there is no cache."""
        return self._scorer.counts if isinstance(self._scorer, CachingScorer) else None

    async def process(self, batch: Batch) -> Batch:
        """Score the tweets of a batch.

        If the model fails on a batch, it is scored again tweet by tweet, so that one bad tweet does not stop
        the others. A tweet that fails on its own is refused. So is one with an impossible prediction (NaN, a
        span outside the text), because the database would never take it.

        Raises:
            FatalError: not even a plain text can be scored: the model is broken, not the tweets.
        """
        if not batch.posts:
            return batch
        context = contextvars.copy_context()  # with the batch's id for the log
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, context.run, self._score_batch, batch
        )

    def close(self) -> None:
        """Wait for the batches in work, and end the threads.

        Python waits for threads at its exit, too, but then the model's own threads are gone, and it fails.
        """
        self._threads.shutdown(cancel_futures=True)

    def _score_batch(self, batch: Batch) -> Batch:
        try:
            predictions = _sound_predictions(self._scorer, [received.post for received in batch.posts])
        except Exception as error:
            log.warning("batch refused by the model", tweets=len(batch.posts), error=type(error).__name__)
            return self._score_one_by_one(batch)
        return replace(batch, scored=tuple(map(ScoredPost, batch.posts, predictions)))

    def _score_one_by_one(self, batch: Batch) -> Batch:
        self._check_model()
        scored: list[ScoredPost] = []
        refused: list[RefusedMessage] = []
        for received in batch.posts:
            result = self._score_one(received)
            if isinstance(result, ScoredPost):
                scored.append(result)
            else:
                refused.append(result)
        return replace(batch, scored=tuple(scored), refused=(*batch.refused, *refused))

    def _score_one(self, received: ReceivedPost) -> ScoredPost | RefusedMessage:
        try:
            [prediction] = _sound_predictions(self._scorer, [received.post])
        except Exception as error:
            detail = f"{type(error).__name__} while scoring"
            return RefusedMessage(received.origin, PoisonError(MODEL_ERROR, detail))
        return ScoredPost(received, prediction)

    def _check_model(self) -> None:
        # Without the cache, which would go on answering for a model that has broken since.
        scorer = self._scorer.scorer if isinstance(self._scorer, CachingScorer) else self._scorer
        try:
            _sound_predictions(scorer, [Post("", PLAIN_TEXT)])
        except Exception as error:
            raise FatalError(
                f"bundle {self.bundle} cannot score any text: {type(error).__name__}: {error}",
                "`ade-monitor doctor` checks the bundle",
            ) from error


def _sound_predictions(scorer: Scorer, posts: Sequence[Post]) -> list[TweetPrediction]:
    """Return a prediction for each post, with its context, which some bundles read.

    Raises:
        ValueError: a prediction is impossible. (The scorer may raise anything.)
    """
    texts = [post.text for post in posts]
    predictions = scorer.score(texts, [post.context_text for post in posts])
    for text, prediction in zip(texts, predictions, strict=True):
        if fault := prediction_fault(prediction, text):
            raise ValueError(fault)
    return predictions
