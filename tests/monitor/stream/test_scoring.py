"""The scoring stage keeps the order, and refuses only the tweets that the model cannot score."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from models import Mention, TweetPrediction
from models.scoring import CachingScorer
from monitor.errors import FatalError
from monitor.ingest import Batch
from monitor.stream.scoring import ScorePosts
from tests.monitor.kafka_events import batch_of, batch_of_texts, event
from tests.monitor.stream.scorers import FaultyScorer, PickyScorer, current_bundle, scoring_with

PATIENCE = 20.0


def scored_texts(batch: Batch) -> list[str]:
    return [tweet.received.post.text for tweet in batch.scored]


def refusals(batch: Batch) -> list[tuple[int, str]]:
    """Return the offset and the reason of each refused message."""
    return [(refused.origin.offset, refused.error.reason) for refused in batch.refused]


async def test_predictions_have_the_order_of_the_tweets() -> None:
    batch = await scoring_with(PickyScorer()).process(batch_of_texts("aaa", "a", "aa"))
    assert [tweet.prediction.probability for tweet in batch.scored] == [0.003, 0.001, 0.002]
    assert scored_texts(batch) == ["aaa", "a", "aa"]


async def test_the_model_gets_the_context_of_each_tweet() -> None:
    class ContextScorer(PickyScorer):
        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            return super().score(contexts or [])

    message = {"id": "1", "text": "so dizzy", "context": [{"kind": "title", "text": "Zoloft"}]}
    batch = await scoring_with(ContextScorer()).process(
        batch_of(event(raw=json.dumps(message).encode()), event("fine", offset=1))
    )
    assert [tweet.prediction.probability for tweet in batch.scored] == [0.006, 0.0]


async def test_a_batch_without_tweets_never_reaches_the_model() -> None:
    batch = await scoring_with(PickyScorer("")).process(batch_of(event(None)))
    assert batch.scored == ()
    assert refusals(batch) == [(0, "empty")]


async def test_one_refused_tweet_does_not_stop_the_others() -> None:
    batch = await scoring_with(PickyScorer("bad")).process(batch_of_texts("one", "bad", "three"))
    assert scored_texts(batch) == ["one", "three"]
    assert refusals(batch) == [(1, "model-error")]
    assert batch.refused[0].error.detail == "ValueError while scoring"


@pytest.mark.parametrize("number", [0, 1, 500, 999])
async def test_one_refused_tweet_in_a_thousand_is_found_in_few_calls(number: int) -> None:
    class CountingScorer(PickyScorer):
        calls = 0

        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            self.calls += 1
            return super().score(texts)

    texts = [f"post {place}" for place in range(1000)]
    texts[number] = "bad"
    scorer = CountingScorer("bad")
    batch = await scoring_with(scorer).process(batch_of_texts(*texts))
    assert scored_texts(batch) == [text for text in texts if text != "bad"]
    assert refusals(batch) == [(number, "model-error")]
    assert scorer.calls <= 25


@given(st.lists(st.sampled_from(["fine", "bad", "odd"]), max_size=40))
async def test_whatever_is_refused_each_tweet_has_a_result_in_its_order(texts: list[str]) -> None:
    batch = await scoring_with(PickyScorer("bad", "odd")).process(batch_of_texts(*texts))
    scored = [row.received.origin.offset for row in batch.scored]
    assert scored == [place for place, text in enumerate(texts) if text == "fine"]
    assert refusals(batch) == [(place, "model-error") for place, text in enumerate(texts) if text != "fine"]


async def test_a_message_with_several_refused_posts_becomes_one_letter() -> None:
    posts = [{"id": str(number), "text": "bad"} for number in range(3)] + [{"id": ""}]
    batch = batch_of(event(raw=json.dumps(posts).encode()), event("fine", offset=1))
    batch = await scoring_with(PickyScorer("bad")).process(batch)
    assert [offset for offset, _ in refusals(batch)] == [0]
    assert scored_texts(batch) == ["fine"]


class FullDevice(PickyScorer):
    """A GPU with memory for a number of texts."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        if len(texts) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().score(texts)


async def test_a_device_without_free_memory_scores_smaller_batches_and_refuses_nothing() -> None:
    texts = [f"post {place}" for place in range(21)]
    batch = await scoring_with(FullDevice(3)).process(batch_of_texts(*texts))
    assert (scored_texts(batch), batch.refused) == (texts, ())


async def test_a_device_without_memory_for_one_tweet_is_fatal() -> None:
    with pytest.raises(FatalError, match="memory"):
        await scoring_with(FullDevice(0)).process(batch_of_texts("one", "two"))


class BreakingScorer(PickyScorer):
    """Scores nothing more after it met one of its words, like a GPU after a failed assertion."""

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        try:
            return super().score(texts)
        except ValueError:
            if len(texts) == 1:
                self.refused = ("",)
            raise


async def test_a_tweet_that_breaks_the_model_does_not_get_others_refused() -> None:
    with pytest.raises(FatalError, match="any text"):
        await scoring_with(BreakingScorer("bad")).process(batch_of_texts("one", "bad", "two"))


async def test_a_machine_without_memory_ends_the_worker_and_refuses_nothing() -> None:
    class Starved(PickyScorer):
        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            raise MemoryError

    with pytest.raises(MemoryError):
        await scoring_with(Starved()).process(batch_of_texts("one", "two"))


async def test_a_refused_tweet_joins_the_invalid_messages_of_its_batch() -> None:
    batch = batch_of(event("bad", offset=0), event(None, offset=1), event("fine", offset=2))
    batch = await scoring_with(PickyScorer("bad")).process(batch)
    assert refusals(batch) == [(1, "empty"), (0, "model-error")]
    assert scored_texts(batch) == ["fine"]


async def test_a_refused_tweet_that_is_alone_in_its_batch_is_refused_and_no_more() -> None:
    batch = await scoring_with(PickyScorer("bad")).process(batch_of_texts("bad"))
    assert len(batch.refused) == 1


async def test_a_model_that_scores_nothing_is_fatal() -> None:
    with pytest.raises(FatalError, match="picky-1"):
        await scoring_with(PickyScorer("")).process(batch_of_texts("one", "two"))


async def test_cached_predictions_do_not_hide_that_the_model_broke() -> None:
    scorer = PickyScorer("bad")
    scoring = scoring_with(CachingScorer(scorer, 100))
    await scoring.process(batch_of_texts("one", "bad"))  # this also scores the plain text
    scorer.refused = ("",)
    with pytest.raises(FatalError, match="picky-1"):
        await scoring.process(batch_of_texts("two"))


async def test_a_batch_keeps_the_bundle_that_an_earlier_stage_gave_it() -> None:
    batch = replace(batch_of_texts("bad"), scorer=PickyScorer())
    scored = await scoring_with(PickyScorer("bad")).process(batch)
    assert scored.scorer is batch.scorer
    assert scored_texts(scored) == ["bad"]


async def test_a_batch_without_a_bundle_gets_the_current_one() -> None:
    assert (await scoring_with(PickyScorer()).process(batch_of_texts("one"))).bundle == "picky-1"


async def test_nothing_is_scored_during_a_pause_which_waits_for_the_batches_in_work() -> None:
    scorer = SlowScorer()
    scoring = scoring_with(scorer)
    before = asyncio.create_task(scoring.process(batch_of_texts("before")))
    await asyncio.to_thread(scorer.begun.wait, PATIENCE)
    async with scoring.paused():
        assert scorer.ended == ["before"]
        after = asyncio.create_task(scoring.process(batch_of_texts("after")))
        await asyncio.sleep(0.1)
        assert scorer.ended == ["before"]
    assert scored_texts(await after) == ["after"]
    assert scored_texts(await before) == ["before"]


async def test_log_events_about_a_batch_have_its_id() -> None:
    scoring = scoring_with(PickyScorer("bad"))
    with capture_logs(processors=[merge_contextvars]) as events, bound_contextvars(batch="tweets-0-7"):
        await scoring.process(batch_of_texts("bad"))
    assert [(line["batch"], line["tweets"], line["error"]) for line in events] == [
        ("tweets-0-7", 1, "ValueError")
    ]


class SlowScorer(PickyScorer):
    """Reports when it begins, and remembers the texts that it has scored."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.ended: list[str] = []

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        self.begun.set()
        time.sleep(0.05)
        self.ended.extend(texts)
        return super().score(texts)


def test_close_waits_for_the_batches_in_work() -> None:
    async def begin() -> None:
        asyncio.create_task(scoring.process(batch_of_texts("one")))  # noqa: RUF006 - left alone, as at a crash
        await asyncio.to_thread(scorer.begun.wait, PATIENCE)

    scorer = SlowScorer()
    scoring = scoring_with(scorer)
    asyncio.run(begin())
    scoring.close()
    assert scorer.ended == ["one"]


async def test_close_drops_the_batches_that_wait_for_a_thread() -> None:
    scorer = SlowScorer()
    scoring = ScorePosts(current_bundle(scorer), at_once=1)
    batches = [asyncio.create_task(scoring.process(batch_of_texts(text))) for text in ("one", "two")]
    await asyncio.to_thread(scorer.begun.wait, PATIENCE)
    await asyncio.to_thread(scoring.close)
    await asyncio.wait(batches)
    assert [batch.cancelled() for batch in batches] == [False, True]
    assert scorer.ended == ["one"]


FAULTS = [
    TweetPrediction("NoADE", float("nan")),
    TweetPrediction("NoADE", 1.1),
    TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", float("nan"), None, None, None),)),
    TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", 0.9, "1", "Odd", -0.1),)),
    TweetPrediction("ADE", 0.9, (Mention(0, 9, "odd", 0.9, None, None, None),)),
    TweetPrediction("ADE", 0.9, (Mention(2, 2, "", 0.9, None, None, None),)),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_impossible_prediction_is_refused_for_its_tweet_alone(fault: TweetPrediction) -> None:
    batch = await scoring_with(FaultyScorer(fault)).process(batch_of_texts("one", "odd", "three"))
    assert scored_texts(batch) == ["one", "three"]
    assert refusals(batch) == [(1, "model-error")]
    assert batch.refused[0].error.detail.startswith(("a score of", "a span from"))


async def test_a_model_with_impossible_predictions_only_is_fatal() -> None:
    with pytest.raises(FatalError, match="nan"):
        await scoring_with(FaultyScorer(FAULTS[0], always=True)).process(batch_of_texts("one"))


async def test_the_rounding_of_a_probability_is_not_a_fault() -> None:
    over = TweetPrediction("NoADE", 1.0000001)
    batch = await scoring_with(FaultyScorer(over, always=True)).process(batch_of_texts("one"))
    assert len(batch.scored) == 1
