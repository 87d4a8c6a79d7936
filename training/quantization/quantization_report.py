"""Whether a quantized bundle is good enough: the official scores before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.predictions import Scorer, TweetPrediction
from training.evaluation import score_predictions
from training.examples import Example
from training.scorer import Measure, Scores

# What the margin holds for: the heads that read the quantized body.
JUDGED: Final[tuple[Measure, ...]] = ("1a", "1b")
_CHUNK: Final = 256  # texts judged together


@dataclass(frozen=True)
class QuantizationReport:
    """The exact and the quantized bundle on the same texts.

    Attributes:
        before: scores of the exact one.
        after: of the quantized one.
        texts: how many there were.
        changed: how many of them have another label now.
        largest_change: by how much a probability has changed at largest_change.
    """

    before: Scores
    after: Scores
    texts: int
    changed: int
    largest_change: float

    def losses(self) -> dict[Measure, float]:
        """Give by how much each judged F1, in [0, 1], has fallen; below 0 where it has risen."""
        before, after = self.f1(self.before), self.f1(self.after)
        return {measure: before[measure] - after[measure] for measure in JUDGED}

    @staticmethod
    def f1(scores: Scores) -> dict[Measure, float]:
        """Give the judged F1 of some scores."""
        return {"1a": scores.classifier.f1, "1b": scores.extractor.f1}

    def to_json(self) -> dict[str, Any]:
        """Give the figures, JSON-ready."""
        return {
            "before": self.before.to_json(JUDGED),
            "after": self.after.to_json(JUDGED),
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
    """Let both judge annotated texts.

    Args:
        exact: the bundle as it was.
        quantized: the bundle as it would be.
        examples: texts that neither learned from.
        advance: told of so many more texts that were judged, each twice.
    """
    before, after = _judged(exact, examples, advance), _judged(quantized, examples, advance)
    pairs = list(zip(before, after, strict=True))
    return QuantizationReport(
        score_predictions(before, examples),
        score_predictions(after, examples),
        len(examples),
        sum(was.label != now.label for was, now in pairs),
        max((abs(was.probability - now.probability) for was, now in pairs), default=0.0),
    )


def _judged(
    scorer: Scorer, examples: Sequence[Example], advance: Callable[[int], None]
) -> list[TweetPrediction]:
    said: list[TweetPrediction] = []
    for first in range(0, len(examples), _CHUNK):
        chunk = examples[first : first + _CHUNK]
        said.extend(scorer.score([example.text for example in chunk]))
        advance(len(chunk))
    return said
