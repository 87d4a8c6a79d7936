"""The few Preferred Terms of a dictionary that a span may mean, and what speaks for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.normalizer.classes import ClassConcepts
from models.normalizer.dense import ConceptNames, DenseIndex, best_concepts
from models.normalizer.fusion import FEATURES, CandidateTable
from models.normalizer.lexical import LexicalIndex
from models.normalizer.names import NameIndex
from models.normalizer.wording import one_spelling, similarity

DENSE: Final = 16  # candidates of each kind
LEXICAL: Final = 16
CLASSES: Final = 8
_CHUNK: Final = 64  # spans at once: with 100,000 names a matrix of 26 MB for each kind of search

_Scores = npt.NDArray[np.float32]
_Places = npt.NDArray[np.int64]


class CandidateFinder:
    """Finds candidates by the vectors of names, by their letters, and by the classifier.

    Args:
        index: names and their vectors.
        device: where the vectors are searched.
        classes: the concept of each class of the classifier, an index into `Names.concepts`, or -1 where the
            release has none for it; by default there is no classifier.
    """

    def __init__(self, index: NameIndex, device: torch.device, classes: Sequence[int] = ()) -> None:
        self.concepts = index.names.concepts
        self._names = index.names
        self._dense = DenseIndex(index.vectors, device)
        self._spelled = [one_spelling(name) for name in index.names.names]
        self._lexical = LexicalIndex(self._spelled)
        self._classes = ClassConcepts(classes)

    def find(
        self, spans: Sequence[str], vectors: Tensor, log_classes: Tensor | None = None
    ) -> CandidateTable:
        """Gather the best of each kind for each span, and the features of all of them.

        Args:
            spans: as they stand in the texts.
            vectors: `[spans, hidden]`, rows of length one, as `SpanReader.vectors` gives them.
            log_classes: `[spans, classes]`, log-probabilities of the classifier; None leaves it out.
        """
        written = [one_spelling(span) for span in spans]
        tables = [
            self._find(
                written[start : start + _CHUNK],
                vectors[start : start + _CHUNK],
                None if log_classes is None else log_classes[start : start + _CHUNK],
            )
            for start in range(0, len(spans), _CHUNK)
        ]
        if not tables:
            return CandidateTable(
                np.zeros((0, 0), np.int64), np.zeros((0, 0, len(FEATURES)), dtype=np.float32)
            )
        return CandidateTable(
            np.concatenate([table.concepts for table in tables]),
            np.concatenate([table.values for table in tables]),
        )

    def _find(self, spans: Sequence[str], vectors: Tensor, log_classes: Tensor | None) -> CandidateTable:
        dense, lexical = self._dense.cosines(vectors), torch.from_numpy(self._lexical.cosines(spans))
        owners = self._names.owners
        found = [best_concepts(dense, owners, DENSE), best_concepts(lexical, owners, LEXICAL)]
        if log_classes is not None and len(self._classes):
            classes = self._classes.log_probabilities(log_classes)
            likeliest = torch.from_numpy(classes).topk(min(CLASSES, len(self._classes))).indices
            found.append(self._classes.concepts[likeliest.numpy()])
        else:
            classes = None
        concepts = _distinct(np.concatenate(found, axis=1))
        features = self._name_features(spans, dense, lexical, concepts)
        if classes is not None:
            features |= self._classes.features(classes, concepts)
        none = np.zeros(concepts.shape, dtype=np.float32)
        values = np.stack([features.get(name, none) for name in FEATURES], axis=-1)
        return CandidateTable(concepts, np.where(concepts[..., None] >= 0, values, 0).astype(np.float32))

    def _name_features(
        self, spans: Sequence[str], dense: Tensor, lexical: Tensor, concepts: _Places
    ) -> dict[str, _Scores]:
        pairs = ConceptNames(concepts, self._names)
        near, alike = pairs.best(dense), pairs.best(lexical)
        chosen = pairs.first_with(alike, lexical)
        fuzzy = np.zeros(concepts.shape, dtype=np.float32)
        fuzzy.ravel()[pairs.cells[chosen]] = similarity(
            [spans[row] for row in pairs.rows[chosen].tolist()],
            [self._spelled[name] for name in pairs.names[chosen].tolist()],
        )
        return {
            "dense": near,
            "dense_first": _is_highest(near, concepts),
            "lexical": alike,
            "lexical_first": _is_highest(alike, concepts),
            "fuzzy": fuzzy,
            "exact": (fuzzy == 1).astype(np.float32),
        }


def _is_highest(values: _Scores, concepts: _Places) -> _Scores:
    highest = np.where(concepts >= 0, values, -1).max(1, keepdims=True, initial=-1)
    is_highest: _Scores = ((values == highest) & (values > 0)).astype(np.float32)
    return is_highest


def _distinct(columns: _Places) -> _Places:
    """Put -1 for what a row has already; what is left stands first, and fills no more columns than it can."""
    ordered = np.sort(columns, axis=1)
    repeated = np.zeros(ordered.shape, dtype=bool)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    return -np.sort(-np.where(repeated, -1, ordered), axis=1)[:, : DENSE + LEXICAL + CLASSES]
