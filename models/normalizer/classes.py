"""The classifier's classes as concepts of a dictionary, and the features that they give candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from models.normalizer.labels import Label

_FLOOR: Final = -12.0  # log-probabilities are not distinguished below it

_Scores = npt.NDArray[np.float32]
_Indices = npt.NDArray[np.int64]


def concepts_of_classes(classes: Sequence[Label | None], concepts: Sequence[Label]) -> list[int]:
    """Return the index of each class among the concepts, or -1 if it is not among them."""
    indices = {concept.ptid: index for index, concept in enumerate(concepts)}
    return [indices.get(label.ptid, -1) if label else -1 for label in classes]


class ClassConcepts:
    """The concepts that the classifier has learned.

    Args:
        classes: the concept of each class, as `concepts_of_classes` returns them.

    Attributes:
        concepts: `[learned]`: the concepts that have a class, in ascending order.
    """

    def __init__(self, classes: Sequence[int]) -> None:
        indices = np.array(classes, dtype=np.int64)
        self._order = np.argsort(indices, kind="stable")[np.count_nonzero(indices < 0) :]
        self.concepts: _Indices
        self.concepts, self._starts = np.unique(indices[self._order], return_index=True)

    def __len__(self) -> int:
        return len(self.concepts)

    def log_probabilities(self, log_classes: Tensor) -> _Scores:
        """Return the log-probability of each learned concept: `[spans, learned]`, at least the floor.

        If a release has merged two PTs into one, the probability of this one is their sum.

        Args:
            log_classes: `[spans, classes]`, log-probabilities.
        """
        summed = np.logaddexp.reduceat(log_classes.numpy()[:, self._order], self._starts, axis=1)
        return np.maximum(summed, np.float32(_FLOOR))

    def features(self, values: _Scores, concepts: _Indices) -> dict[str, _Scores]:
        """Return the features of candidates, `[spans, width]` each, by their names in `FEATURES`.

        Args:
            values: from `log_probabilities`.
            concepts: `[spans, width]`: the candidates, with or without a class.
        """
        columns = np.searchsorted(self.concepts, concepts).clip(max=len(self.concepts) - 1)
        classified = self.concepts[columns] == concepts
        candidate_values = np.where(classified, np.take_along_axis(values, columns, axis=1), _FLOOR)
        first = (candidate_values == values.max(1, keepdims=True)) & (candidate_values > _FLOOR)
        return {
            "classified": classified.astype(np.float32),
            "log_class": (1 - candidate_values / _FLOOR).astype(np.float32),
            "class_first": first.astype(np.float32),
        }
