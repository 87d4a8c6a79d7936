"""The names that retrieval searches, and the concept behind each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

from models.normalizer.labels import Label, Labels
from models.terminology import Terminology


@dataclass(frozen=True, eq=False)
class Names:
    """Names in the order of their concepts, so that those of one concept are neighbours.

    The order is a part of the bundle's format: `names.safetensors` has nothing but a vector for each.

    Attributes:
        concepts: the PTs, each with one name at least.
        names: the PT's own name first, then those of its LLTs as they come; where two of a concept differ
            in case alone, the first of them.
        owners: `[names]`, int64: the concept of each name, never falling.
    """

    concepts: tuple[Label, ...]
    names: tuple[str, ...]
    owners: npt.NDArray[np.int64]

    @classmethod
    def of_terminology(cls, terminology: Terminology) -> Names:
        """Take all PT and LLT names of a release, those that are no longer current too: people use them."""
        named: dict[str, list[str]] = {ptid: [name] for ptid, name in terminology.pt_names.items()}
        for llt in terminology.llts:
            named[llt.ptid].append(llt.name)
        pairs = terminology.pt_names.items()
        return cls._of((Label(ptid=ptid, pt_name=name), named[ptid]) for ptid, name in pairs)

    @classmethod
    def of_labels(cls, labels: Labels) -> Names:
        """Take the PT names of a bundle's labels, where there is no release."""
        return cls._of((label, [label.pt_name]) for label in labels.classes)

    @classmethod
    def _of(cls, concepts: Iterable[tuple[Label, list[str]]]) -> Names:
        labels: list[Label] = []
        names: list[str] = []
        counts: list[int] = []
        for label, own in concepts:
            distinct: dict[str, str] = {}
            for name in own:
                distinct.setdefault(name.casefold(), name)
            labels.append(label)
            names.extend(distinct.values())
            counts.append(len(distinct))
        return cls(
            tuple(labels), tuple(names), np.repeat(np.arange(len(labels)), np.array(counts, dtype=np.int64))
        )

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """`[concepts]`: how many names each has."""
        return np.bincount(self.owners, minlength=len(self.concepts))

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """`[concepts]`: where the names of each begin."""
        return np.cumsum(self.counts) - self.counts

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Names with the vector of each.

    Attributes:
        names: what is searched.
        vectors: `[names, hidden]`, rows of length one, on the CPU; in half precision from a bundle.
    """

    names: Names
    vectors: Tensor

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.names):
            raise ValueError(
                f"there are vectors of the shape {list(self.vectors.shape)} for {len(self.names)} names"
            )
