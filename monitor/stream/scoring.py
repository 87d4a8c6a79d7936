"""The stage that calls the model: in threads, so that heartbeats, commits and rebalances go on meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from models import Scorer, TweetPrediction
from models.predictions import prediction_fault
from models.scoring import CachingScorer
from monitor.errors import FatalError, PoisonError
from monitor.ingest import Batch
from monitor.records import Origin, Post, ReceivedPost, RefusedMessage, ScoredPost
from monitor.stream.device_memory import free_device_memory, is_device_full
from monitor.stream.served_bundle import CurrentBundle

log = structlog.get_logger()

MODEL_ERROR = "model-error"
"""Reason of the dead letters whose message is valid, but whose text the model cannot score."""

PLAIN_TEXT = "a text that any sound model can score"

_PLAIN_POST = ReceivedPost(Post("", PLAIN_TEXT), Origin("", 0, 0, datetime.fromtimestamp(0, UTC)))

Result = ScoredPost | RefusedMessage


class ImpossiblePredictionError(ValueError):
    """A prediction that cannot be true. Its message names what is wrong, and has no text of the post."""


class ScorePosts:
    """Scores the tweets of each batch in a thread of its own.

    Args:
        current: the bundle for batches that no stage gave a scorer.
        at_once: number of batches to score at the same time. While one is computed, another is tokenized.
    """

    def __init__(self, current: CurrentBundle, *, at_once: int) -> None:
        self.at_once = at_once
        self._current = current
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="scoring")
        self._in_work = 0
        self._may_start = asyncio.Event()
        self._may_start.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Score nothing during the block, which starts when no batch is in work."""
        self._may_start.clear()
        try:
            await self._is_idle.wait()
            yield
        finally:
            self._may_start.set()

    async def process(self, batch: Batch) -> Batch:
        """Score the tweets of a batch.

        If the model fails on a batch, its halves are scored, then their halves, so that one bad tweet does
        not stop the others. A tweet that fails on its own is refused. So is one with an impossible prediction
        (NaN, a span outside the text), because the database would never take it.

        A GPU without free memory is not the fault of a tweet: its batch is scored in halves, too, and no
        tweet is refused.

        Raises:
            FatalError: not even a plain text can be scored: the model is broken, not the tweets. Or a GPU has
                no memory for one tweet.
            MemoryError: the machine has no memory.
        """
        scorer = batch.scorer or self._current.now.scorer
        batch = replace(batch, scorer=scorer)
        if not batch.posts:
            return batch
        await self._may_start.wait()
        context = contextvars.copy_context()  # with the batch's id for the log
        self._in_work += 1
        self._is_idle.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, context.run, _score_batch, batch, scorer
            )
        finally:
            self._in_work -= 1
            if not self._in_work:
                self._is_idle.set()

    def close(self) -> None:
        """Wait for the batches in work, and end the threads.

        Python waits for threads at its exit, too, but then the model's own threads are gone, and it fails.
        """
        self._threads.shutdown(cancel_futures=True)


def _score_batch(batch: Batch, scorer: Scorer) -> Batch:
    posts = batch.posts
    try:
        predictions = _sound_predictions(scorer, posts)
    except MemoryError:
        raise
    except Exception as error:
        log.warning("batch refused by the model", tweets=len(posts), error=type(error).__name__)
        return _score_in_halves(batch, scorer, error)
    return replace(batch, scored=tuple(map(ScoredPost, posts, predictions)))


def _score_in_halves(batch: Batch, scorer: Scorer, error: Exception) -> Batch:
    if not is_device_full(error):
        _check_model(scorer)
    results = _results_of_halves(batch.posts, scorer, error)
    scored = tuple(result for result in results if isinstance(result, ScoredPost))
    refused = [result for result in results if isinstance(result, RefusedMessage)]
    if refused:
        # The text of one post can break a GPU for all posts after it, and those are not to be refused.
        _check_model(scorer)
    return replace(batch, scored=scored, refused=_one_of_each_message(batch.refused, refused))


def _results_of_halves(posts: Sequence[ReceivedPost], scorer: Scorer, error: Exception) -> list[Result]:
    """Return the results of posts on which the model failed together with `error`, in their order."""
    if is_device_full(error):
        free_device_memory()
    if len(posts) == 1:
        return [_refused(posts[0], scorer, error)]
    results: list[Result] = []
    middle = len(posts) // 2
    for half in (posts[:middle], posts[middle:]):
        try:
            results += map(ScoredPost, half, _sound_predictions(scorer, half))
        except MemoryError:
            raise
        except Exception as error_of_half:
            results += _results_of_halves(half, scorer, error_of_half)
    return results


def _refused(received: ReceivedPost, scorer: Scorer, error: Exception) -> RefusedMessage:
    if is_device_full(error):
        raise FatalError(
            f"bundle {scorer.version} cannot score a single post: the device has no free memory",
            "end what else uses it, or set model.device to cpu",
        ) from error
    what = str(error) if isinstance(error, ImpossiblePredictionError) else type(error).__name__
    return RefusedMessage(received.origin, PoisonError(MODEL_ERROR, f"{what} while scoring"))


def _check_model(scorer: Scorer) -> None:
    # Without the cache, which would go on answering for a model that has broken since.
    bare = scorer.scorer if isinstance(scorer, CachingScorer) else scorer
    try:
        _sound_predictions(bare, [_PLAIN_POST])
    except MemoryError:
        raise
    except Exception as error:
        raise FatalError(
            f"bundle {scorer.version} cannot score any text: {type(error).__name__}: {error}",
            "`ade-monitor doctor` checks the bundle",
        ) from error


def _one_of_each_message(
    before: Sequence[RefusedMessage], refused: Sequence[RefusedMessage]
) -> tuple[RefusedMessage, ...]:
    """Return the refused messages of a batch, each once: a message may have several posts with a fault."""
    by_place: dict[tuple[str, int, int], RefusedMessage] = {}
    for message in (*before, *refused):
        origin = message.origin
        by_place.setdefault((origin.topic, origin.partition, origin.offset), message)
    return tuple(by_place.values())


def _sound_predictions(scorer: Scorer, posts: Sequence[ReceivedPost]) -> list[TweetPrediction]:
    """Return a prediction for each post, with its context, which some bundles read.

    Raises:
        ImpossiblePredictionError: a prediction is impossible. (The scorer may raise anything.)
    """
    texts = [received.post.text for received in posts]
    predictions = scorer.score(texts, [received.post.context_text for received in posts])
    for text, prediction in zip(texts, predictions, strict=True):
        if fault := prediction_fault(prediction, text):
            raise ImpossiblePredictionError(fault)
    return predictions
