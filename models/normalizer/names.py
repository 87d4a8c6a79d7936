"""The names that retrieval searches, and the concept of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.normalizer.labels import Label, Labels
from models.terminology import Terminology


@dataclass(frozen=True, eq=False)
class Names:
    """Names in the order of their concepts, so that the names of a concept are neighbours.

    The order is part of the bundle's format: `names.safetensors` holds nothing but a vector for each.

    Attributes:
        concepts: the PTs, each with at least one name.
        names: of each PT its own name, then the names of its LLTs in their order; of names that differ only
            in case, the first.
        owners: `[names]`, int64: the concept of each name, in ascending order.
    """

    concepts: tuple[Label, ...]
    names: tuple[str, ...]
    owners: npt.NDArray[np.int64]

    @classmethod
    def of_terminology(cls, terminology: Terminology) -> Names:
        """Take all PT and LLT names of a release, even those that are not current: people use them."""
        names_of: dict[str, list[str]] = {ptid: [name] for ptid, name in terminology.pt_names.items()}
        for llt in terminology.llts:
            names_of[llt.ptid].append(llt.name)
        pts = terminology.pt_names.items()
        return cls._of((Label(ptid=ptid, pt_name=name), names_of[ptid]) for ptid, name in pts)

    @classmethod
    def of_labels(cls, labels: Labels) -> Names:
        """Take the PT names of a bundle's labels, for a bundle without a release."""
        return cls._of((label, [label.pt_name]) for label in labels.classes)

    @classmethod
    def _of(cls, concepts: Iterable[tuple[Label, list[str]]]) -> Names:
        labels: list[Label] = []
        names: list[str] = []
        counts: list[int] = []
        for label, concept_names in concepts:
            distinct: dict[str, str] = {}
            for name in concept_names:
                distinct.setdefault(name.casefold(), name)
            labels.append(label)
            names.extend(distinct.values())
            counts.append(len(distinct))
        owners = np.repeat(np.arange(len(labels)), np.array(counts, dtype=np.int64))
        return cls(tuple(labels), tuple(names), owners)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """`[concepts]`: the number of names of each."""
        return np.bincount(self.owners, minlength=len(self.concepts))

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """`[concepts]`: the index of each concept's first name."""
        return np.cumsum(self.counts) - self.counts

    def __len__(self) -> int:
        return len(self.names)
