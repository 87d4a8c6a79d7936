"""Masked inputs (Devlin et al. 2019): 15% of the tokens are to be guessed, by whole words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.adaptation.token_index import CONTINUES, SPECIAL, TokenIndex, token_ids

_MASKED: Final = 0.15  # share of the words that are to be guessed
_AS_MASK: Final = 0.8  # of their tokens, the share that becomes the mask
_AS_OTHER: Final = 0.1  # and the share that becomes another token; the others stay as they are
_BATCHES: Final = 50  # sorted by length together


@dataclass(frozen=True)
class MaskedBatch:
    """The input of a step.

    Attributes:
        input_ids: `[windows, tokens]`, int64, partly masked; the padding token where a window is shorter.
        attention_mask: `[windows, tokens]`, int64, 1 for tokens and 0 where padded.
        places: `[masked]`, int64, places in the flattened input that are to be guessed; one or more.
        targets: `[masked]`, int64, the ids that were there.
    """

    input_ids: Tensor
    attention_mask: Tensor
    places: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> MaskedBatch:
        """Copy the tensors to a device."""
        return MaskedBatch(
            self.input_ids.to(device),
            self.attention_mask.to(device),
            self.places.to(device),
            self.targets.to(device),
        )


@dataclass(frozen=True)
class WordMasker:
    """Makes batches of windows, with some of their words masked.

    All tokens of a word are masked together, so that a word is not guessed from its own pieces.

    Attributes:
        index: has the windows.
        mask: id of the mask.
        padding: id of the padding token.
        vocabulary: number of ids that may replace a token.
    """

    index: TokenIndex
    mask: int
    padding: int
    vocabulary: int

    def batch(self, windows: Sequence[int] | NDArray[np.int64], seed: Sequence[int]) -> MaskedBatch:
        """Mask some words of windows; the same windows and seed give the same batch."""
        random = np.random.default_rng(seed)
        rows = [self.index.window(int(number)) for number in windows]
        shape = (len(rows), max(map(len, rows)))
        ids = np.full(shape, self.padding, dtype=np.int64)
        is_token = np.zeros(shape, dtype=bool)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = token_ids(tokens)
            is_token[row, : len(tokens)] = True
        is_masked = np.zeros(shape, dtype=bool)
        is_masked[is_token] = _choose_words(np.concatenate(rows), random)
        places = np.flatnonzero(is_masked)
        targets = ids.reshape(-1)[places]
        draw = random.random(len(places))
        others = random.integers(self.vocabulary, size=len(places))
        seen = np.where(draw < _AS_MASK, self.mask, np.where(draw < _AS_MASK + _AS_OTHER, others, targets))
        ids.reshape(-1)[places] = seen
        return MaskedBatch(
            torch.from_numpy(ids),
            torch.from_numpy(is_token.astype(np.int64)),
            torch.from_numpy(places),
            torch.from_numpy(targets),
        )


def epoch_batches(
    index: TokenIndex, windows: NDArray[np.int64], batch_size: int, seed: Sequence[int]
) -> Iterator[NDArray[np.int64]]:
    """Yield the windows of each batch of an epoch, in an order that depends only on the arguments.

    Windows of similar length are in a batch, so that little is padded; batches come in random order.
    """
    random = np.random.default_rng(seed)
    order = windows[random.permutation(len(windows))]
    lengths = index.ends[order] - index.starts[order]
    for start in range(0, len(order), batch_size * _BATCHES):
        part = slice(start, start + batch_size * _BATCHES)
        order[part] = order[part][np.argsort(lengths[part], kind="stable")]
    for number in random.permutation(-(-len(order) // batch_size)):
        yield order[number * batch_size : (number + 1) * batch_size]


def _choose_words(tokens: NDArray[np.uint32], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which tokens are to be guessed: those of 15% of the words, and of one word or more."""
    is_own = (tokens & SPECIAL) == 0
    word = np.cumsum((tokens & CONTINUES) == 0)
    draw = random.random(word[-1] + 1)
    chosen: NDArray[np.bool_] = (draw[word] < _MASKED) & is_own
    if not chosen.any():
        chosen = (word == random.choice(word[is_own])) & is_own
    return chosen
