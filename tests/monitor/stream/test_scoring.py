"""The scoring thread: order, and what happens when the model refuses."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from models import Mention, TweetPrediction
from models.scoring.cache import CacheCounts, CachingScorer
from monitor.errors import FatalError
from monitor.ingest.batch import read_batch
from monitor.records import ReceivedTweet
from monitor.stream.scoring import ScoringThreads
from tests.monitor.stream.events import event

PATIENCE = 20.0


class PickyScorer:
    """Judges all texts but those that hold one of its words."""

    version = "picky-1"

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        if any(word in text for text in texts for word in self.refused):
            raise ValueError("this one I do not judge")
        return [TweetPrediction("NoADE", len(text) / 1000) for text in texts]


def received(*texts: str) -> Sequence[ReceivedTweet]:
    return read_batch([event(text, offset=i) for i, text in enumerate(texts)]).tweets


async def test_predictions_come_in_the_order_of_the_tweets() -> None:
    scored = await ScoringThreads(PickyScorer()).score(received("aaa", "a", "aa"))
    assert [tweet.prediction.probability for tweet in scored.tweets] == [0.003, 0.001, 0.002]


async def test_nothing_to_judge_asks_the_model_nothing() -> None:
    assert (await ScoringThreads(PickyScorer("")).score([])).tweets == ()


async def test_one_refused_tweet_does_not_stop_the_others() -> None:
    scored = await ScoringThreads(PickyScorer("bad")).score(received("one", "bad", "three"))
    assert [tweet.received.tweet.text for tweet in scored.tweets] == ["one", "three"]
    assert [(tweet.tweet.text, error.reason) for tweet, error in scored.refused] == [("bad", "model-error")]


async def test_a_refused_tweet_alone_in_its_batch_is_refused_and_no_more() -> None:
    scored = await ScoringThreads(PickyScorer("bad")).score(received("bad"))
    assert len(scored.refused) == 1


async def test_a_model_that_judges_nothing_is_fatal() -> None:
    with pytest.raises(FatalError, match="picky-1"):
        await ScoringThreads(PickyScorer("")).score(received("one", "two"))


async def test_answers_at_hand_do_not_hide_that_the_model_broke() -> None:
    scorer = PickyScorer("bad")
    scoring = ScoringThreads(CachingScorer(scorer, 100))
    await scoring.score(received("one", "bad"))  # a plain text was judged on the way
    scorer.refused = ("",)
    with pytest.raises(FatalError, match="picky-1"):
        await scoring.score(received("two"))


async def test_it_tells_how_often_an_answer_was_at_hand() -> None:
    scoring = ScoringThreads(CachingScorer(PickyScorer(), 100))
    await scoring.score(received("one", "two", "one"))
    assert scoring.cached == CacheCounts(lookups=3, hits=1)
    assert ScoringThreads(PickyScorer()).cached is None


async def test_what_is_logged_of_a_batch_says_which_it_is() -> None:
    scoring = ScoringThreads(PickyScorer("bad"))
    with capture_logs(processors=[merge_contextvars]) as logged, bound_contextvars(batch="tweets-0-7"):
        await scoring.score(received("bad"))
    assert [line["batch"] for line in logged] == ["tweets-0-7"]


def test_batches_in_hand_are_waited_for_at_the_end() -> None:
    ended: list[str] = []

    class Slow(PickyScorer):
        def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
            begun.set()
            time.sleep(0.05)
            ended.extend(texts)
            return super().score(texts)

    async def begin() -> None:
        asyncio.create_task(scoring.score(received("one")))  # noqa: RUF006 - left to itself, as at a crash
        await asyncio.to_thread(begun.wait, PATIENCE)

    begun = threading.Event()
    scoring = ScoringThreads(Slow())
    asyncio.run(begin())
    scoring.close()
    assert ended == ["one"]


class FaultyScorer:
    """Says something impossible of the texts with the word "odd", or of all of them."""

    version = "faulty-1"

    def __init__(self, fault: TweetPrediction, *, always: bool = False) -> None:
        self.fault = fault
        self.always = always

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        return [
            self.fault if self.always or "odd" in text else TweetPrediction("NoADE", 0.1) for text in texts
        ]


FAULTS = [
    TweetPrediction("NoADE", float("nan")),
    TweetPrediction("NoADE", 1.1),
    TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", float("nan"), None, None, None),)),
    TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", 0.9, "1", "Odd", -0.1),)),
    TweetPrediction("ADE", 0.9, (Mention(0, 9, "odd", 0.9, None, None, None),)),
    TweetPrediction("ADE", 0.9, (Mention(2, 2, "", 0.9, None, None, None),)),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_the_database_would_refuse_is_refused_for_that_tweet_alone(fault: TweetPrediction) -> None:
    scored = await ScoringThreads(FaultyScorer(fault)).score(received("one", "odd", "three"))
    assert [tweet.received.tweet.text for tweet in scored.tweets] == ["one", "three"]
    assert [(tweet.tweet.text, error.reason) for tweet, error in scored.refused] == [("odd", "model-error")]


async def test_a_model_that_always_says_the_impossible_is_fatal() -> None:
    with pytest.raises(FatalError, match="nan"):
        await ScoringThreads(FaultyScorer(FAULTS[0], always=True)).score(received("one"))


async def test_the_rounding_of_a_probability_is_no_fault() -> None:
    over = TweetPrediction("NoADE", 1.0000001)
    assert len((await ScoringThreads(FaultyScorer(over, always=True)).score(received("one"))).tweets) == 1
