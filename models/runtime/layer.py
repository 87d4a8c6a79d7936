"""An encoder on packed tokens: its embeddings, a layer for all tokens, and a last layer for [CLS] alone.

The residual stream and LayerNorm are in fp32, matrix products in the precision of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm

from models.device import Precision
from models.network import Affine, NetworkPart, NetworkShape, NetworkWeights, position_bias_of
from models.runtime.attention import Attention
from models.runtime.gemm import Gemm
from models.runtime.packing import PackedBatch


class PackedEmbedding:
    """The sum of the embeddings of words, positions and token types, normalized, in fp32.

    A single token type, as RoBERTa has it, is part of the positions' embeddings here.

    Args:
        weights: of the network, on the device; the words' embeddings are shared, not copied.
    """

    def __init__(self, weights: NetworkWeights) -> None:
        part, shape = weights.part("embeddings"), weights.shape
        self._words = part.tensor("word_embeddings.weight")
        self._positions = part.tensor("position_embeddings.weight")[shape.first_position :]
        self._token_types: Tensor | None = None
        if shape.token_types:
            token_types = part.tensor("token_type_embeddings.weight")
            if shape.token_types == 1:
                self._positions = self._positions + token_types
            else:
                self._token_types = token_types
        self._norm = _Norm(part.affine("LayerNorm"), weights.shape)

    def __call__(self, batch: PackedBatch) -> Tensor:
        """Return `[tokens, hidden]`, fp32."""
        embedded = embedding(batch.input_ids, self._words)
        if self._token_types is not None:
            embedded = embedded + embedding(batch.type_ids, self._token_types)
        return self._norm(embedded + embedding(batch.position_ids, self._positions))


def position_bias(weights: NetworkWeights) -> Tensor | None:
    """Return the position bias for texts of any length, `[heads, positions, positions]`, fp32, on the device.

    None for an encoder without one. It takes 12 MB in MPNet, and is the same for all layers.
    """
    shape = weights.shape
    if not shape.position_buckets:
        return None
    table = weights.part("embeddings").tensor("relative_attention_bias.weight")
    return position_bias_of(table, shape.positions - shape.first_position)


class PackedLayer:
    """A layer with its weights prepared.

    Args:
        part: tensors of the layer, by their names in BERT, on the device.
        shape: of the network.
        precision: of matrix products.
        attention: of the device.
        bias: as `position_bias` returns it.
    """

    def __init__(
        self,
        part: NetworkPart,
        shape: NetworkShape,
        precision: Precision,
        attention: Attention,
        bias: Tensor | None = None,
    ) -> None:
        projections = part.part("attention.self")
        self._heads = shape.attention_heads
        self._attention = attention
        self._bias = bias
        self._joined = Gemm([projections.affine(name) for name in ("query", "key", "value")], precision)
        self._after = AfterAttention(part, shape, precision)

    def __call__(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the next states `[tokens, hidden]`, fp32, for `states` of the same shape."""
        return self._after(self._attend(states, batch), states)

    def _attend(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the output of attention; queries, keys and values are freed before the rest of the layer."""
        return self._attention.self_attention(self._joined(states), batch, self._heads, self._bias)


class AfterAttention:
    """The rest of a layer, which processes each token by itself."""

    def __init__(self, part: NetworkPart, shape: NetworkShape, precision: Precision) -> None:
        self._output = Gemm([part.affine("attention.output.dense")], precision)
        self._norm = _Norm(part.affine("attention.output.LayerNorm"), shape)
        self._wide = Gemm([part.affine("intermediate.dense")], precision, activation=shape.activation)
        self._narrow = Gemm([part.affine("output.dense")], precision)
        self._last_norm = _Norm(part.affine("output.LayerNorm"), shape)

    def __call__(self, context: Tensor, states: Tensor) -> Tensor:
        """Return the output of the layer.

        Args:
            context: output of attention, `[tokens or more, hidden]`.
            states: input of the layer, `[tokens, hidden]`, fp32.
        """
        tokens = len(states)
        attended = self._norm(states + self._output(context)[:tokens])
        return self._last_norm(attended + self._narrow(self._wide(attended))[:tokens])


class ClsLayer:
    """The last layer below a head that reads [CLS] alone: one query for each text.

    With a single query, keys and values need not be computed: `models.network.EncoderLayer.at_cls` explains
    why. So all products with weights are for one token of each text.

    Args:
        part: tensors of the layer, by their names in BERT, on the device.
        shape: of the network.
        precision: of the products after attention; attention itself is in fp32.
    """

    def __init__(self, part: NetworkPart, shape: NetworkShape, precision: Precision) -> None:
        projections = part.part("attention.self")
        by_head = (shape.attention_heads, shape.head_size, shape.hidden)
        self.heads = shape.attention_heads
        self._query = Gemm([projections.affine("query")], precision)
        self._key = projections.tensor("key.weight").view(by_head) * shape.head_size**-0.5
        value, self._value_bias = projections.affine("value")
        self._value = value.view(by_head).transpose(1, 2).contiguous()
        self._after = AfterAttention(part, shape, precision)

    def queries(self, cls: Tensor) -> Tensor:
        """Return `Kᵀ q` for each head, scaled, `[texts, heads, hidden]`, for states `[texts, hidden]`."""
        query = self._query(cls)[: len(cls)].float().view(len(cls), self.heads, -1)
        return torch.bmm(query.transpose(0, 1), self._key).transpose(0, 1)

    def finish(self, context: Tensor, cls: Tensor) -> Tensor:
        """Return the state at [CLS], `[texts, hidden]`, fp32.

        Args:
            context: output of `Attention.cls_attention`, `[texts, heads, hidden]`.
            cls: input of the layer at [CLS], `[texts, hidden]`.
        """
        values = torch.bmm(context.transpose(0, 1), self._value).transpose(0, 1).reshape(len(cls), -1)
        return self._after(values + self._value_bias, cls)


def cls_states(
    layers: Sequence[ClsLayer],
    states: Tensor,
    batch: PackedBatch,
    attention: Attention,
    bias: Tensor | None = None,
) -> list[Tensor]:
    """Run several last layers on the same states at [CLS], with attention for all their heads at once.

    Args:
        layers: of classifiers.
        states: `[tokens, hidden]`.
        batch: which token belongs to which text.
        attention: of the device.
        bias: as `position_bias` returns it.

    Returns:
        For each layer `[texts, hidden]`, fp32.
    """
    cls = states[batch.starts]
    queries = torch.cat([layer.queries(cls) for layer in layers], 1)
    at_cls = None if bias is None else bias[:, 0].repeat(len(layers), 1)
    context = attention.cls_attention(queries, states, batch, at_cls)
    contexts = torch.split(context, [layer.heads for layer in layers], 1)
    return [layer.finish(context, cls) for layer, context in zip(layers, contexts, strict=True)]


class _Norm:
    def __init__(self, norm: Affine, shape: NetworkShape) -> None:
        self._norm = norm
        self._epsilon = shape.epsilon

    def __call__(self, states: Tensor) -> Tensor:
        return layer_norm(states, states.shape[-1:], *self._norm, self._epsilon)
