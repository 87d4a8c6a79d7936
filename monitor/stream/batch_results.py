"""The results of the posts of a batch: whatever the model does, each is scored, or its message is refused.

A model that fails on a batch gets its halves, then their halves, until the posts are known that it fails on.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from monitor.stream.scoring_journal import ScoringJournal
from monitor.stream.stage_work import note_progress

log = structlog.get_logger()

MODEL_ERROR = "model-error"
"""Reason of the dead letters whose message is valid, but whose text the model cannot score."""

MODEL_CRASH = "model-crash"
"""Reason of the dead letters whose message has a post that ended the process each time it was scored."""

PLAIN_TEXT = "a text that any sound model can score"

_PLAIN_POST = ReceivedPost(Post("", PLAIN_TEXT), Origin("", 0, 0, datetime.fromtimestamp(0, UTC)))

Result = ScoredPost | RefusedMessage


class ImpossiblePredictionError(ValueError):
    """A prediction that cannot be true. Its message names what is wrong, and has no text of the post."""


def score_batch(batch: Batch, scorer: Scorer) -> Batch:
    """Score the posts of a batch together.

    Raises:
        FatalError: not even a plain text can be scored, or a GPU has no memory for one post.
        MemoryError: the machine has no memory.
    """
    posts = batch.posts
    try:
        predictions = _sound_predictions(scorer, posts)
    except MemoryError:
        raise
    except Exception as error:
        log.warning("batch refused by the model", tweets=len(posts), error=type(error).__name__)
        return _score_in_halves(batch, scorer, error)
    return replace(batch, scored=tuple(map(ScoredPost, posts, predictions)))


def score_alone(batch: Batch, scorer: Scorer, journal: ScoringJournal) -> Batch:
    """Score the posts of a batch one at a time, and note each one before."""
    log.warning("posts are scored one at a time, because they may end the process", tweets=len(batch.posts))
    results: list[Result] = []
    for received in batch.posts:
        note_progress()
        with journal.scoring_alone(received, scorer.version):
            results += _results_of([received], scorer)
    return _with_results(batch, scorer, results)


def without_doomed(batch: Batch, scorer: Scorer, journal: ScoringJournal) -> Batch:
    """Refuse the posts of a batch that end the process each time they are scored."""
    doomed = [received for received in batch.posts if journal.is_doomed(received, scorer.version)]
    if not doomed:
        return batch
    error = PoisonError(MODEL_CRASH, "the process ended each time that it scored this post")
    refused = [RefusedMessage(received.origin, error) for received in doomed]
    posts = tuple(received for received in batch.posts if received not in doomed)
    return replace(batch, posts=posts, refused=_one_of_each_message(batch.refused, refused))


def _score_in_halves(batch: Batch, scorer: Scorer, error: Exception) -> Batch:
    if not is_device_full(error):
        _check_model(scorer)
    return _with_results(batch, scorer, _results_of_halves(batch.posts, scorer, error))


def _with_results(batch: Batch, scorer: Scorer, results: Sequence[Result]) -> Batch:
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
        results += _results_of(half, scorer)
    return results


def _results_of(posts: Sequence[ReceivedPost], scorer: Scorer) -> list[Result]:
    try:
        return list(map(ScoredPost, posts, _sound_predictions(scorer, posts)))
    except MemoryError:
        raise
    except Exception as error:
        return _results_of_halves(posts, scorer, error)


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
