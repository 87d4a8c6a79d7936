"""How often the nearest names are those of the right PT."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.normalizer.names import Names

_CHUNK: Final = 64  # phrases at once: with 100,000 names a matrix of 26 MB
_DEPTHS: Final = (1, 5)


@torch.inference_mode()
def accuracy_at(
    queries: Tensor, vectors: Tensor, concepts: NDArray[np.int64], names: Names
) -> dict[str, float]:
    """Search names by vectors alone.

    Args:
        queries: `[queries, hidden]`, vectors of phrases, one or more.
        vectors: `[names, hidden]`, those of all names, on the same device.
        concepts: `[queries]`, the concept of each phrase.
        names: what is searched.

    Returns:
        "1" and "5": the share of phrases whose concept is the nearest, or one of the five nearest.
    """
    better = []
    for start in range(0, len(queries), _CHUNK):
        rows = slice(start, start + _CHUNK)
        cosines = (queries[rows] @ vectors.T).float().cpu().numpy()
        best = np.maximum.reduceat(cosines, names.starts, axis=1)
        own = np.take_along_axis(best, concepts[rows, None], axis=1)
        better.append((best > own).sum(1))
    ranks = np.concatenate(better)
    return {str(depth): round(float((ranks < depth).mean()), 4) for depth in _DEPTHS}
