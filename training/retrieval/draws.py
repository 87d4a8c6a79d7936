"""The names that a mini-batch of phrases is answered with: a right one for each, and wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.normalizer.names import Names
from training.retrieval.queries import Queries


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one mini-batch is answered with.

    Attributes:
        names: rows of `Names.names`, ascending, none twice.
        answers: `[batch]`, int64: for each phrase the place of its right name in `names`.
        excused: `[batch, names]`, true where a name is of the phrase's own concept.
    """

    names: NDArray[np.int64]
    answers: Tensor
    excused: Tensor


class NameDraw:
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
    ) -> Drawn:
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
        return Drawn(chosen, torch.from_numpy(answers), torch.from_numpy(excused))

    def _right(self, queries: Queries, row: int, generator: np.random.Generator) -> int:
        """Choose a name of the phrase's concept, another one than the phrase itself where there is one."""
        concept, text = int(queries.concepts[row]), queries.texts[row].casefold()
        first, end = int(self._starts[concept]), int(self._starts[concept + 1])
        others = [name for name in range(first, end) if self._folded[name] != text]
        if not others or (others[0] == first and generator.random() < self._own_name):
            return first
        return int(generator.choice(others))
