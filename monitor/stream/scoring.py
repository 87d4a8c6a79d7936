"""The model, called off the event loop: heartbeats, commits and rebalances go on while it computes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from models import Scorer, TweetPrediction
from monitor.errors import FatalError, PoisonError
from monitor.records import ReceivedTweet, ScoredTweet

log = structlog.get_logger()

PLAIN_TEXT = "a text that any sound model can judge"


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model made of a batch: predictions, and the tweets that it cannot judge."""

    tweets: tuple[ScoredTweet, ...]
    refused: tuple[tuple[ReceivedTweet, PoisonError], ...] = ()


class ScoringThread:
    """Runs a scorer in one thread of its own, one batch at a time."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")

    @property
    def bundle(self) -> str:
        """Version of the bundle behind the predictions."""
        return self._scorer.version

    async def score(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        """Judge the tweets of a batch.

        A batch that the model refuses is tried again tweet by tweet, so that one bad tweet does not
        stop the others.

        Raises:
            FatalError: not even a plain text can be judged: the model is broken, not the tweets.
        """
        if not tweets:
            return Scored(())
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._score, tweets)

    def close(self) -> None:
        """End the thread once the batch in hand is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _score(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        try:
            return Scored(_join(tweets, self._scorer.score([received.tweet.text for received in tweets])))
        except Exception as error:
            log.warning("batch refused by the model", tweets=len(tweets), error=type(error).__name__)
            return self._score_one_by_one(tweets)

    def _score_one_by_one(self, tweets: Sequence[ReceivedTweet]) -> Scored:
        self._prove_sound()
        scored: list[ScoredTweet] = []
        refused: list[tuple[ReceivedTweet, PoisonError]] = []
        for received in tweets:
            try:
                scored.extend(_join([received], self._scorer.score([received.tweet.text])))
            except Exception as error:
                detail = f"{type(error).__name__} while scoring"
                refused.append((received, PoisonError("model-error", detail)))
        return Scored(tuple(scored), tuple(refused))

    def _prove_sound(self) -> None:
        try:
            self._scorer.score([PLAIN_TEXT])
        except Exception as error:
            raise FatalError(
                f"bundle {self.bundle} cannot judge any text: {type(error).__name__}: {error}; "
                "`ade-monitor doctor` checks the bundle"
            ) from error


def _join(tweets: Sequence[ReceivedTweet], predictions: Sequence[TweetPrediction]) -> tuple[ScoredTweet, ...]:
    return tuple(ScoredTweet(tweet, said) for tweet, said in zip(tweets, predictions, strict=True))
