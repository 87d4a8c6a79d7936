"""All figures of some predictions: scores with intervals, reliability, operating points, errors."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from models.terminology import Terminology
from training.evaluation.calibration import Reliability, measure_reliability
from training.evaluation.code_accuracy import CodeAccuracy, code_accuracy_by_group, code_accuracy_notes
from training.evaluation.gold import Gold
from training.evaluation.intervals import Interval, Intervals, bootstrap
from training.evaluation.prediction_errors import PredictionError, count_errors, find_errors
from training.evaluation.prediction_files import Predictions
from training.evaluation.thresholds import OperatingPoints, operating_points
from training.scorer import Counts, Measure, Scores, score_annotations


@dataclass(frozen=True)
class Assessment:
    """The figures of some predictions.

    Attributes:
        sizes: how many texts, positive texts, spans and spans with a code were annotated.
        scores: the official ones, and the others that `Scores` has.
        intervals: of the scores.
        codes: accuracy of the codes on matched spans: "matched" and, if the training data is known, "unseen".
            A group without spans is left out.
        reliability: of the probabilities; None unless all are known.
        points: of all thresholds; None also if the texts have one class only.
        errors: the texts with errors, for the table of errors.
        notes: what a user should know.
        confidence: of the intervals.
        samples: of the bootstrap.
        seed: of the bootstrap.
    """

    sizes: Mapping[str, int]
    scores: Scores
    intervals: Mapping[Measure, Intervals]
    codes: Mapping[str, CodeAccuracy]
    reliability: Reliability | None
    points: OperatingPoints | None
    errors: list[PredictionError]
    notes: tuple[str, ...]
    confidence: float
    samples: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return all figures as a JSON document."""
        return {
            "annotated": dict(self.sizes),
            "scores": {
                measure: _score_figures(counts, self.intervals[measure])
                for measure, counts in self.scores.by_measure.items()
            },
            "coding": {group: accuracy.to_json() for group, accuracy in self.codes.items()},
            "intervals": {"confidence": self.confidence, "samples": self.samples, "seed": self.seed},
            "average_precision": round(self.points.average_precision, 4) if self.points else None,
            "reliability": self.reliability.to_json() if self.reliability else None,
            "mistakes": count_errors(self.errors),
            "notes": list(self.notes),
        }


def assess(
    gold: Gold,
    predictions: Predictions,
    *,
    seen: Set[str] | None = None,
    terminology: Terminology | None = None,
    samples: int = 1_000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Assessment:
    """Measure predictions.

    Args:
        gold: the annotations, of at least one text.
        predictions: for the same texts. Predictions for others are ignored; texts without one count as NoADE.
        seen: PT codes of the training data; with them, 1c is also scored on the other PTs alone.
        terminology: its hierarchy shows which wrong PTs are near misses.
        samples: of the bootstrap.
        seed: of the bootstrap.
        confidence: of the intervals.
    """
    labels = [int(annotation.adverse) for annotation in gold.by_tweet.values()]
    by_text = [predictions.probabilities.get(tweet) for tweet in gold.by_tweet]
    probabilities = [probability for probability in by_text if probability is not None]
    complete = len(probabilities) == len(labels)
    codes = code_accuracy_by_group(gold.by_tweet, predictions, seen=seen, terminology=terminology)
    scores = score_annotations(gold.by_tweet, predictions.by_tweet, seen=seen)
    notes = [*gold.notes, *_notes(gold, predictions, complete=complete), *_unmeasured_notes(scores)]
    if codes:
        notes += code_accuracy_notes(predictions, terminology)
    spans = [span for annotation in gold.by_tweet.values() for span in annotation.spans]
    return Assessment(
        sizes={
            "texts": len(labels),
            "positive": sum(labels),
            "spans": len(spans),
            "coded": sum(span.code is not None for span in spans),
        },
        scores=scores,
        intervals=bootstrap(
            gold.by_tweet, predictions.by_tweet, seen=seen, samples=samples, seed=seed, confidence=confidence
        ),
        codes=codes,
        reliability=measure_reliability(probabilities, labels) if complete else None,
        points=operating_points(probabilities, labels) if complete and len(set(labels)) == 2 else None,
        errors=find_errors(gold, predictions),
        notes=tuple(notes),
        confidence=confidence,
        samples=samples,
        seed=seed,
    )


def _notes(gold: Gold, predictions: Predictions, *, complete: bool) -> list[str]:
    notes = []
    if unknown := sum(tweet not in gold.by_tweet for tweet in predictions.by_tweet):
        notes.append(f"{unknown:,} predicted texts are not annotated, and were ignored")
    if missing := sum(tweet not in predictions.by_tweet for tweet in gold.by_tweet):
        notes.append(f"{missing:,} annotated texts have no prediction, and count as NoADE")
    if not complete:
        notes.append(
            "the probability of ADE is not known for all texts, so there is neither reliability nor a curve"
        )
    return notes


def _unmeasured_notes(scores: Scores) -> list[str]:
    notes = []
    if not scores.classifier.is_measured:
        notes.append("no annotated text reports an adverse effect, so there are no scores of 1a")
    unseen = scores.by_measure.get("1c unseen")
    if unseen is not None and not unseen.is_measured:
        notes.append("no annotated span has a PT that the training data lacks: unseen PTs have no scores")
    return notes


def _score_figures(counts: Counts, intervals: Intervals) -> dict[str, Any]:
    """Return the figures of a measure; None for shares of nothing."""
    figures = counts.to_json()
    by_figure = {"precision": intervals.precision, "recall": intervals.recall, "f1": intervals.f1}
    measured = counts.is_measured
    return {
        **(figures if measured else dict.fromkeys(figures)),
        "hits": counts.hits,
        "extra": counts.extra,
        "missed": counts.missed,
        "intervals": {name: _ends(interval) if measured else None for name, interval in by_figure.items()},
    }


def _ends(interval: Interval) -> list[float]:
    return [round(interval.low, 4), round(interval.high, 4)]
