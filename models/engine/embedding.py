"""BERT's embeddings over packed tokens."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor, nn
from torch.nn.functional import embedding, layer_norm

from models.engine.packing import PackedBatch


class Embedding:
    """Words, positions and the side of a pair, added up and normalised, in fp32.

    Args:
        embeddings: of a `BertModel`, on the device; the weights are shared, not copied.
    """

    def __init__(self, embeddings: nn.Module) -> None:
        part = cast(Any, embeddings)
        self._words = part.word_embeddings.weight.detach()
        self._positions = part.position_embeddings.weight.detach()
        self._sides = part.token_type_embeddings.weight.detach()
        norm = part.LayerNorm
        self._norm = (tuple(norm.normalized_shape), norm.weight.detach(), norm.bias.detach(), norm.eps)

    def __call__(self, batch: PackedBatch) -> Tensor:
        """Give `[tokens, hidden]`, fp32."""
        summed = (
            embedding(batch.input_ids, self._words)
            + embedding(batch.type_ids, self._sides)
            + embedding(batch.position_ids, self._positions)
        )
        return layer_norm(summed, *self._norm)
