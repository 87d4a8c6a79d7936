"""How often an epoch takes each input, where corpora are mixed by their share of the texts.

Let N be the texts of the training corpus, and s the share that another corpus should have. An epoch then
takes M = N * s / (1 - s) of its texts, so each with the rate r = M / (number of its texts). Its texts in D_2
and its spans in D_3 have the same rate. So the sizes in Equation 1 are those of an epoch that draws whole
texts, and no task is preferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SamplingRates:
    """The rates of all inputs of a task. Equal to itself only.

    Attributes:
        by_row: `[inputs]`, fp64: 1 for an input that each epoch takes once.
    """

    by_row: NDArray[np.float64]

    @property
    def epoch_size(self) -> int:
        """Number of inputs that an epoch takes."""
        return sum(round(rate * len(rows)) for rate, rows in self._groups())

    def draw(self, generator: torch.Generator) -> list[int]:
        """Draw the rows of an epoch in random order.

        Of the inputs with the rate r, each is taken floor(r) times. The rest is drawn from them without
        repetition, so that no input is taken twice before all are taken once.
        """
        drawn: list[int] = []
        for rate, rows in self._groups():
            whole, rest = divmod(round(rate * len(rows)), len(rows))
            drawn += rows.tolist() * whole
            chosen = torch.randperm(len(rows), generator=generator)[:rest].numpy()
            drawn += rows[chosen].tolist()
        order: list[int] = torch.randperm(len(drawn), generator=generator).tolist()
        return [drawn[at] for at in order]

    def digest(self) -> bytes:
        """Return a hash of the rates."""
        return blake2b(self.by_row.tobytes(), digest_size=16).digest()

    def _groups(self) -> list[tuple[float, NDArray[np.int64]]]:
        """Return each rate with its rows."""
        return [(float(rate), np.flatnonzero(self.by_row == rate)) for rate in np.unique(self.by_row)]
