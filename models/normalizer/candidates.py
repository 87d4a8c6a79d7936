"""The few Preferred Terms of a dictionary that a span may mean, with their features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.normalizer.canonical_words import canonical_name
from models.normalizer.classes import ClassConcepts
from models.normalizer.concepts import ConceptNames, best_concepts
from models.normalizer.dense import DenseIndex, NameIndex
from models.normalizer.fusion import FEATURES, CandidateTable
from models.normalizer.lexical import LexicalIndex, letter_similarity

DENSE: Final = 16  # candidates of each kind
LEXICAL: Final = 16
CLASSES: Final = 8
_CHUNK: Final = 64  # spans at a time: with 100,000 names, each kind of search has a matrix of 26 MB

_Scores = npt.NDArray[np.float32]
_Indices = npt.NDArray[np.int64]


class CandidateFinder:
    """Finds candidates by the vectors of names, by their letters, and by the classifier.

    Args:
        index: names and their vectors.
        device: where the vectors are searched.
        classes: the concept of each class, as `concepts_of_classes` returns them; empty if there is no
            classifier.
    """

    def __init__(self, index: NameIndex, device: torch.device, classes: Sequence[int] = ()) -> None:
        self.concepts = index.names.concepts
        self._names = index.names
        self._dense = DenseIndex(index.vectors, device)
        self._canonical_names = [canonical_name(name) for name in index.names.names]
        self._lexical = LexicalIndex(self._canonical_names)
        self._classes = ClassConcepts(classes)

    def find(
        self, spans: Sequence[str], vectors: Tensor, log_classes: Tensor | None = None
    ) -> CandidateTable:
        """Find the best candidates of each kind for each span, and compute the features of all of them.

        Args:
            spans: as they are written in the texts.
            vectors: `[spans, hidden]`, rows of length one, from `SpanReader.vectors`.
            log_classes: `[spans, classes]`, log-probabilities of the classifier; None leaves it out.
        """
        canonical = [canonical_name(span) for span in spans]
        tables = [
            self._find(
                canonical[start : start + _CHUNK],
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
        columns = [best_concepts(dense, owners, DENSE), best_concepts(lexical, owners, LEXICAL)]
        if log_classes is not None and len(self._classes):
            classes = self._classes.log_probabilities(log_classes)
            likeliest = torch.from_numpy(classes).topk(min(CLASSES, len(self._classes))).indices
            columns.append(self._classes.concepts[likeliest.numpy()])
        else:
            classes = None
        concepts = _distinct(np.concatenate(columns, axis=1))
        features = self._name_features(spans, dense, lexical, concepts)
        if classes is not None:
            features |= self._classes.features(classes, concepts)
        zeros = np.zeros(concepts.shape, dtype=np.float32)
        values = np.stack([features.get(name, zeros) for name in FEATURES], axis=-1)
        return CandidateTable(concepts, np.where(concepts[..., None] >= 0, values, 0).astype(np.float32))

    def _name_features(
        self, spans: Sequence[str], dense: Tensor, lexical: Tensor, concepts: _Indices
    ) -> dict[str, _Scores]:
        pairs = ConceptNames(concepts, self._names)
        best_dense, best_lexical = pairs.best(dense), pairs.best(lexical)
        # Letters are compared with one name of each concept: the first with the best n-grams.
        chosen = pairs.first_with(best_lexical, lexical)
        fuzzy = np.zeros(concepts.shape, dtype=np.float32)
        fuzzy.ravel()[pairs.cells[chosen]] = letter_similarity(
            [spans[row] for row in pairs.rows[chosen].tolist()],
            [self._canonical_names[name] for name in pairs.names[chosen].tolist()],
        )
        return {
            "dense": best_dense,
            "dense_first": _is_highest(best_dense),
            "lexical": best_lexical,
            "lexical_first": _is_highest(best_lexical),
            "fuzzy": fuzzy,
            "exact": (fuzzy == 1).astype(np.float32),
        }


def _is_highest(values: _Scores) -> _Scores:
    """Return 1 for the highest value of each row if it is positive, and 0 for the others."""
    highest = values.max(1, keepdims=True, initial=0)
    is_highest: _Scores = ((values == highest) & (values > 0)).astype(np.float32)
    return is_highest


def _distinct(columns: _Indices) -> _Indices:
    """Return the distinct concepts of each row, then -1; with as many columns as there can be candidates."""
    ordered = np.sort(columns, axis=1)
    repeated = np.zeros(ordered.shape, dtype=bool)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    return -np.sort(-np.where(repeated, -1, ordered), axis=1)[:, : DENSE + LEXICAL + CLASSES]
