"""Fitting both fusions of a network, by likelihood, on phrases that it has not learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.bundle import Dictionary
from models.normalizer import (
    BY_HAND,
    FEATURES,
    CandidateFinder,
    Fusion,
    Labels,
    SpanInText,
    SpanReader,
    concepts_of_classes,
    lift_labels,
)
from training.examples import CodedPhrase
from training.retrieval.fusion_evaluation import (
    FusionQuality,
    LabeledCandidates,
    best_threshold,
    measure_fusion,
)
from training.retrieval.retriever_data import with_typo

SearchKind = Literal["retrieval", "hybrid"]

# Features that only a classifier provides.
CLASSIFIER_FEATURES: Final = ("classified", "log_class", "class_first")
# All other weights are at least zero: a PT is not less likely for being near.
_MAY_BE_NEGATIVE: Final = frozenset({"classified"})
# Standard deviation of the prior around the weights set by hand, in log-odds. A hundred phrases outweigh it.
_PRIOR_DEVIATION: Final = 4.0
# Share of the phrases that are also searched misspelt, or in other capitals.
_TYPO_SHARE: Final = 1 / 3


@dataclass(frozen=True)
class FittedFusion:
    """A fusion, and its quality before and after the fit on the phrases that it was fitted on."""

    fusion: Fusion
    phrases: int
    before: FusionQuality
    after: FusionQuality

    def to_json(self) -> dict[str, Any]:
        """Return the figures, JSON-ready."""
        return {
            "phrases": self.phrases,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "threshold": self.fusion.threshold,
        }


@dataclass(frozen=True)
class FittedFusions:
    """The fusions for a bundle.

    Attributes:
        fusions: as `Retrieval.fusions` takes them.
        fits: how they were fitted; None if there were no phrases, and the weights set by hand are used.
    """

    fusions: Mapping[SearchKind, Fusion]
    fits: Mapping[SearchKind, FittedFusion] | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures of the fits, JSON-ready."""
        return {name: fit.to_json() for name, fit in (self.fits or {}).items()}


def fit_fusions(
    reader: SpanReader,
    labels: Labels,
    dictionaries: Sequence[Dictionary],
    phrases: Sequence[CodedPhrase],
    *,
    seed: int = 1,
) -> FittedFusions:
    """Fit the weights of retrieval and of hybrid by the likelihood of held-out phrases.

    Each phrase is searched as written, and a third of them once more with a typing error. In well-written
    texts, vectors alone do so well that letters would get no weight, and misspelt words would be lost.

    The phrases are searched in each of the dictionaries, and count once for each. A bundle that is made with
    the names of its labels may be given a release later, and the same weights must serve both. A phrase whose
    PT is not in a dictionary teaches when to trust none of the candidates.

    Args:
        reader: reads with the trained network, including its retriever. With `context` or
            `retrieval_context` it reads the phrases' tweets.
        labels: classes of the network's Normalizer.
        dictionaries: one or more, with the vectors that the network computes for their names.
        phrases: have PTs. Neither the classifier nor the retriever has learned from them.
        seed: of the typing errors.
    """
    if not phrases or not dictionaries:
        return FittedFusions({"retrieval": BY_HAND["retrieval"], "hybrid": BY_HAND["hybrid"]}, None)
    random = Random(f"fusions {seed}")  # noqa: S311 - reproducible, not secret
    misspelt = [
        replace(phrase, text=with_typo(phrase.text, random))
        for phrase in phrases
        if random.random() < _TYPO_SHARE
    ]
    candidates = find_candidates(reader, labels, dictionaries, [*phrases, *misspelt])
    fits: dict[SearchKind, FittedFusion] = {
        kind: fit_fusion(labeled, BY_HAND[kind], classes=kind == "hybrid")
        for kind, labeled in candidates.items()
    }
    return FittedFusions({kind: fit.fusion for kind, fit in fits.items()}, fits)


def find_candidates(
    reader: SpanReader, labels: Labels, dictionaries: Sequence[Dictionary], phrases: Sequence[CodedPhrase]
) -> dict[SearchKind, list[LabeledCandidates]]:
    """Find the candidates of phrases in each dictionary, as the pipeline would.

    Args:
        reader: reads with the network.
        labels: classes of its Normalizer. Without any, a hybrid is the same as retrieval.
        dictionaries: names with their vectors.
        phrases: have PTs. Codes of LLTs are lifted if the dictionary is a release.

    Returns:
        For each kind of search, the candidates in each dictionary.
    """
    texts = [phrase.text for phrase in phrases]
    spans = [SpanInText(phrase.text, phrase.tweet or phrase.text) for phrase in phrases]
    if len(labels):
        vectors, log_classes = reader.vectors_and_log_classes(spans)
    else:
        vectors, log_classes = reader.vectors(spans), None
    candidates: dict[SearchKind, list[LabeledCandidates]] = {"retrieval": [], "hybrid": []}
    for dictionary in dictionaries:
        concepts = dictionary.index.names.concepts
        classes = concepts_of_classes(lift_labels(labels, dictionary.terminology), concepts)
        finder = CandidateFinder(dictionary.index, reader.engine.device, classes)
        lift = dictionary.terminology.pt_of if dictionary.terminology else lambda code: code
        concept_of = {concept.ptid: number for number, concept in enumerate(concepts)}
        right = np.array([concept_of.get(lift(phrase.ptid) or "", -1) for phrase in phrases], dtype=np.int64)
        candidates["retrieval"].append(LabeledCandidates(finder.find(texts, vectors), right))
        candidates["hybrid"].append(LabeledCandidates(finder.find(texts, vectors, log_classes), right))
    return candidates


def fit_fusion(candidates: Sequence[LabeledCandidates], start: Fusion, *, classes: bool) -> FittedFusion:
    """Find the weights with the least negative log-likelihood, near those that were set by hand.

    A phrase's probabilities are a softmax over its candidates and "none of them" (`Fusion`), which is right
    if its PT is not a candidate. Weights have a normal prior around `start`. Only the weight of being a class
    may be negative.

    Args:
        candidates: of phrases that neither the retriever nor the classifier has seen. Several lists are from
            searches in several dictionaries; each phrase counts once in each.
        start: weights set by hand.
        classes: use the features of the classifier.

    Raises:
        ValueError: there are no phrases.
    """
    if not any(len(labeled.concepts) for labeled in candidates):
        raise ValueError("there are no phrases to fit the weights on")
    used = [name for name in FEATURES if classes or name not in CLASSIFIER_FEATURES]
    columns = [FEATURES.index(name) for name in used]
    center = np.append(start.vector()[columns], start.nothing)
    bounds = [(None, None) if name in _MAY_BE_NEGATIVE else (0.0, None) for name in used] + [(None, None)]
    likelihoods = [_Likelihood.of(labeled, columns) for labeled in candidates if len(labeled.concepts)]

    def objective(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        deviation = (weights - center) / _PRIOR_DEVIATION
        loss, gradient = 0.5 * float(deviation @ deviation), deviation / _PRIOR_DEVIATION
        for likelihood in likelihoods:
            list_loss, list_gradient = likelihood.loss(weights)
            loss, gradient = loss + list_loss, gradient + list_gradient
        return loss, gradient

    weights = minimize(objective, center, jac=True, method="L-BFGS-B", bounds=bounds).x
    fusion = Fusion(
        weights=MappingProxyType(
            {name: round(float(weight), 4) for name, weight in zip(used, weights, strict=False)}
        ),
        nothing=round(float(weights[-1]), 4),
    )
    threshold = round(best_threshold(candidates, fusion), 4)
    return FittedFusion(
        fusion.model_copy(update={"threshold": threshold}),
        sum(len(labeled.concepts) for labeled in candidates),
        measure_fusion(candidates, start),
        measure_fusion(candidates, fusion),
    )


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """The negative log-likelihood of the right candidates, as a function of the weights."""

    values: NDArray[np.float64]  # [phrases, width + 1, weights + 1]; the last candidate is "none of them"
    is_candidate: NDArray[np.bool_]  # [phrases, width + 1]
    columns: NDArray[np.int64]  # [phrases]

    @classmethod
    def of(cls, labeled: LabeledCandidates, features: Sequence[int]) -> _Likelihood:
        chosen = labeled.table.values[..., list(features)].astype(np.float64)
        phrases, width, weights = chosen.shape
        values = np.zeros((phrases, width + 1, weights + 1))
        values[:, :width, :weights] = chosen
        values[:, width, weights] = 1
        is_candidate = np.column_stack([labeled.table.concepts >= 0, np.ones(phrases, dtype=bool)])
        return cls(values, is_candidate, labeled.columns)

    def loss(self, weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the loss and its gradient."""
        scores = np.where(self.is_candidate, self.values @ weights, -np.inf)
        highest = scores.max(1, keepdims=True)
        log_probabilities = scores - highest - np.log(np.exp(scores - highest).sum(1, keepdims=True))
        rows = np.arange(len(log_probabilities))
        expected = np.einsum("pc,pcw->w", np.exp(log_probabilities), self.values)
        right = self.values[rows, self.columns].sum(0)
        return float(-log_probabilities[rows, self.columns].sum()), expected - right
