"""BERT's embeddings over packed tokens.

One BERT layer over packed tokens: for all of them, or for what a head reads of it, [CLS] alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm

from models.device import Precision
from models.network.shape import NetworkShape
from models.network.weights import Affine, NetworkPart, NetworkWeights
from models.runtime.attention import Attention
from models.runtime.gemm import Gemm
from models.runtime.packing import PackedBatch


class PackedEmbedding:
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


class PackedLayer:
    """A layer of BERT with its weights prepared.

    The residual stream and LayerNorm are in fp32, products in the numbers of the precision.

    Args:
        part: tensors of the layer, by their names in BERT, on the device.
        shape: of the network.
        precision: of products.
        attention: of the device.
    """

    def __init__(
        self, part: NetworkPart, shape: NetworkShape, precision: Precision, attention: Attention
    ) -> None:
        own = part.part("attention.self")
        self._heads = shape.attention_heads
        self._attention = attention
        self._joined = Gemm([own.affine(name) for name in ("query", "key", "value")], precision)
        self._after = AfterAttention(part, shape, precision)

    def __call__(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Give the states `[tokens, hidden]`, fp32, that follow on `states`, of the same shape."""
        return self._after(self._attention.self_attention(self._joined(states), batch, self._heads), states)


class AfterAttention:
    """The rest of a layer, which looks at each token by itself."""

    def __init__(self, part: NetworkPart, shape: NetworkShape, precision: Precision) -> None:
        self._output = Gemm([part.affine("attention.output.dense")], precision)
        self._norm = _Norm(part.affine("attention.output.LayerNorm"), shape)
        self._wide = Gemm([part.affine("intermediate.dense")], precision, activation=shape.activation)
        self._narrow = Gemm([part.affine("output.dense")], precision)
        self._last_norm = _Norm(part.affine("output.LayerNorm"), shape)

    def __call__(self, seen: Tensor, states: Tensor) -> Tensor:
        """Go on from what attention saw, `[tokens or more, hidden]`, and the fp32 states it started from."""
        tokens = len(states)
        attended = self._norm(states + self._output(seen)[:tokens])
        return self._last_norm(attended + self._narrow(self._wide(attended))[:tokens])


class ClsLayer:
    """The last layer of a head that reads [CLS] alone: one query for each text.

    With a single query the keys and values need not be made: `q·(K h) = (Kᵀ q)·h`, and the weighted sum
    of the `V h` is `V` times the weighted sum of the `h`. So all products with weights are for one token
    of each text. The keys' bias adds the same to the score of each token, which the softmax takes away
    again, and so it is left out.

    Args:
        part: tensors of the layer, by their names in BERT, on the device.
        shape: of the network.
        precision: of the products after attention; the search itself is in fp32.
    """

    def __init__(self, part: NetworkPart, shape: NetworkShape, precision: Precision) -> None:
        own = part.part("attention.self")
        by_head = (shape.attention_heads, shape.head_size, shape.hidden)
        self.heads = shape.attention_heads
        self._query = Gemm([own.affine("query")], precision)
        self._key = own.tensor("key.weight").view(by_head) * shape.head_size**-0.5
        value, self._value_bias = own.affine("value")
        self._value = value.view(by_head).transpose(1, 2).contiguous()
        self._after = AfterAttention(part, shape, precision)

    def seek(self, cls: Tensor) -> Tensor:
        """Give what each head seeks in the states, `[texts, heads, hidden]`, for `[texts, hidden]`."""
        query = self._query(cls)[: len(cls)].float().view(len(cls), self.heads, -1)
        return torch.bmm(query.transpose(0, 1), self._key).transpose(0, 1)

    def finish(self, seen: Tensor, cls: Tensor) -> Tensor:
        """Give the state at [CLS], `[texts, hidden]`, fp32, from what each head saw, as `seek` gave it."""
        values = torch.bmm(seen.transpose(0, 1), self._value).transpose(0, 1).reshape(len(cls), -1)
        return self._after(values + self._value_bias, cls)


def cls_states(
    layers: Sequence[ClsLayer], states: Tensor, batch: PackedBatch, attention: Attention
) -> list[Tensor]:
    """Run several last layers on the same states at [CLS]; their heads look at the states together.

    Returns:
        For each layer `[texts, hidden]`, fp32.
    """
    cls = states[batch.starts]
    sought = torch.cat([layer.seek(cls) for layer in layers], 1)
    seen = torch.split(attention.cls_attention(sought, states, batch), [layer.heads for layer in layers], 1)
    return [layer.finish(part, cls) for layer, part in zip(layers, seen, strict=True)]


class _Norm:
    def __init__(self, norm: Affine, shape: NetworkShape) -> None:
        self._norm = norm
        self._epsilon = shape.epsilon

    def __call__(self, states: Tensor) -> Tensor:
        return layer_norm(states, states.shape[-1:], *self._norm, self._epsilon)
