"""Soft targets: what a teacher thinks of texts, tokens and spans, next to annotated targets or instead.

A teacher's answer is a distribution over classes, of which only the likeliest may be known. Log-probabilities
are kept instead of probabilities, because a sure teacher's probability is rounded to 0 or 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, chain
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.loop.inputs import padded_positions

# Log-probabilities by class; empty where the teacher gave no answer.
Distribution = Mapping[int, float]

NO_CLASS: Final = -1


@dataclass(frozen=True)
class SoftBatch:
    """The soft targets of a mini-batch: `[batch]` of them, or `[batch, tokens]` if the head reads tokens.

    Attributes:
        classes: `[*targets, candidates]`, int64, `NO_CLASS` where there are no more candidates.
        log_probabilities: the teacher's, of the same shape, fp32.
    """

    classes: Tensor
    log_probabilities: Tensor

    @property
    def present(self) -> Tensor:
        """True where there is a soft target, of the shape of `targets`."""
        return self.classes[..., 0] != NO_CLASS

    def to(self, device: torch.device) -> SoftBatch:
        """Copy the tensors to a device."""
        return SoftBatch(self.classes.to(device), self.log_probabilities.to(device))


@dataclass(frozen=True, eq=False)
class SoftTargets:
    """The soft targets of all inputs of a task, one after another. Equal to itself only.

    Attributes:
        classes: `[targets, candidates]`, int32, `NO_CLASS` where there are no more candidates.
        log_probabilities: the teacher's, `[targets, candidates]`, fp32.
        starts: `[inputs + 1]`, int64: the index of each input's first target, and the end.
    """

    classes: NDArray[np.int32]
    log_probabilities: NDArray[np.float32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Distribution]]) -> SoftTargets:
        """Pack the distributions of each input: one of an input alone, or one of each of its tokens."""
        starts = np.fromiter(accumulate(map(len, rows), initial=0), np.int64, len(rows) + 1)
        width = max((len(distribution) for distribution in chain(*rows)), default=0) or 1
        classes = np.full((int(starts[-1]), width), NO_CLASS, np.int32)
        log_probabilities = np.zeros(classes.shape, np.float32)
        for at, distribution in enumerate(chain(*rows)):
            for place, (number, log_probability) in enumerate(distribution.items()):
                classes[at, place], log_probabilities[at, place] = number, log_probability
        return cls(classes, log_probabilities, starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def present(self, row: int) -> NDArray[np.bool_]:
        """Return for each target of an input whether there is a soft one."""
        has_target: NDArray[np.bool_] = self.classes[self.starts[row] : self.starts[row + 1], 0] != NO_CLASS
        return has_target

    def distributions(self, row: int) -> list[dict[int, float]]:
        """Return the distributions of an input, as `SoftTargets.of` takes them."""
        targets = slice(self.starts[row], self.starts[row + 1])
        return [
            {number: value for number, value in zip(numbers, values, strict=True) if number != NO_CLASS}
            for numbers, values in zip(
                self.classes[targets].tolist(), self.log_probabilities[targets].tolist(), strict=True
            )
        ]

    def batch(self, rows: Sequence[int], *, by_token: bool) -> SoftBatch:
        """Collect the soft targets of some inputs, padded as `TaskData.batch` pads the hard ones.

        Args:
            rows: the inputs.
            by_token: whether each input has a target for each of its tokens, or one alone.
        """
        chosen = list(rows)
        if not by_token:
            at = self.starts[:-1][chosen]
            return self._batch(at, np.ones(at.shape, dtype=bool))
        return self._batch(*padded_positions(self.starts[:-1][chosen], np.diff(self.starts)[chosen]))

    def digest(self) -> bytes:
        """Return a hash of all soft targets in their order."""
        hashed = blake2b(self.starts.tobytes(), digest_size=16)
        hashed.update(self.classes.tobytes())
        hashed.update(self.log_probabilities.tobytes())
        return hashed.digest()

    def _batch(self, at: NDArray[np.int64], is_target: NDArray[np.bool_]) -> SoftBatch:
        classes = np.where(is_target[..., None], self.classes[at], NO_CLASS)
        return SoftBatch(
            torch.from_numpy(classes.astype(np.int64)), torch.from_numpy(self.log_probabilities[at])
        )


def binary_distribution(log_odds: float) -> dict[int, float]:
    """Return the log-probabilities of class 0 and class 1, given the log-odds of class 1."""
    return {0: -float(np.logaddexp(0.0, log_odds)), 1: -float(np.logaddexp(0.0, -log_odds))}


def join_soft_targets(parts: Sequence[tuple[SoftTargets | None, Sequence[int]]]) -> SoftTargets | None:
    """Put the soft targets of several data sets one after another.

    Args:
        parts: of each data set its soft targets, or None, and the number of targets of each of its inputs.

    Returns:
        None if no data set has soft targets.
    """
    known = [soft for soft, _ in parts if soft is not None]
    if not known:
        return None
    width = max(soft.classes.shape[1] for soft in known)
    classes, log_probabilities = [], []
    for soft, counts in parts:
        if soft is None:
            classes.append(np.full((sum(counts), width), NO_CLASS, np.int32))
            log_probabilities.append(np.zeros((sum(counts), width), np.float32))
            continue
        padding = ((0, 0), (0, width - soft.classes.shape[1]))
        classes.append(np.pad(soft.classes, padding, constant_values=NO_CLASS))
        log_probabilities.append(np.pad(soft.log_probabilities, padding))
    all_counts = [count for _, counts in parts for count in counts]
    starts = np.fromiter(accumulate(all_counts, initial=0), np.int64, len(all_counts) + 1)
    return SoftTargets(np.concatenate(classes), np.concatenate(log_probabilities), starts)
