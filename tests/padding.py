"""Texts side by side, padded to the longest: what the network in training takes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Encoding
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.encoder.tokenization import TokenBatch


def pad(encodings: Sequence[Encoding]) -> TokenBatch:
    """Put all inputs into one batch, in their order."""

    def side_by_side(values: Sequence[Sequence[int]]) -> Tensor:
        return pad_sequence([torch.tensor(own) for own in values], batch_first=True)

    return TokenBatch(
        side_by_side([encoding.ids for encoding in encodings]),
        side_by_side([encoding.attention_mask for encoding in encodings]),
        side_by_side([encoding.type_ids for encoding in encodings]),
    )
