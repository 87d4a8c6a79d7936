"""From the scores of single names to the best concepts, and from concepts back to their names."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.normalizer.names import Names

_BEST_NAMES: Final = 32  # of a span; several may belong to one concept
_BLOCK: Final = 32

_Scores = npt.NDArray[np.float32]
_Indices = npt.NDArray[np.int64]


def best_concepts(cosines: Tensor, owners: _Indices, count: int) -> _Indices:
    """Return the concepts of the best names of each span.

    Args:
        cosines: `[spans, names]`.
        owners: `[names]`: the concept of each.
        count: the largest number of concepts for a span.

    Returns:
        `[spans, width]`; -1 replaces a concept that the row already has, or that exceeds `count`.
    """
    concepts: _Indices = owners[best_names(cosines, _BEST_NAMES).numpy()]
    repeated = np.tril(concepts[:, :, None] == concepts[:, None, :], -1).any(2)
    too_many = np.cumsum(~repeated, axis=1) > count
    return np.where(repeated | too_many, -1, concepts)


def best_names(cosines: Tensor, count: int) -> Tensor:
    """Return the names with the highest cosines, as `topk` does, but about twice as fast.

    The best names lie in the blocks with the highest maxima, so the names of other blocks are read only once.

    Args:
        cosines: `[spans, names]`.
        count: how many to return; all if there are fewer.

    Returns:
        `[spans, count]`, best first.
    """
    names = cosines.shape[1]
    blocks = names // _BLOCK
    if blocks <= count:
        return cosines.topk(min(count, names)).indices
    best_blocks = _block_maxima(cosines, blocks).topk(count).indices
    in_blocks = best_blocks[:, :, None] * _BLOCK + torch.arange(_BLOCK)
    after_blocks = torch.arange(blocks * _BLOCK, names).expand(len(cosines), -1)
    indices = torch.cat([in_blocks.flatten(1), after_blocks], dim=1)
    return indices.gather(1, cosines.gather(1, indices).topk(count).indices)


def _block_maxima(cosines: Tensor, blocks: int) -> Tensor:
    """Return the highest cosine of each block: `[spans, blocks]`."""
    spans = len(cosines)
    if cosines.is_contiguous():
        return cosines[:, : blocks * _BLOCK].view(spans, blocks, _BLOCK).amax(2)
    # The names of `DenseIndex` come first in memory; reduced in the other order they take 20 times as long.
    return cosines.T[: blocks * _BLOCK].view(blocks, _BLOCK, spans).amax(1).T


class ConceptNames:
    """Scores of single names, gathered for the concepts in the cells of a table.

    A pair is a cell and one name of its concept.

    Args:
        concepts: `[spans, width]`, -1 in empty cells.
        names: all of them.

    Attributes:
        cells: `[pairs]`: flat index of the pair's cell, in ascending order.
        rows: `[pairs]`: the span of the pair.
        names: `[pairs]`: the name of the pair; each cell has all names of its concept.
    """

    def __init__(self, concepts: _Indices, names: Names) -> None:
        self._shape = concepts.shape
        self._filled = np.flatnonzero(concepts.ravel() >= 0)
        filled_concepts = concepts.ravel()[self._filled]
        counts = names.counts[filled_concepts]
        self._starts = np.cumsum(counts) - counts
        within_cell = np.arange(counts.sum()) - np.repeat(self._starts, counts)
        self.cells: _Indices = np.repeat(self._filled, counts)
        self.rows: _Indices = self.cells // max(concepts.shape[1], 1)
        self.names: _Indices = np.repeat(names.starts[filled_concepts], counts) + within_cell

    def best(self, cosines: Tensor) -> _Scores:
        """Return the best cosine among the names of each cell: `[spans, width]`, 0 in empty cells.

        Args:
            cosines: `[spans, names]`.
        """
        best = np.zeros(self._shape, dtype=np.float32)
        if len(self._filled):
            best.ravel()[self._filled] = np.maximum.reduceat(self._values(cosines), self._starts)
        return best

    def first_with(self, best: _Scores, cosines: Tensor) -> _Indices:
        """Return for each filled cell the first name with the cell's best cosine, as indices of pairs."""
        is_best = np.flatnonzero(self._values(cosines) == best.ravel()[self.cells])
        first: _Indices = is_best[np.unique(self.cells[is_best], return_index=True)[1]]
        return first

    def _values(self, cosines: Tensor) -> _Scores:
        values: _Scores = cosines[torch.from_numpy(self.rows), torch.from_numpy(self.names)].float().numpy()
        return values
