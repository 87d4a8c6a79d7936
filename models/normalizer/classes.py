"""What the classifier says of the concepts of a dictionary.

From the labels that a classifier learnt to the Preferred Terms of the release in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from models.normalizer.labels import Label, Labels
from models.terminology import Terminology

_FLOOR: Final = -12.0  # a class with a log-probability below it is as good as out of the question

_Scores = npt.NDArray[np.float32]
_Places = npt.NDArray[np.int64]


class ClassConcepts:
    """The concepts that a classifier has learnt.

    Args:
        classes: the concept of each class, an index into `Names.concepts`, or -1 where there is none for it.

    Attributes:
        concepts: `[own]`: those that are of a class, in rising order.
    """

    def __init__(self, classes: Sequence[int]) -> None:
        places = np.array(classes, dtype=np.int64)
        self._order = np.argsort(places, kind="stable")[np.count_nonzero(places < 0) :]
        self.concepts: _Places
        self.concepts, self._starts = np.unique(places[self._order], return_index=True)

    def __len__(self) -> int:
        return len(self.concepts)

    def log_probabilities(self, log_classes: Tensor) -> _Scores:
        """Give the log-probability of each concept: `[spans, own]`, not below a floor.

        Where a release has made one PT of two, its probability is that of both.

        Args:
            log_classes: `[spans, classes]`, log-probabilities.
        """
        own = np.logaddexp.reduceat(log_classes.numpy()[:, self._order], self._starts, axis=1)
        return np.maximum(own, np.float32(_FLOOR))

    def features(self, values: _Scores, concepts: _Places) -> dict[str, _Scores]:
        """Give the features of candidates, `[spans, width]` each, by their names in `FEATURES`.

        Args:
            values: as `log_probabilities` gives them.
            concepts: `[spans, width]`: the candidates, whether they are of a class or not.
        """
        columns = np.searchsorted(self.concepts, concepts).clip(max=len(self.concepts) - 1)
        classified = self.concepts[columns] == concepts
        own = np.where(classified, np.take_along_axis(values, columns, axis=1), _FLOOR)
        first = (own == values.max(1, keepdims=True)) & (own > _FLOOR)
        return {
            "classified": classified.astype(np.float32),
            "log_class": (1 - own / _FLOOR).astype(np.float32),
            "class_first": first.astype(np.float32),
        }


def lifted(labels: Labels, terminology: Terminology | None) -> tuple[Label | None, ...]:
    """Say what each label is in a release.

    A PT that has become an LLT of another PT is lifted to that; a PT that was renamed has its new name.

    Args:
        labels: the classes of the classifier.
        terminology: the release; None where the labels serve.

    Returns:
        One for each label, in their order; None where the release has no such code.
    """
    if terminology is None:
        return labels.classes
    return tuple(_lifted(label, terminology) for label in labels.classes)


def _lifted(label: Label, terminology: Terminology) -> Label | None:
    ptid = terminology.pt_of(label.ptid)
    return Label(ptid=ptid, pt_name=terminology.pt_names[ptid]) if ptid is not None else None
