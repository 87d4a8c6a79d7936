"""Weights of what speaks for a candidate, by the likelihood of phrases whose PT is known.

Both fusions of a network, fitted on phrases that it has not learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.bundle.dictionary import Dictionary
from models.normalizer.candidates import CandidateFinder
from models.normalizer.classes import lift_labels
from models.normalizer.fusion import BY_HAND, FEATURES, Fusion
from models.normalizer.labels import Labels
from models.normalizer.ranking import concepts_of_classes
from models.normalizer.span_reader import SpanInText, SpanReader
from training.examples import CodedPhrase
from training.retrieval.fusion_evaluation import (
    FusionQuality,
    LabeledCandidates,
    best_threshold,
    measure_fusion,
)
from training.retrieval.retriever_data import with_typo

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
    before: FusionQuality
    after: FusionQuality

    def to_json(self) -> dict[str, Any]:
        """Give the figures, JSON-ready."""
        return {
            "phrases": self.phrases,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "threshold": self.fusion.threshold,
        }


def fit_fusion(answered: Sequence[LabeledCandidates], start: Fusion, *, classes: bool) -> FittedFusion:
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
        measure_fusion(answered, start),
        measure_fusion(answered, fusion),
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    values: NDArray[np.float64]  # [phrases, width + 1, weights + 1]; the last candidate is "none of them"
    is_candidate: NDArray[np.bool_]  # [phrases, width + 1]
    columns: NDArray[np.int64]  # [phrases]

    @classmethod
    def of(cls, answered: LabeledCandidates, chosen: Sequence[int]) -> _Problem:
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


# Share of the phrases that are asked misspelt, or in other capitals, as well.
_TYPED: Final = 1 / 3

SearchKind = Literal["retrieval", "hybrid"]


@dataclass(frozen=True)
class FittedFusions:
    """Fusions for a bundle.

    Attributes:
        fusions: as `Retrieval.fusions` wants them.
        fits: how they were fitted; None where there was nothing to fit them on, and those set by hand serve.
    """

    fusions: Mapping[SearchKind, Fusion]
    fits: Mapping[SearchKind, FittedFusion] | None

    def to_json(self) -> dict[str, Any]:
        """Give the figures of the fits, JSON-ready."""
        return {name: fit.to_json() for name, fit in (self.fits or {}).items()}


def fit_fusions(
    reader: SpanReader,
    labels: Labels,
    dictionaries: Sequence[Dictionary],
    phrases: Sequence[CodedPhrase],
    *,
    seed: int = 1,
) -> FittedFusions:
    """Fit the weights of retrieval and of hybrid by the likelihood of held-back phrases.

    Each phrase is asked as it stands, and a third of them once more as people type: in well-written texts
    vectors alone do so well that letters would weigh nothing, and misspelt words be lost.

    The phrases are searched in each of the dictionaries and count once for each, since a bundle that is
    made with the names of its labels may be given a release later: the same weights must serve both. A
    phrase whose PT a dictionary does not have teaches when none of the candidates is to be believed.

    Args:
        reader: the finished network, its retriever included; with `context` or `retrieval_context` the
            phrases' own are read.
        labels: classes of the network's Normalizer.
        dictionaries: one or more, with the vectors that the network gives their names.
        phrases: with PTs; neither the classifier nor the retriever has learned from them.
        seed: of the typing errors.
    """
    if not phrases or not dictionaries:
        return FittedFusions({"retrieval": BY_HAND["retrieval"], "hybrid": BY_HAND["hybrid"]}, None)
    random = Random(f"fusions {seed}")  # noqa: S311 - reproducible, not secret
    typed = [
        replace(phrase, text=with_typo(phrase.text, random)) for phrase in phrases if random.random() < _TYPED
    ]
    answered = find_candidates(reader, labels, dictionaries, [*phrases, *typed])
    fits: dict[SearchKind, FittedFusion] = {
        kind: fit_fusion(own, BY_HAND[kind], classes=kind == "hybrid") for kind, own in answered.items()
    }
    return FittedFusions({kind: fit.fusion for kind, fit in fits.items()}, fits)


def find_candidates(
    reader: SpanReader, labels: Labels, dictionaries: Sequence[Dictionary], phrases: Sequence[CodedPhrase]
) -> dict[SearchKind, list[LabeledCandidates]]:
    """Find the candidates of phrases in each dictionary, as the pipeline would.

    Args:
        reader: the network.
        labels: classes of its Normalizer; where there are none, a hybrid is retrieval.
        dictionaries: names with their vectors.
        phrases: with their PTs; codes of LLTs are lifted where the dictionary is a release.

    Returns:
        For each kind of search one for each dictionary.
    """
    texts = [phrase.text for phrase in phrases]
    spans = [SpanInText(phrase.text, phrase.context or phrase.text) for phrase in phrases]
    if len(labels):
        vectors, log_classes = reader.vectors_and_log_classes(spans)
    else:
        vectors, log_classes = reader.vectors(spans), None
    found: dict[SearchKind, list[LabeledCandidates]] = {"retrieval": [], "hybrid": []}
    for dictionary in dictionaries:
        concepts = dictionary.index.names.concepts
        classes = concepts_of_classes(lift_labels(labels, dictionary.terminology), concepts)
        finder = CandidateFinder(dictionary.index, reader.engine.device, classes)
        lift = dictionary.terminology.pt_of if dictionary.terminology else lambda code: code
        places = {concept.ptid: place for place, concept in enumerate(concepts)}
        right = np.array([places.get(lift(phrase.ptid) or "", -1) for phrase in phrases], dtype=np.int64)
        found["retrieval"].append(LabeledCandidates(finder.find(texts, vectors), right))
        found["hybrid"].append(LabeledCandidates(finder.find(texts, vectors, log_classes), right))
    return found
