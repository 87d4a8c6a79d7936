"""The comparison of a bundle before and after it is quantized."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models.predictions import TweetPrediction
from training.examples import Example
from training.quantization import compare_bundles

EXAMPLES = [Example(str(number), f"tweet {number}", int(number < 3)) for number in range(300)]


class FixedScorer:
    """Predicts a probability for each text; those from 0.5 on are positive."""

    version = "fixed"

    def __init__(self, probabilities: dict[str, float]) -> None:
        self._probabilities = probabilities

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        probabilities = [self._probabilities.get(text, 0.1) for text in texts]
        return [TweetPrediction("ADE" if p >= 0.5 else "NoADE", p) for p in probabilities]


def test_labels_probabilities_and_scores_are_compared() -> None:
    exact = FixedScorer({"tweet 0": 0.9, "tweet 1": 0.9, "tweet 2": 0.9})
    quantized = FixedScorer({"tweet 0": 0.8, "tweet 1": 0.2, "tweet 2": 0.9, "tweet 299": 0.6})
    scored: list[int] = []
    report = compare_bundles(exact, quantized, EXAMPLES, advance=scored.append)
    assert sum(scored) == 2 * len(EXAMPLES)
    assert (report.texts, report.changed) == (300, 2)
    assert report.largest_change == pytest.approx(0.7)
    assert report.f1(report.before)["1a"] == pytest.approx(1, abs=1e-4)
    assert report.f1(report.after)["1a"] == pytest.approx(2 / 3, abs=1e-4)
    assert report.losses()["1a"] == pytest.approx(1 / 3, abs=1e-4)
    assert report.to_json()["changed_labels"] == 2


def test_equal_predictions_lose_nothing() -> None:
    scorer = FixedScorer({"tweet 0": 0.9})
    report = compare_bundles(scorer, scorer, EXAMPLES)
    assert (report.changed, report.largest_change) == (0, 0)
    assert set(report.losses().values()) == {0}
