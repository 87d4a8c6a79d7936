"""The Classifier's threshold: the one with the best F1 where positives are as rare as in the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.counts import Counts


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold, and what it gives at the prevalence that it was chosen for.

    Attributes:
        threshold: a probability in [0, 1].
        precision: of the positive class.
        recall: of the positive class.
        f1: of the positive class.
    """

    threshold: float
    precision: float
    recall: float
    f1: float


def choose_threshold(
    probabilities: Sequence[float], labels: Sequence[int], *, prevalence: float
) -> ThresholdChoice:
    """Choose the threshold with the best F1 after weighting the negatives to a prevalence.

    Candidates are 0.05, 0.10 … 0.95; of equals the one nearest to the middle of their range wins,
    since a plateau's middle moves least on other data.

    Args:
        probabilities: of ADE, on validation data.
        labels: 1 or 0 for each.
        prevalence: share of positives in the stream that the model is for, in (0, 1).

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives or not 0 < prevalence < 1:
        raise ValueError("a threshold needs positives, negatives and a prevalence between 0 and 1")
    weight = positives * (1 - prevalence) / prevalence / negatives
    choices = []
    for step in range(1, 20):
        threshold = step / 20
        said = [probability >= threshold for probability in probabilities]
        hits = sum(label for yes, label in zip(said, labels, strict=True) if yes)
        false = sum(1 - label for yes, label in zip(said, labels, strict=True) if yes)
        counts = Counts(hits + weight * false, positives, hits, hits)
        choices.append(ThresholdChoice(threshold, counts.precision, counts.recall, counts.f1))
    best = max(choice.f1 for choice in choices)
    plateau = [choice for choice in choices if choice.f1 >= best - 1e-9]
    return plateau[len(plateau) // 2]
