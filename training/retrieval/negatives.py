"""The names that a mini-batch of phrases is answered with: a right one for each, and wrong ones.

Hard negatives: names of other PTs that the retriever takes for a phrase's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.normalizer.names import Names
from training.retrieval.retriever_data import Queries


@dataclass(frozen=True, eq=False)
class NameBatch:
    """What one mini-batch is answered with.

    Attributes:
        names: rows of `Names.names`, ascending, none twice.
        answers: `[batch]`, int64: for each phrase the place of its right name in `names`.
        excused: `[batch, names]`, true where a name is of the phrase's own concept.
    """

    names: NDArray[np.int64]
    answers: Tensor
    excused: Tensor


class NameSampler:
    """Draws names for phrases.

    Args:
        names: what is searched.
        own_name: chance that the right name is the PT's, where there are others.
        wrong: how many hard names are drawn for each phrase.
    """

    def __init__(self, names: Names, *, own_name: float, wrong: int) -> None:
        self._names = names
        self._own_name = own_name
        self._wrong = wrong
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
            queries: the phrases of the epoch, as they are written without typing errors.
            rows: of the mini-batch.
            hard: `[queries, most]`, as `hard_names` gives them.
            generator: of the draw.
        """
        right = np.array([self._right(queries, row, generator) for row in rows.tolist()], dtype=np.int64)
        wrong = [hard[row][generator.permutation(hard.shape[1])[: self._wrong]] for row in rows.tolist()]
        chosen = np.unique(np.concatenate([right, *wrong]))
        chosen = chosen[chosen >= 0]
        excused = self._names.owners[chosen][None, :] == queries.concepts[rows][:, None]
        answers = np.searchsorted(chosen, right)
        return NameBatch(chosen, torch.from_numpy(answers), torch.from_numpy(excused))

    def _right(self, queries: Queries, row: int, generator: np.random.Generator) -> int:
        """Choose a name of the phrase's concept, another one than the phrase itself where there is one."""
        concept, text = int(queries.concepts[row]), queries.texts[row].casefold()
        first, end = int(self._starts[concept]), int(self._starts[concept + 1])
        others = [name for name in range(first, end) if self._folded[name] != text]
        if not others or (others[0] == first and generator.random() < self._own_name):
            return first
        return int(generator.choice(others))


_PHRASES_PER_CHUNK: Final = 64  # phrases at once: with 100,000 names a matrix of 26 MB
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
    for start in range(0, len(queries), _PHRASES_PER_CHUNK):
        rows = slice(start, start + _PHRASES_PER_CHUNK)
        nearest = (queries[rows] @ names.T).topk(depth).indices.cpu().numpy()
        wrong = owners[nearest] != concepts[rows, None]
        # The wrong ones first, in their order.
        order = np.argsort(~wrong, axis=1, kind="stable")
        ranked = np.where(np.take_along_axis(wrong, order, 1), np.take_along_axis(nearest, order, 1), -1)
        kept = ranked[:, :count]
        found[rows, : kept.shape[1]] = kept
    return found
