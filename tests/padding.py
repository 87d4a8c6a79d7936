"""Padded batches, which the network in training takes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.encoder import TokenBatch, TokenizedInput


def pad(encodings: Sequence[TokenizedInput]) -> TokenBatch:
    """Return one batch of all inputs, in their order."""

    def stack(values: Sequence[Sequence[int]]) -> Tensor:
        return pad_sequence([torch.tensor(row) for row in values], batch_first=True)

    return TokenBatch(
        stack([encoding.ids for encoding in encodings]),
        stack([[1] * len(encoding) for encoding in encodings]),
        stack([encoding.type_ids for encoding in encodings]),
    )
