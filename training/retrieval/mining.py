"""Hard negatives: names of other PTs that the retriever takes for a phrase's own."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_CHUNK: Final = 64  # phrases at once: with 100,000 names a matrix of 26 MB
# A PT has a handful of names, but some have a hundred: so many nearest are looked at for each wanted one.
_DEPTH: Final = 4


@torch.inference_mode()
def hard_names(
    queries: Tensor, names: Tensor, concepts: NDArray[np.int64], owners: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Find the nearest names of other concepts.

    Args:
        queries: `[queries, hidden]`, vectors of phrases.
        names: `[names, hidden]`, vectors of names, on the same device.
        concepts: `[queries]`, the concept of each phrase.
        owners: `[names]`, the concept of each name.
        count: how many are wanted.

    Returns:
        `[queries, count]`, int64: names, nearest first; -1 where so few are near.
    """
    found = np.full((len(queries), count), -1, dtype=np.int64)
    depth = min(_DEPTH * count, len(names))
    if not depth:
        return found
    for start in range(0, len(queries), _CHUNK):
        rows = slice(start, start + _CHUNK)
        nearest = (queries[rows] @ names.T).topk(depth).indices.cpu().numpy()
        wrong = owners[nearest] != concepts[rows, None]
        # The wrong ones first, in their order.
        order = np.argsort(~wrong, axis=1, kind="stable")
        ranked = np.where(np.take_along_axis(wrong, order, 1), np.take_along_axis(nearest, order, 1), -1)
        kept = ranked[:, :count]
        found[rows, : kept.shape[1]] = kept
    return found
