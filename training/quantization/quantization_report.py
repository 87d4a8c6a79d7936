"""The official scores of a bundle before and after it is quantized."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.predictions import Scorer, TweetPrediction
from training.evaluation import predict_examples, score_predictions
from training.examples import Example
from training.scorer import Measure, Scores

COMPARED: Final[tuple[Measure, ...]] = ("1a", "1b")
"""The measures of the heads that read the quantized body."""

_CHUNK: Final = 256  # texts scored at a time


@dataclass(frozen=True)
class QuantizationReport:
    """The exact and the quantized bundle on the same texts.

    Attributes:
        before: scores of the exact bundle.
        after: scores of the quantized bundle.
        texts: number of texts.
        changed: number of texts with another label.
        largest_change: of a probability.
    """

    before: Scores
    after: Scores
    texts: int
    changed: int
    largest_change: float

    def losses(self) -> dict[Measure, float]:
        """Return by how much each compared F1 fell, in [0, 1]; below 0 if it rose."""
        before, after = self.f1(self.before), self.f1(self.after)
        return {measure: before[measure] - after[measure] for measure in COMPARED}

    @staticmethod
    def f1(scores: Scores) -> dict[Measure, float]:
        """Return the compared F1 of these scores."""
        return {"1a": scores.classifier.f1, "1b": scores.extractor.f1}

    def to_json(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        return {
            "before": self.before.to_json(COMPARED),
            "after": self.after.to_json(COMPARED),
            "changed_labels": self.changed,
            "largest_change_of_probability": round(self.largest_change, 4),
        }


def compare_bundles(
    exact: Scorer,
    quantized: Scorer,
    examples: Sequence[Example],
    *,
    advance: Callable[[int], None] = lambda texts: None,
) -> QuantizationReport:
    """Score annotated texts with both bundles.

    Args:
        exact: the bundle before.
        quantized: the bundle after.
        examples: texts that neither was trained or calibrated on.
        advance: called with the number of texts scored since the last call; each text counts twice.
    """
    before, after = _predict(exact, examples, advance), _predict(quantized, examples, advance)
    pairs = list(zip(before, after, strict=True))
    changes = [abs(first.probability - second.probability) for first, second in pairs]
    return QuantizationReport(
        score_predictions(before, examples),
        score_predictions(after, examples),
        len(examples),
        sum(first.label != second.label for first, second in pairs),
        max(changes, default=0.0),
    )


def _predict(
    scorer: Scorer, examples: Sequence[Example], advance: Callable[[int], None]
) -> list[TweetPrediction]:
    predictions: list[TweetPrediction] = []
    for first in range(0, len(examples), _CHUNK):
        chunk = examples[first : first + _CHUNK]
        predictions.extend(predict_examples(scorer, chunk))
        advance(len(chunk))
    return predictions
