"""Weights of what speaks for a candidate, by the likelihood of phrases whose PT is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.normalizer.fusion import FEATURES, Fusion
from training.retrieval.answered import Answered
from training.retrieval.worth import Worth, best_threshold, worth

# Those that only a classifier can give.
CLASSIFIER_FEATURES: Final = ("classified", "log_class", "class_first")
# All else speaks for a candidate, or not at all: a PT is no worse for being near.
_OF_EITHER_SIGN: Final = frozenset({"classified"})
# Of the weights about those set by hand, on the scale of log-odds; a hundred phrases outweigh it.
_DEVIATION: Final = 4.0


@dataclass(frozen=True)
class FittedFusion:
    """A fusion with what it was worth before and after, on the phrases that it was fitted on."""

    fusion: Fusion
    phrases: int
    before: Worth
    after: Worth

    def to_json(self) -> dict[str, Any]:
        """Give the figures, JSON-ready."""
        return {
            "phrases": self.phrases,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "threshold": self.fusion.threshold,
        }


def fit_fusion(answered: Sequence[Answered], start: Fusion, *, classes: bool) -> FittedFusion:
    """Find the weights with the least negative log-likelihood, not far from those that were set by hand.

    A phrase's probabilities are a softmax over its candidates and "none of them" (`Fusion`), which is right
    where its PT is no candidate. Weights have a normal prior about `start`, and none but that of being a
    class at all is negative.

    Args:
        answered: phrases that neither the retriever nor the classifier has seen; several lists have been
            searched in several dictionaries, and weigh by their phrases.
        start: weights set by hand.
        classes: whether the features of the classifier are used.

    Raises:
        ValueError: there are no phrases.
    """
    if not any(len(one.concepts) for one in answered):
        raise ValueError("there are no phrases to fit the weights on")
    used = [name for name in FEATURES if classes or name not in CLASSIFIER_FEATURES]
    chosen = [FEATURES.index(name) for name in used]
    center = np.append(start.vector()[chosen], start.nothing)
    bounds = [(None, None) if name in _OF_EITHER_SIGN else (0.0, None) for name in used] + [(None, None)]
    problems = [_Problem.of(one, chosen) for one in answered if len(one.concepts)]

    def objective(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        away = (weights - center) / _DEVIATION
        loss, slope = 0.5 * float(away @ away), away / _DEVIATION
        for problem in problems:
            own, own_slope = problem.loss(weights)
            loss, slope = loss + own, slope + own_slope
        return loss, slope

    found = minimize(objective, center, jac=True, method="L-BFGS-B", bounds=bounds).x
    fusion = Fusion(
        weights=MappingProxyType(
            {name: round(float(weight), 4) for name, weight in zip(used, found, strict=False)}
        ),
        nothing=round(float(found[-1]), 4),
    )
    threshold = round(best_threshold(answered, fusion), 4)
    return FittedFusion(
        fusion.model_copy(update={"threshold": threshold}),
        sum(len(one.concepts) for one in answered),
        worth(answered, start),
        worth(answered, fusion),
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    values: NDArray[np.float64]  # [phrases, width + 1, weights + 1]; the last candidate is "none of them"
    is_candidate: NDArray[np.bool_]  # [phrases, width + 1]
    columns: NDArray[np.int64]  # [phrases]

    @classmethod
    def of(cls, answered: Answered, chosen: Sequence[int]) -> _Problem:
        features = answered.table.values[..., list(chosen)].astype(np.float64)
        phrases, width, weights = features.shape
        values = np.zeros((phrases, width + 1, weights + 1))
        values[:, :width, :weights] = features
        values[:, width, weights] = 1
        there = np.column_stack([answered.table.concepts >= 0, np.ones(phrases, dtype=bool)])
        return cls(values, there, answered.columns)

    def loss(self, weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = np.where(self.is_candidate, self.values @ weights, -np.inf)
        highest = scores.max(1, keepdims=True)
        logs = scores - highest - np.log(np.exp(scores - highest).sum(1, keepdims=True))
        rows = np.arange(len(logs))
        expected = np.einsum("pc,pcw->w", np.exp(logs), self.values)
        own = self.values[rows, self.columns].sum(0)
        return float(-logs[rows, self.columns].sum()), expected - own
