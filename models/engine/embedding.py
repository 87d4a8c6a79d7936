"""BERT's embeddings over packed tokens."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import embedding, layer_norm

from models.engine.packing import PackedBatch
from models.weights import NetworkWeights


class Embedding:
    """Words, positions and the side of a pair, added up and normalised, in fp32.

    Args:
        weights: of the network, on the device; those of the embeddings are shared, not copied.
    """

    def __init__(self, weights: NetworkWeights) -> None:
        part, shape = weights.part("embeddings"), weights.shape
        self._words = part.tensor("word_embeddings.weight")
        self._positions = part.tensor("position_embeddings.weight")
        self._sides = part.tensor("token_type_embeddings.weight")
        self._norm = ((shape.hidden,), *part.affine("LayerNorm"), shape.epsilon)

    def __call__(self, batch: PackedBatch) -> Tensor:
        """Give `[tokens, hidden]`, fp32."""
        summed = (
            embedding(batch.input_ids, self._words)
            + embedding(batch.type_ids, self._sides)
            + embedding(batch.position_ids, self._positions)
        )
        return layer_norm(summed, *self._norm)
