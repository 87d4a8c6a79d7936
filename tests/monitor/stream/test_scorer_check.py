"""The self-test of a bundle before it scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models import DummyScorer, TweetPrediction
from models.errors import ModelError
from monitor.stream.scorer_check import CHECK_TEXTS, check_scorer
from tests.monitor.stream.scorers import FaultyScorer, PickyScorer


class LosingScorer(PickyScorer):
    """Loses a text."""

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return super().score(texts)[1:]


class ContextlessScorer(PickyScorer):
    """Fails if there are contexts."""

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        if contexts is not None:
            raise KeyError("segment")
        return [TweetPrediction("NoADE", 0.1) for _ in texts]


def test_a_sound_scorer_passes() -> None:
    check_scorer(DummyScorer())


@pytest.mark.parametrize("text", range(len(CHECK_TEXTS)))
def test_an_error_for_any_of_the_posts_is_a_failure(text: int) -> None:
    with pytest.raises(ModelError, match="fails its self-test: ValueError"):
        check_scorer(PickyScorer(CHECK_TEXTS[text]))


def test_impossible_and_missing_predictions_are_failures() -> None:
    with pytest.raises(ModelError, match="a score of nan"):
        check_scorer(FaultyScorer(TweetPrediction("NoADE", float("nan")), always=True))
    with pytest.raises(ModelError, match="0 predictions for 1 posts"):
        check_scorer(LosingScorer())
    with pytest.raises(ModelError, match="KeyError"):
        check_scorer(ContextlessScorer())
