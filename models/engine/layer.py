"""One BERT layer over packed tokens: for all of them, or for what a head reads of it, [CLS] alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from models.engine.attention import Attention
from models.engine.gemm import Gemm
from models.engine.packing import PackedBatch
from models.engine.precision import Precision


class PackedLayer:
    """A `BertLayer` in eval mode with its weights prepared.

    The residual stream and LayerNorm are in fp32, products in the numbers of the precision.

    Args:
        layer: of a `BertModel`, on the device.
        precision: of products.
        attention: of the device.
    """

    def __init__(self, layer: nn.Module, precision: Precision, attention: Attention) -> None:
        part = cast(Any, layer)
        own = part.attention.self
        self.heads: int = own.num_attention_heads
        self._attention = attention
        self._joined = Gemm([own.query, own.key, own.value], precision)
        self._after = AfterAttention(layer, precision)

    def __call__(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Give the states `[tokens, hidden]`, fp32, that follow on `states`, of the same shape."""
        return self._after(self._attention.among_all(self._joined(states), batch, self.heads), states)


class AfterAttention:
    """The rest of a layer, which looks at each token by itself."""

    def __init__(self, layer: nn.Module, precision: Precision) -> None:
        part = cast(Any, layer)
        config = part.intermediate.intermediate_act_fn
        self._output = Gemm([part.attention.output.dense], precision)
        self._norm = _Norm(part.attention.output.LayerNorm)
        self._wide = Gemm([part.intermediate.dense], precision, activation=_name_of(config))
        self._narrow = Gemm([part.output.dense], precision)
        self._last_norm = _Norm(part.output.LayerNorm)

    def __call__(self, seen: Tensor, states: Tensor) -> Tensor:
        """Go on from what attention saw, `[tokens, hidden]`, and the states it started from, fp32."""
        attended = self._norm(states + self._output(seen))
        return self._last_norm(attended + self._narrow(self._wide(attended)))


class ClsLayer:
    """The last layer of a head that reads [CLS] alone: one query for each text.

    With a single query the keys and values need not be made: `q·(K h) = (Kᵀ q)·h`, and the weighted sum
    of the `V h` is `V` times the weighted sum of the `h`. So all products with weights are for one token
    of each text. The keys' bias adds the same to the score of each token, which the softmax takes away
    again, and so it is left out.

    Args:
        layer: of a `BertModel`, on the device.
        precision: of the products after attention; the search itself is in fp32.
    """

    def __init__(self, layer: nn.Module, precision: Precision) -> None:
        own = cast(Any, layer).attention.self
        heads, size = own.num_attention_heads, own.attention_head_size
        self.heads: int = heads
        self._query = Gemm([own.query], precision)
        # [heads, head, hidden]
        self._key = own.key.weight.detach().float().view(heads, size, -1) * own.scaling
        self._value = own.value.weight.detach().float().view(heads, size, -1).transpose(1, 2).contiguous()
        self._value_bias = own.value.bias.detach().float()
        self._after = AfterAttention(layer, precision)

    def seek(self, cls: Tensor) -> Tensor:
        """Give what each head seeks in the states, `[texts, heads, hidden]`, for `[texts, hidden]`."""
        query = self._query(cls).float().view(len(cls), self.heads, -1)
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
    seen = torch.split(attention.from_cls(sought, states, batch), [layer.heads for layer in layers], 1)
    return [layer.finish(part, cls) for layer, part in zip(layers, seen, strict=True)]


class _Norm:
    def __init__(self, norm: nn.LayerNorm) -> None:
        self._shape = tuple(norm.normalized_shape)
        self._weight, self._bias = norm.weight.detach().float(), norm.bias.detach().float()
        self._eps = norm.eps

    def __call__(self, states: Tensor) -> Tensor:
        return layer_norm(states, self._shape, self._weight, self._bias, self._eps)


def _name_of(activation: Any) -> str:
    """Name an activation of transformers as `hidden_act` does."""
    names = {"GELUActivation": "gelu", "NewGELUActivation": "gelu_new", "ReLU": "relu"}
    return names[type(activation).__name__]
