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
from monitor.store.rows import ROUNDING

log = structlog.get_logger()

MODEL_ERROR = "model-error"
"""Reason of the dead letters that could be read, but not judged."""

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
            predictions = self._judge([received.tweet.text for received in tweets])
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
                [said] = self._judge([received.tweet.text])
                scored.append(ScoredTweet(received, said))
            except Exception as error:
                detail = f"{type(error).__name__} while scoring"
                refused.append((received, PoisonError(MODEL_ERROR, detail)))
        return Scored(tuple(scored), tuple(refused))

    def _prove_sound(self) -> None:
        try:
            self._judge([PLAIN_TEXT])
        except Exception as error:
            raise FatalError(
                f"bundle {self.bundle} cannot judge any text: {type(error).__name__}: {error}; "
                "`ade-monitor doctor` checks the bundle"
            ) from error

    def _judge(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Ask the scorer, and refuse what the database would refuse: that would stop all that follows."""
        predictions = self._scorer.score(texts)
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
