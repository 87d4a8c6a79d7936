"""All that is measured of predictions: scores with intervals, reliability, operating points, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from models.terminology import Terminology
from training.evaluation.coding import Coding, coding_by_group, coding_notes
from training.evaluation.gold import Gold
from training.evaluation.intervals import Interval, Intervals, bootstrap
from training.evaluation.mistakes import Mistake, count_kinds, find_mistakes
from training.evaluation.prediction_files import Predictions
from training.evaluation.reliability import Reliability, reliability
from training.evaluation.threshold import OperatingPoints, operating_points
from training.scorer import Counts, Measure, Scores, score


@dataclass(frozen=True)
class Assessment:
    """Predictions, measured.

    Attributes:
        sizes: how many texts, positive texts, spans and spans with a code were annotated.
        scores: official ones, and those beside them.
        intervals: of the scores.
        coding: accuracy of the codes on spans that were found: "matched" and, where the training data are
            known, "unseen"; without those that have no spans.
        reliability: None where probabilities are not known.
        points: of all thresholds; None as well where the texts have one class only.
        mistakes: for the table of errors.
        notes: what a user should know.
        confidence: of the intervals.
        samples: of the bootstrap.
        seed: of the bootstrap.
    """

    sizes: Mapping[str, int]
    scores: Scores
    intervals: Mapping[Measure, Intervals]
    coding: Mapping[str, Coding]
    reliability: Reliability | None
    points: OperatingPoints | None
    mistakes: list[Mistake]
    notes: tuple[str, ...]
    confidence: float
    samples: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Give all figures, JSON-ready."""
        return {
            "annotated": dict(self.sizes),
            "scores": {
                measure: _figures(counts, self.intervals[measure])
                for measure, counts in self.scores.by_measure.items()
            },
            "coding": {name: one.to_json() for name, one in self.coding.items()},
            "intervals": {"confidence": self.confidence, "samples": self.samples, "seed": self.seed},
            "average_precision": round(self.points.average_precision, 4) if self.points else None,
            "reliability": self.reliability.to_json() if self.reliability else None,
            "mistakes": count_kinds(self.mistakes),
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
        gold: what was annotated; it has at least one text.
        predictions: of the same texts; those of others are ignored, those that lack are NoADE.
        seen: PT codes of the training data; with them, 1c is scored on the others as well.
        terminology: its hierarchy tells which wrong PTs are near the annotated one.
        samples: of the bootstrap.
        seed: of the bootstrap.
        confidence: of the intervals.
    """
    judged = predictions.judgements
    notes = [*gold.notes]
    if unknown := sum(id_ not in gold.judgements for id_ in judged):
        notes.append(f"{unknown:,} predicted texts are not annotated, and were ignored")
    if lacking := sum(id_ not in judged for id_ in gold.judgements):
        notes.append(f"{lacking:,} annotated texts have no prediction, and count as NoADE")
    labels = [int(judgement.adverse) for judgement in gold.judgements.values()]
    chances = [predictions.probabilities.get(id_) for id_ in gold.judgements]
    known = [chance for chance in chances if chance is not None]
    complete = len(known) == len(chances)
    if not complete:
        notes.append(
            "the probability of ADE is not known for all texts: neither reliability nor a curve is given"
        )
    coding = coding_by_group(gold.judgements, predictions, seen=seen, terminology=terminology)
    if coding:
        notes += coding_notes(predictions, terminology)
    marks = [mark for judgement in gold.judgements.values() for mark in judgement.marks]
    return Assessment(
        sizes={
            "texts": len(labels),
            "positive": sum(labels),
            "spans": len(marks),
            "coded": sum(mark.code is not None for mark in marks),
        },
        scores=score(gold.judgements, judged, seen=seen),
        intervals=bootstrap(
            gold.judgements, judged, seen=seen, samples=samples, seed=seed, confidence=confidence
        ),
        coding=coding,
        reliability=reliability(known, labels) if complete else None,
        points=operating_points(known, labels) if complete and len(set(labels)) == 2 else None,
        mistakes=find_mistakes(gold, predictions),
        notes=tuple(notes),
        confidence=confidence,
        samples=samples,
        seed=seed,
    )


def _figures(counts: Counts, intervals: Intervals) -> dict[str, Any]:
    return {
        **counts.to_json(),
        "hits": counts.hits,
        "extra": counts.extra,
        "missed": counts.missed,
        "intervals": {
            "precision": _ends(intervals.precision),
            "recall": _ends(intervals.recall),
            "f1": _ends(intervals.f1),
        },
    }


def _ends(interval: Interval) -> list[float]:
    return [round(interval.low, 4), round(interval.high, 4)]
