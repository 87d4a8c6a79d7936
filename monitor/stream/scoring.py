"""The model, called off the event loop: heartbeats, commits and rebalances go on while it computes."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from models import Scorer, TweetPrediction
from models.scoring.cache import CacheCounts, CachingScorer
from monitor.errors import FatalError, PoisonError
from monitor.records import ReceivedTweet, ScoredTweet
from monitor.store.columns import ROUNDING

log = structlog.get_logger()

MODEL_ERROR = "model-error"
"""Reason of the dead letters that could be read, but not judged."""

PLAIN_TEXT = "a text that any sound model can judge"


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model made of a batch: predictions, and the tweets that it cannot judge."""

    tweets: tuple[ScoredTweet, ...]
    refused: tuple[tuple[ReceivedTweet, PoisonError], ...] = ()


class ScoringThreads:
    """Runs a scorer in threads of its own, a batch in each.

    Args:
        scorer: safe to call from several threads at once.
        at_once: batches that are scored side by side: while one is computed, another is tokenized or decoded.
    """

    def __init__(self, scorer: Scorer, *, at_once: int = 2) -> None:
        self.at_once = at_once
        self._scorer = scorer
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="scoring")

    @property
    def bundle(self) -> str:
        """Version of the bundle behind the predictions."""
        return self._scorer.version

    @property
    def cached(self) -> CacheCounts | None:
        """How often an answer was at hand so far; None where none are kept."""
        return self._scorer.counts if isinstance(self._scorer, CachingScorer) else None

    async def score(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        """Judge the tweets of a batch.

        A batch that the model refuses is tried again tweet by tweet, so that one bad tweet does not
        stop the others.

        Raises:
            FatalError: not even a plain text can be judged: the model is broken, not the tweets.
        """
        if not tweets:
            return Scored(())
        context = contextvars.copy_context()  # what the log says of the batch
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, context.run, self._score, tweets
        )

    def close(self) -> None:
        """Wait for the batches in hand, and end the threads.

        Python waits for them at its end as well, but then the engine takes no more work, and they would fail.
        """
        self._threads.shutdown(cancel_futures=True)

    def _score(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        try:
            predictions = _judged(self._scorer, [received.tweet.text for received in tweets])
            return Scored(tuple(map(ScoredTweet, tweets, predictions)))
        except Exception as error:
            log.warning("batch refused by the model", tweets=len(tweets), error=type(error).__name__)
            return self._score_one_by_one(tweets)

    def _score_one_by_one(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        self._prove_sound()
        scored: list[ScoredTweet] = []
        refused: list[tuple[ReceivedTweet, PoisonError]] = []
        for received in tweets:
            try:
                [said] = _judged(self._scorer, [received.tweet.text])
                scored.append(ScoredTweet(received, said))
            except Exception as error:
                detail = f"{type(error).__name__} while scoring"
                refused.append((received, PoisonError(MODEL_ERROR, detail)))
        return Scored(tuple(scored), tuple(refused))

    def _prove_sound(self) -> None:
        # Not by the cache: it would go on answering for a model that has broken since.
        scorer = self._scorer.scorer if isinstance(self._scorer, CachingScorer) else self._scorer
        try:
            _judged(scorer, [PLAIN_TEXT])
        except Exception as error:
            raise FatalError(
                f"bundle {self.bundle} cannot judge any text: {type(error).__name__}: {error}; "
                "`ade-monitor doctor` checks the bundle"
            ) from error


def _judged(scorer: Scorer, texts: Sequence[str]) -> list[TweetPrediction]:
    """Ask the scorer, and refuse what the database would refuse: that would stop all that follows."""
    predictions = scorer.score(texts)
    for text, said in zip(texts, predictions, strict=True):
        if fault := _fault_of(said, text):
            raise ValueError(fault)
    return predictions


def _fault_of(said: TweetPrediction, text: str) -> str | None:
    """Name what cannot be in a prediction for `text`: a score that is no probability, a span not in it."""
    scores = [said.probability]
    for mention in said.mentions:
        scores += [mention.score] if mention.pt_score is None else [mention.score, mention.pt_score]
        length = mention.end - mention.start
        found = text[mention.start : mention.end]
        if mention.start < 0 or not length == len(found) > 0 or found != mention.text:
            return f"a span from {mention.start} to {mention.end} that is not in the text"
    # NaN compares false, too.
    wrong = [score for score in scores if not -ROUNDING < score < 1 + ROUNDING]
    return f"a score of {wrong[0]}" if wrong else None
