"""Tokenized inputs, packed: what a training holds of its texts, and what their states are kept by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding
from torch import Tensor

from models.encoder.tokenization import TokenBatch


@dataclass(frozen=True, eq=False)
class Inputs:
    """The tokens of many inputs, one after another without padding; equal only to itself.

    Attributes:
        ids: `[tokens of all inputs]`, int32.
        types: `[tokens of all inputs]`, uint8: 1 for the second text of a pair.
        starts: `[inputs + 1]`, int64: where each input begins, and the end.
    """

    ids: NDArray[np.int32]
    types: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, encodings: Sequence[Encoding]) -> Inputs:
        """Pack what a tokenizer gave."""
        return cls.packed([encoding.ids for encoding in encodings], [e.type_ids for e in encodings])

    @classmethod
    def packed(cls, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]) -> Inputs:
        """Pack token ids and token types of each input."""
        starts = np.fromiter(accumulate(map(len, ids), initial=0), np.int64, len(ids) + 1)

        def flat(parts: Sequence[Sequence[int]], kind: Any) -> NDArray[Any]:
            return np.fromiter((value for part in parts for value in part), kind, int(starts[-1]))

        return cls(flat(ids, np.int32), flat(types, np.uint8), starts)

    @classmethod
    def of_batch(cls, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Inputs:
        """Pack the rows of a padded batch; all three are `[batch, tokens]`."""
        real = attention_mask.bool().cpu().numpy()
        starts = np.concatenate([np.zeros(1, np.int64), real.sum(1, dtype=np.int64).cumsum()])
        ids = input_ids.cpu().numpy()[real].astype(np.int32)
        return cls(ids, token_type_ids.cpu().numpy()[real].astype(np.uint8), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each input, `[inputs]`."""
        return np.diff(self.starts)

    def batch(self, rows: Sequence[int]) -> TokenBatch:
        """Put some of the inputs into one batch, padded to the longest, in the order of `rows`."""
        starts = self.starts[:-1][list(rows)]
        index, real = ragged(starts, self.lengths[list(rows)])
        return TokenBatch(
            torch.from_numpy(np.where(real, self.ids[index], 0).astype(np.int64)),
            torch.from_numpy(real.astype(np.int64)),
            torch.from_numpy(np.where(real, self.types[index], 0).astype(np.int64)),
        )

    def keys(self) -> list[bytes]:
        """Identify each input by its tokens: two have the same key where they have the same states."""
        return [
            blake2b(self.ids[start:end].tobytes() + self.types[start:end].tobytes(), digest_size=16).digest()
            for start, end in pairwise(self.starts.tolist())
        ]

    def digest(self) -> bytes:
        """Identify all inputs, in their order."""
        hashed = blake2b(self.starts.tobytes(), digest_size=16)
        hashed.update(self.ids.tobytes())
        hashed.update(self.types.tobytes())
        return hashed.digest()


def ragged(
    starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Address packed rows as a padded batch.

    Args:
        starts: `[batch]`, where each row begins in what is packed.
        lengths: `[batch]`, how long each is, 1 or more.

    Returns:
        Positions `[batch, tokens]`, those beyond a row's end repeating its last; and which are real.
    """
    steps = np.arange(lengths.max(initial=1), dtype=np.int64)
    real = steps[None, :] < lengths[:, None]
    return starts[:, None] + np.minimum(steps[None, :], lengths[:, None] - 1), real
