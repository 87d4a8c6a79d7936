"""What goes wrong behind the cache of answers goes no further than the call that it happened in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models import Mention, TweetPrediction
from models.scoring import CacheCounts, CachingScorer
from tests.models.scoring.test_cache import WordyScorer


def test_an_error_leaves_nothing_behind() -> None:
    class Failing(WordyScorer):
        fails = True

        def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
            if self.fails:
                raise ValueError("not now")
            return super().score(texts)

    behind = Failing()
    cached = CachingScorer(behind, 10)
    with pytest.raises(ValueError, match="not now"):
        cached.score(["a", "b"])
    assert (len(cached), cached.counts) == (0, CacheCounts())
    behind.fails = False
    assert cached.score(["a", "b"]) == WordyScorer().score(["a", "b"])


@pytest.mark.parametrize(
    "fault",
    [
        TweetPrediction("NoADE", float("nan")),
        TweetPrediction("ADE", 1.5),
        TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", float("nan"), None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(0, 9, "odd", 0.9, None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(0, 3, "", 0.9, None, None, None),)),
    ],
)
def test_an_impossible_answer_is_passed_on_and_not_kept(fault: TweetPrediction) -> None:
    class Faulty(WordyScorer):
        def judge(self, text: str) -> TweetPrediction:
            return fault

    cached = CachingScorer(Faulty(), 10)
    assert repr(cached.score(["odd"])) == repr([fault])
    assert len(cached) == 0


def test_an_answer_too_few_is_an_error() -> None:
    class Short(WordyScorer):
        def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
            return super().score(texts)[1:]

    with pytest.raises(ValueError, match="shorter"):
        CachingScorer(Short(), 10).score(["a", "b"])
