"""The names that a mini-batch of phrases is compared with: a positive for each phrase, and negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.normalizer import Names
from training.retrieval.retriever_data import Queries

_PHRASES_PER_CHUNK: Final = 64  # with 100,000 names, a matrix of 26 MB
# Nearest names that are searched for each hard negative, because some of them belong to the PT itself. Most
# PTs have a handful of names, but some have a hundred.
_DEPTH: Final = 4


@dataclass(frozen=True, eq=False)
class NameBatch:
    """The names that one mini-batch of phrases is compared with.

    Attributes:
        names: rows of `Names.names`, ascending and distinct.
        positives: `[batch]`, int64: for each phrase the position of its positive in `names`.
        same_concept: `[batch, names]`, true if a name belongs to the phrase's own concept.
    """

    names: NDArray[np.int64]
    positives: Tensor
    same_concept: Tensor


class NameSampler:
    """Draws the names for mini-batches of phrases.

    Args:
        names: the names to find.
        own_name: probability that the positive is the PT's own name, if there are others.
        hard_negatives: number of hard negatives drawn for each phrase.
    """

    def __init__(self, names: Names, *, own_name: float, hard_negatives: int) -> None:
        self._names = names
        self._own_name = own_name
        self._hard_negatives = hard_negatives
        self._starts = np.append(names.starts, len(names))
        self._folded = [name.casefold() for name in names.names]

    def draw(
        self,
        queries: Queries,
        rows: NDArray[np.int64],
        hard: NDArray[np.int64],
        generator: np.random.Generator,
    ) -> NameBatch:
        """Draw the names of a mini-batch.

        Args:
            queries: the phrases of the epoch, without typing errors.
            rows: the rows of the mini-batch.
            hard: `[queries, candidates]`, as `hard_names` returns them.
            generator: of the draw.
        """
        positives = np.array(
            [self._positive(queries, row, generator) for row in rows.tolist()], dtype=np.int64
        )
        negatives = [
            hard[row][generator.permutation(hard.shape[1])[: self._hard_negatives]] for row in rows.tolist()
        ]
        names = np.unique(np.concatenate([positives, *negatives]))
        names = names[names >= 0]
        same_concept = self._names.owners[names][None, :] == queries.concepts[rows][:, None]
        positions = np.searchsorted(names, positives)
        return NameBatch(names, torch.from_numpy(positions), torch.from_numpy(same_concept))

    def _positive(self, queries: Queries, row: int, generator: np.random.Generator) -> int:
        """Draw a name of the phrase's concept; not the phrase itself, unless it is the only name."""
        concept, text = int(queries.concepts[row]), queries.texts[row].casefold()
        first, end = int(self._starts[concept]), int(self._starts[concept + 1])
        others = [name for name in range(first, end) if self._folded[name] != text]
        if not others or (others[0] == first and generator.random() < self._own_name):
            return first
        return int(generator.choice(others))


@torch.inference_mode()
def hard_names(
    queries: Tensor, names: Tensor, concepts: NDArray[np.int64], owners: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Find hard negatives: the nearest names of other concepts.

    Args:
        queries: `[queries, hidden]`, vectors of phrases.
        names: `[names, hidden]`, vectors of names, on the same device.
        concepts: `[queries]`, the concept of each phrase.
        owners: `[names]`, the concept of each name.
        count: number of names for each phrase.

    Returns:
        `[queries, count]`, int64: rows of `names`, nearest first; -1 where too few were found.
    """
    hard = np.full((len(queries), count), -1, dtype=np.int64)
    depth = min(_DEPTH * count, len(names))
    if not depth:
        return hard
    for start in range(0, len(queries), _PHRASES_PER_CHUNK):
        rows = slice(start, start + _PHRASES_PER_CHUNK)
        nearest = (queries[rows] @ names.T).topk(depth).indices.cpu().numpy()
        is_negative = owners[nearest] != concepts[rows, None]
        # Negatives first, in their order.
        order = np.argsort(~is_negative, axis=1, kind="stable")
        ranked = np.where(
            np.take_along_axis(is_negative, order, 1), np.take_along_axis(nearest, order, 1), -1
        )
        kept = ranked[:, :count]
        hard[rows, : kept.shape[1]] = kept
    return hard
