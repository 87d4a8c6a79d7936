"""The three Normalizers, which find the best Preferred Terms for spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from models.normalizer.candidates import CandidateFinder
from models.normalizer.fusion import CandidateTable, Fusion
from models.normalizer.labels import Label
from models.normalizer.span_reader import SpanInText, SpanReader
from models.predictions import Candidate

BEST: Final = 5  # candidates that are returned for a span


class Normalizer(Protocol):
    """Anything that codes spans."""

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Return the best candidates of each span, in the order of `spans`, best first."""
        ...


class ClassifierNormalizer:
    """The Normalizer of the paper: a softmax over the labels that it was trained on.

    Args:
        reader: runs the network.
        classes: the PT of each class, from `lift_labels`. Classes without a PT are never returned; classes
            with the same PT are added up.
        best: the number of candidates to return.
    """

    def __init__(self, reader: SpanReader, classes: Sequence[Label | None], *, best: int = BEST) -> None:
        self.best = best
        self._reader = reader
        self._classes = tuple(classes)
        known = [label.ptid for label in self._classes if label is not None]
        self._are_distinct = len(set(known)) == len(self._classes)

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Return the likeliest classes of each span."""
        if not self._classes or not spans:
            return [[] for _ in spans]
        log_classes = self._reader.log_classes(spans)
        needed = min(self.best, len(self._classes)) if self._are_distinct else len(self._classes)
        likeliest = log_classes.topk(needed)
        return [
            self._candidates(indices, probabilities)
            for indices, probabilities in zip(
                likeliest.indices.tolist(), likeliest.values.exp().tolist(), strict=True
            )
        ]

    def _candidates(self, indices: Sequence[int], probabilities: Sequence[float]) -> list[Candidate]:
        scores: dict[Label, float] = {}
        for index, probability in zip(indices, probabilities, strict=True):
            label = self._classes[index]
            if label is not None:
                scores[label] = scores.get(label, 0.0) + probability
        candidates = [Candidate(label.ptid, label.pt_name, score) for label, score in scores.items()]
        return sorted(candidates, key=lambda candidate: -candidate.score)[: self.best]


class RetrievalNormalizer:
    """Searches the names of the dictionary by their vectors and their letters.

    Args:
        reader: runs the network, which has a retriever.
        finder: of candidates, without classes.
        fusion: the weights of a candidate's features.
        best: the number of candidates to return.
    """

    def __init__(
        self, reader: SpanReader, finder: CandidateFinder, fusion: Fusion, *, best: int = BEST
    ) -> None:
        self.best = best
        self._reader = reader
        self._finder = finder
        self._fusion = fusion

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Return the best candidates of each span with their probabilities."""
        return _best_candidates(self._find(spans), self._fusion, self._finder.concepts, self.best)

    def _find(self, spans: Sequence[SpanInText]) -> CandidateTable:
        return self._finder.find([span.span for span in spans], self._reader.vectors(spans))


class HybridNormalizer(RetrievalNormalizer):
    """Retrieval together with the classifier; its finder has classes."""

    def _find(self, spans: Sequence[SpanInText]) -> CandidateTable:
        vectors, log_classes = self._reader.vectors_and_log_classes(spans)
        return self._finder.find([span.span for span in spans], vectors, log_classes)


def _best_candidates(
    table: CandidateTable, fusion: Fusion, concepts: Sequence[Label], best: int
) -> list[list[Candidate]]:
    probabilities = fusion.probabilities(table)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :best]
    return [
        [
            Candidate(concepts[index].ptid, concepts[index].pt_name, float(probability))
            for index, probability in zip(indices, row, strict=True)
            if index >= 0
        ]
        for indices, row in zip(
            np.take_along_axis(table.concepts, order, 1),
            np.take_along_axis(probabilities, order, 1),
            strict=True,
        )
    ]
