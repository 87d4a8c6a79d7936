"""Candidates of phrases whose PT is known: what weights are fitted and measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.normalizer.fusion import CandidateTable


@dataclass(frozen=True, eq=False)
class Answered:
    """Candidates of phrases whose PT is known.

    Attributes:
        table: the candidates, with their features.
        concepts: `[phrases]`, int64: the PT of each, an index into `Names.concepts`; -1 where it has no name.
    """

    table: CandidateTable
    concepts: NDArray[np.int64]

    @property
    def columns(self) -> NDArray[np.int64]:
        """`[phrases]`: where the PT stands among the candidates; `width` of the table where it does not."""
        is_own = (self.table.concepts == self.concepts[:, None]) & (self.table.concepts >= 0)
        columns: NDArray[np.int64] = np.where(is_own.any(1), is_own.argmax(1), self.table.concepts.shape[1])
        return columns
