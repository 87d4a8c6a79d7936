"""Tokenized inputs, stored without padding, and the keys under which their states are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoder import TokenBatch, TokenizedInput


@dataclass(frozen=True, eq=False)
class Inputs:
    """The tokens of many inputs, one after another without padding. Equal to itself only.

    Attributes:
        ids: `[tokens of all inputs]`, int32.
        types: `[tokens of all inputs]`, uint8: 1 for the second text of a pair.
        starts: `[inputs + 1]`, int64: the index of each input's first token, and the end.
    """

    ids: NDArray[np.int32]
    types: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, encodings: Sequence[TokenizedInput]) -> Inputs:
        """Pack the encodings or windows that a tokenizer returned."""
        return cls.packed([encoding.ids for encoding in encodings], [e.type_ids for e in encodings])

    @classmethod
    def packed(cls, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]) -> Inputs:
        """Pack the token ids and token types of each input."""
        starts = np.fromiter(accumulate(map(len, ids), initial=0), np.int64, len(ids) + 1)

        def flat(parts: Sequence[Sequence[int]], dtype: Any) -> NDArray[Any]:
            return np.fromiter((value for part in parts for value in part), dtype, int(starts[-1]))

        return cls(flat(ids, np.int32), flat(types, np.uint8), starts)

    @classmethod
    def of_batch(cls, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Inputs:
        """Pack the rows of a padded batch; all three arguments are `[batch, tokens]`."""
        is_token = attention_mask.bool().cpu().numpy()
        starts = np.concatenate([np.zeros(1, np.int64), is_token.sum(1, dtype=np.int64).cumsum()])
        ids = input_ids.cpu().numpy()[is_token].astype(np.int32)
        return cls(ids, token_type_ids.cpu().numpy()[is_token].astype(np.uint8), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each input, `[inputs]`."""
        return np.diff(self.starts)

    def batch(self, rows: Sequence[int]) -> TokenBatch:
        """Collect some of the inputs into a batch, in the order of `rows`, padded to the longest."""
        starts = self.starts[:-1][list(rows)]
        positions, is_token = padded_positions(starts, self.lengths[list(rows)])
        return TokenBatch(
            torch.from_numpy(np.where(is_token, self.ids[positions], 0).astype(np.int64)),
            torch.from_numpy(is_token.astype(np.int64)),
            torch.from_numpy(np.where(is_token, self.types[positions], 0).astype(np.int64)),
        )

    def keys(self) -> list[bytes]:
        """Return a key for each input: two inputs have the same key if they have the same tokens."""
        return [
            blake2b(self.ids[start:end].tobytes() + self.types[start:end].tobytes(), digest_size=16).digest()
            for start, end in pairwise(self.starts.tolist())
        ]

    def digest(self) -> bytes:
        """Return a hash of all inputs in their order."""
        hashed = blake2b(self.starts.tobytes(), digest_size=16)
        hashed.update(self.ids.tobytes())
        hashed.update(self.types.tobytes())
        return hashed.digest()


def padded_positions(
    starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the positions of packed rows, arranged as a padded batch.

    Args:
        starts: `[batch]`, the position of each row's first token.
        lengths: `[batch]`, the number of tokens of each row, at least 1.

    Returns:
        Positions `[batch, tokens]`, where padding repeats the row's last token, and a mask of the tokens.
    """
    steps = np.arange(lengths.max(initial=1), dtype=np.int64)
    is_token = steps[None, :] < lengths[:, None]
    return starts[:, None] + np.minimum(steps[None, :], lengths[:, None] - 1), is_token
