"""Search by meaning: the cosine of a span's vector and those of all names, exactly.

From the cosines of all names to the few concepts with the best ones, and back to the names of these.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.device import prefers_bfloat16
from models.normalizer.names import Names


class DenseIndex:
    """The vectors of all names, where they are multiplied.

    They are kept in bfloat16 where the device gains by it: that takes half of the memory, and a cosine is
    then off by 0.002 or so.

    Args:
        vectors: `[names, hidden]`, rows of length one.
        device: where the search runs.
    """

    def __init__(self, vectors: Tensor, device: torch.device) -> None:
        dtype = torch.bfloat16 if prefers_bfloat16(device) else torch.float32
        self._vectors = vectors.to(device, dtype)

    @torch.inference_mode()
    def cosines(self, vectors: Tensor) -> Tensor:
        """Give the cosine of each span and each name: `[spans, names]`, -1 to 1, on the CPU, as it is kept.

        Args:
            vectors: `[spans, hidden]`, rows of length one.
        """
        # Names come first in the product: threads share it by its rows, of which there are more then.
        found = self._vectors @ vectors.to(self._vectors.device, self._vectors.dtype).T
        return found.cpu().T


_NAMES: Final = 32  # the best ones of a span, among which a concept may have several
_BLOCK: Final = 32

_Scores = npt.NDArray[np.float32]
_Places = npt.NDArray[np.int64]


def best_concepts(cosines: Tensor, owners: _Places, count: int) -> _Places:
    """Find the concepts of the best names.

    Args:
        cosines: `[spans, names]`.
        owners: `[names]`: the concept of each.
        count: how many concepts to find at most.

    Returns:
        `[spans, width]`, -1 in places of concepts that a row has already, or has no room for.
    """
    concepts: _Places = owners[best_names(cosines, _NAMES).numpy()]
    repeated = np.tril(concepts[:, :, None] == concepts[:, None, :], -1).any(2)
    too_many = np.cumsum(~repeated, axis=1) > count
    return np.where(repeated | too_many, -1, concepts)


def best_names(cosines: Tensor, count: int) -> Tensor:
    """Find the names with the highest cosines, as `topk` does, by way of the maximum of each block of names.

    The best names lie in the best blocks, and so most names are looked at once only, which is twice as fast.

    Args:
        cosines: `[spans, names]`.
        count: how many to find; all where there are fewer.

    Returns:
        `[spans, count]`, best first.
    """
    names = cosines.shape[1]
    blocks = names // _BLOCK
    if blocks <= count:
        return cosines.topk(min(count, names)).indices
    highest = _highest_of_blocks(cosines, blocks)
    within = highest.topk(count).indices[:, :, None] * _BLOCK + torch.arange(_BLOCK)
    beyond = torch.arange(blocks * _BLOCK, names).expand(len(cosines), -1)
    places = torch.cat([within.flatten(1), beyond], dim=1)
    return places.gather(1, cosines.gather(1, places).topk(count).indices)


def _highest_of_blocks(cosines: Tensor, blocks: int) -> Tensor:
    """Give the highest cosine of each block: `[spans, blocks]`."""
    spans = len(cosines)
    if cosines.is_contiguous():
        return cosines[:, : blocks * _BLOCK].view(spans, blocks, _BLOCK).amax(2)
    # The names of `DenseIndex` come first in memory; reduced in the other order they take 20 times as long.
    return cosines.T[: blocks * _BLOCK].view(blocks, _BLOCK, spans).amax(1).T


class ConceptNames:
    """Values of single names, gathered by the concepts of a table's cells.

    Args:
        concepts: `[spans, width]`, -1 where there is none.
        names: all of them.

    Attributes:
        cells: `[pairs]`: the flat index of the cell that a pair of cell and name is of, never falling.
        rows: `[pairs]`: its span.
        names: `[pairs]`: its name; each cell has all names of its concept.
    """

    def __init__(self, concepts: _Places, names: Names) -> None:
        self._shape = concepts.shape
        filled = np.flatnonzero(concepts.ravel() >= 0)
        own = concepts.ravel()[filled]
        counts = names.counts[own]
        self._filled = filled
        self._starts = np.cumsum(counts) - counts
        within = np.arange(counts.sum()) - np.repeat(self._starts, counts)
        self.cells: _Places = np.repeat(filled, counts)
        self.rows: _Places = self.cells // max(concepts.shape[1], 1)
        self.names: _Places = np.repeat(names.starts[own], counts) + within

    def best(self, cosines: Tensor) -> _Scores:
        """Give the best cosine of each cell's names: `[spans, width]`, 0 where there is none.

        Args:
            cosines: `[spans, names]`.
        """
        best = np.zeros(self._shape, dtype=np.float32)
        if len(self._filled):
            best.ravel()[self._filled] = np.maximum.reduceat(self._values(cosines), self._starts)
        return best

    def first_with(self, best: _Scores, cosines: Tensor) -> _Places:
        """Give a name of each filled cell that has its best cosine: indices of pairs, by cells."""
        is_best = np.flatnonzero(self._values(cosines) == best.ravel()[self.cells])
        first: _Places = is_best[np.unique(self.cells[is_best], return_index=True)[1]]
        return first

    def _values(self, cosines: Tensor) -> _Scores:
        values: _Scores = cosines[torch.from_numpy(self.rows), torch.from_numpy(self.names)].float().numpy()
        return values
