"""The three Normalizers: spans in, the best Preferred Terms out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from models.normalizer.candidates import CandidateFinder
from models.normalizer.fusion import CandidateTable, Fusion
from models.normalizer.labels import Label
from models.normalizer.reading import SpanInText, SpanReader
from models.predictions import Candidate

BEST: Final = 5


class Normalizer(Protocol):
    """Anything that codes spans."""

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Give the best candidates of each span, in the order of `spans`, best first."""
        ...


class ClassifierNormalizer:
    """The paper's: a class for each label, scored by its softmax.

    Args:
        reader: the network.
        classes: the PT of each class; see `lifted`. Classes without one are never given, and those of one
            PT are taken together.
        best: how many candidates to give.
    """

    def __init__(self, reader: SpanReader, classes: Sequence[Label | None], *, best: int = BEST) -> None:
        self.best = best
        self._reader = reader
        self._classes = tuple(classes)
        known = [label.ptid for label in self._classes if label is not None]
        self._are_distinct = len(set(known)) == len(self._classes)

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Give the likeliest classes of each span."""
        if not self._classes or not spans:
            return [[] for _ in spans]
        log_classes = self._reader.log_classes(spans)
        asked = min(self.best, len(self._classes)) if self._are_distinct else len(self._classes)
        best = log_classes.topk(asked)
        return [
            self._candidates(places, chances)
            for places, chances in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True)
        ]

    def _candidates(self, places: Sequence[int], chances: Sequence[float]) -> list[Candidate]:
        scores: dict[Label, float] = {}
        for place, chance in zip(places, chances, strict=True):
            label = self._classes[place]
            if label is not None:
                scores[label] = scores.get(label, 0.0) + chance
        found = [Candidate(label.ptid, label.pt_name, score) for label, score in scores.items()]
        return sorted(found, key=lambda candidate: -candidate.score)[: self.best]


class RetrievalNormalizer:
    """By the names of the dictionary alone: their vectors and their letters.

    Args:
        reader: the network, with a retriever.
        finder: of candidates, without classes.
        fusion: the weights of what speaks for a candidate.
        best: how many candidates to give.
    """

    def __init__(
        self, reader: SpanReader, finder: CandidateFinder, fusion: Fusion, *, best: int = BEST
    ) -> None:
        self.best = best
        self._reader = reader
        self._finder = finder
        self._fusion = fusion

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Give the best candidates of each span with the probability that each is the one."""
        return _ranked(self._table(spans), self._fusion, self._finder.concepts, self.best)

    def _table(self, spans: Sequence[SpanInText]) -> CandidateTable:
        return self._finder.find([one.span for one in spans], self._reader.vectors(spans))


class HybridNormalizer(RetrievalNormalizer):
    """Retrieval, and the classifier's word on the PTs that it has learnt; its finder has classes."""

    def _table(self, spans: Sequence[SpanInText]) -> CandidateTable:
        vectors, log_classes = self._reader.vectors_and_log_classes(spans)
        return self._finder.find([one.span for one in spans], vectors, log_classes)


def class_concepts(classes: Sequence[Label | None], concepts: Sequence[Label]) -> list[int]:
    """Give the place of each class among the concepts, -1 where it has none."""
    places = {concept.ptid: place for place, concept in enumerate(concepts)}
    return [places.get(label.ptid, -1) if label else -1 for label in classes]


def _ranked(
    table: CandidateTable, fusion: Fusion, concepts: Sequence[Label], best: int
) -> list[list[Candidate]]:
    probabilities = fusion.probabilities(table)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :best]
    return [
        [
            Candidate(concepts[place].ptid, concepts[place].pt_name, float(probability))
            for place, probability in zip(places, row, strict=True)
            if place >= 0
        ]
        for places, row in zip(
            np.take_along_axis(table.concepts, order, 1),
            np.take_along_axis(probabilities, order, 1),
            strict=True,
        )
    ]
