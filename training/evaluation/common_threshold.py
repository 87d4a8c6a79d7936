"""One threshold for several kinds of language: one that was chosen on one kind costs points on others.

Tweets, reviews and forum posts differ in how sure a Classifier is of them. So the threshold has the best mean
of the expected F1 (see `thresholds`) over the kinds, each with the same weight, however many texts it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.evaluation.calibration import Numbers, prevalence_weights
from training.evaluation.thresholds import (
    OperatingPoints,
    ThresholdChoice,
    expected_f1,
    operating_points,
    short_threshold,
)


@dataclass(frozen=True)
class ScoredTexts:
    """Validation texts of one kind, as they were scored.

    Attributes:
        name: of the kind, such as the name of its corpus.
        probabilities: of ADE.
        labels: 1 or 0 for each text; both occur.
        reachable: whether a text can be positive at all, as in `operating_points`; None if all can.
    """

    name: str
    probabilities: Sequence[float]
    labels: Sequence[int]
    reachable: Sequence[bool] | None = None

    def at(self, threshold: float, *, prevalence: float | None = None) -> ThresholdChoice:
        """Return the figures of a threshold, measured on these texts at a prevalence."""
        weights = prevalence_weights(self.labels, prevalence)
        predicted = np.asarray(self.probabilities) >= threshold
        if self.reachable is not None:
            predicted &= np.asarray(self.reachable, dtype=bool)
        truth = np.asarray(self.labels) == 1
        hits, alarms = float((predicted & truth).sum()), float(weights[predicted].sum())
        precision, recall = (hits / alarms if alarms else 0.0), hits / float(truth.sum())
        total = precision + recall
        return ThresholdChoice(threshold, precision, recall, 2 * precision * recall / total if total else 0.0)


@dataclass(frozen=True)
class CommonThreshold:
    """A threshold for several kinds of texts.

    Attributes:
        threshold: a probability in [0, 1].
        by_kind: its figures on the texts of each kind, by name.
    """

    threshold: float
    by_kind: Mapping[str, ThresholdChoice]

    @property
    def mean(self) -> ThresholdChoice:
        """The means of the figures over the kinds; the F1 is the mean F1."""
        figures = [(c.precision, c.recall, c.f1) for c in self.by_kind.values()]
        precision, recall, f1 = (sum(column) / len(figures) for column in zip(*figures, strict=True))
        return ThresholdChoice(self.threshold, precision, recall, f1)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a JSON document."""
        return {
            "threshold": self.threshold,
            "f1": round(self.mean.f1, 4),
            "by_kind": {
                name: {"precision": round(c.precision, 4), "recall": round(c.recall, 4), "f1": round(c.f1, 4)}
                for name, c in self.by_kind.items()
            },
        }


def choose_common_threshold(
    kinds: Sequence[ScoredTexts],
    *,
    prevalence: float | None = None,
    precision: float | None = None,
    tolerance: float = 0.0,
) -> CommonThreshold | None:
    """Choose one threshold for several kinds of texts.

    Args:
        kinds: one or more, with different names.
        prevalence: share of positives in the stream that the model is for: each kind's negatives are weighted
            to it. None is the share in each kind's texts.
        precision: the least precision on each kind; the threshold then has the best mean recall. None chooses
            by the mean of the expected F1.
        tolerance: how much less than the best is also good. The lowest such threshold is taken, which finds
            most: F1 hardly changes between neighbouring thresholds. 0 takes the best.

    Returns:
        None if no threshold has that precision on each kind.

    Raises:
        ValueError: there are no kinds, a kind lacks a class, or the prevalence lies outside (0, 1).
    """
    if not kinds:
        raise ValueError("a threshold needs at least one kind of texts")
    points = [
        operating_points(kind.probabilities, kind.labels, prevalence=prevalence, reachable=kind.reachable)
        for kind in kinds
    ]
    lowest = np.unique(np.concatenate([each.lowest for each in points]))[::-1]
    if not len(lowest):
        return _at(1.0, kinds, prevalence) if precision is None else None
    if precision is None:
        expected = [
            expected_f1(
                each, kind.probabilities, kind.labels, prevalence=prevalence, reachable=kind.reachable
            )
            for each, kind in zip(points, kinds, strict=True)
        ]
        goal = np.mean([_at_each(lowest, *pair) for pair in zip(points, expected, strict=True)], axis=0)
    else:
        precise = np.all([_at_each(lowest, each, each.precision) >= precision for each in points], axis=0)
        recall = np.mean([_at_each(lowest, each, each.recall) for each in points], axis=0)
        goal = np.where(precise, recall, 0.0)
        if not goal.any():
            return None
    best = np.flatnonzero(goal >= goal.max() - max(tolerance, 1e-9))
    chosen = int(best[-1] if tolerance else best[len(best) // 2])
    below = float(lowest[chosen + 1]) if chosen + 1 < len(lowest) else 0.0
    return _at(short_threshold(below, float(lowest[chosen])), kinds, prevalence)


def _at_each(lowest: Numbers, points: OperatingPoints, values: Numbers) -> Numbers:
    """Return the values of a kind's operating points at further thresholds, 0 where nothing is positive."""
    before = np.searchsorted(-points.lowest, -lowest, side="right")
    return np.concatenate([[0.0], values])[before]


def _at(threshold: float, kinds: Sequence[ScoredTexts], prevalence: float | None) -> CommonThreshold:
    return CommonThreshold(
        threshold, {kind.name: kind.at(threshold, prevalence=prevalence) for kind in kinds}
    )
