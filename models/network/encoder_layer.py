"""One layer of an encoder with its parameters, as BERT has it: attention, then a feed-forward part.

LayerNorm comes after the sum with the residual ("post-LN"). RoBERTa, XLM-R and MPNet have the same layer, so
all of them use this one. The parameters have the names of BERT (Devlin et al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.network.shape import Activation, Architecture

_ACTIVATIONS: Final[dict[Activation, Callable[[Tensor], Tensor]]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda states: functional.gelu(states, approximate="tanh"),
    "relu": functional.relu,
}

# Above this number of tokens, the scores of all pairs of them take more time than torch's kernel.
_MOST_TOKENS_IN_STEPS: Final = 256


def _is_faster_in_steps(query: Tensor) -> bool:
    """Return True where attention is to be trained in separate steps.

    The gradient of torch's own kernel in bfloat16 on a CPU takes several times as long for short texts, and
    somewhat longer with dropout (torch 2.13, measured by `python -m benchmarks.training --cases attention`).
    """
    is_trained = torch.is_grad_enabled() and query.requires_grad
    on_cpu = query.device.type == "cpu" and query.dtype == torch.bfloat16
    return is_trained and on_cpu and query.shape[-2] <= _MOST_TOKENS_IN_STEPS


def attend_in_steps(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, dropout: float = 0.0
) -> Tensor:
    """Return what `scaled_dot_product_attention` returns, from two products and a softmax.

    Args:
        query: `[batch, heads, tokens, size]`, as are `key` and `value`.
        key: as the queries.
        value: as the queries.
        mask: added to the scores, or of type bool, true where a token may be attended to.
        dropout: probability with which a weight is set to zero.
    """
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    weights = functional.dropout(scores.softmax(-1), dropout).to(value.dtype)
    return torch.matmul(weights, value)


class SelfAttention(nn.Module):
    """The projections of attention; `EncoderLayer` computes with them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        hidden = architecture.hidden_size
        self.heads = architecture.num_attention_heads
        self.head_size = hidden // self.heads
        self.dropout = nn.Dropout(architecture.attention_probs_dropout_prob)
        self.needs_position_bias = architecture.relative_attention_num_buckets > 0
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        """Return the output of all heads side by side, `[batch, tokens, hidden]`; see `EncoderLayer`."""
        if self.needs_position_bias and (mask is None or mask.dtype == torch.bool):
            raise ValueError("this encoder has a position bias: pass network.position_bias(tokens)")
        query, key, value = (self._by_head(layer(states)) for layer in (self.query, self.key, self.value))
        if mask is not None and mask.dtype != torch.bool:
            mask = mask.to(query.dtype)
        dropout = self.dropout.p if self.training else 0.0
        if _is_faster_in_steps(query):
            context = attend_in_steps(query, key, value, mask, dropout)
        else:
            context = functional.scaled_dot_product_attention(query, key, value, mask, dropout)
        return context.transpose(1, 2).reshape(states.shape)

    def at_cls(self, states: Tensor, attention_mask: Tensor, position_bias: Tensor | None) -> Tensor:
        """Return the output at [CLS], `[batch, hidden]`; see `EncoderLayer.at_cls`."""
        batch, _, hidden = states.shape
        by_head = (self.heads, self.head_size)
        query = self.query(states[:, 0]).view(batch, *by_head)
        state_query = torch.einsum("bns,nsh->bnh", query, self.key.weight.view(*by_head, hidden))  # Kᵀ q
        scores = torch.matmul(state_query, states.transpose(1, 2)) * self.head_size**-0.5
        if position_bias is not None:
            scores = scores + position_bias[:, 0]  # [batch, heads, tokens] and [heads, tokens]
        scores = scores.masked_fill(~attention_mask.bool()[:, None, :], -torch.inf)
        weights: Tensor = self.dropout(scores.softmax(-1))
        mean_state = torch.matmul(weights, states)  # [batch, heads, hidden]
        values = torch.einsum("bnh,nsh->bns", mean_state, self.value.weight.view(*by_head, hidden))
        # In training, dropout keeps the weights from summing to one.
        values = values + weights.sum(-1, keepdim=True) * self.value.bias.view(*by_head)
        return values.reshape(batch, hidden)

    def _by_head(self, values: Tensor) -> Tensor:
        batch, tokens, _ = values.shape
        return values.view(batch, tokens, self.heads, self.head_size).transpose(1, 2)


class AddAndNorm(nn.Module):
    """A product, dropout, the sum with the residual, and LayerNorm: the end of both parts of a layer."""

    def __init__(self, architecture: Architecture, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, architecture.hidden_size)
        self.LayerNorm = nn.LayerNorm(architecture.hidden_size, eps=architecture.layer_norm_eps)
        self.dropout = nn.Dropout(architecture.hidden_dropout_prob)

    def forward(self, states: Tensor, residual: Tensor) -> Tensor:
        """Return `[…, hidden]` for `states` of `[…, inputs]` and a residual of `[…, hidden]`."""
        output: Tensor = self.LayerNorm(self.dropout(self.dense(states)) + residual)
        return output


class _Attention(nn.Module):
    """Only a level of names: `attention.self` and `attention.output`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.self = SelfAttention(architecture)
        self.output = AddAndNorm(architecture, architecture.hidden_size)


class _Intermediate(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.hidden_size, architecture.intermediate_size)
        self._activation = _ACTIVATIONS[architecture.hidden_act]

    def forward(self, states: Tensor) -> Tensor:
        return self._activation(self.dense(states))


class EncoderLayer(nn.Module):
    """A layer of any encoder that this package knows.

    Args:
        architecture: of the encoder. Both dropouts are active in training mode.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.attention = _Attention(architecture)
        self.intermediate = _Intermediate(architecture)
        self.output = AddAndNorm(architecture, architecture.intermediate_size)

    def forward(self, states: Tensor, mask: Tensor | None = None) -> Tensor:
        """Run the layer for all tokens.

        Args:
            states: `[batch, tokens, hidden]`.
            mask: added to the scores of attention, `[batch, heads, tokens, tokens]`; or of type bool, true
                where a token may be attended to; all dimensions but the last may be 1. None lets every token
                attend to all.

        Returns:
            `[batch, tokens, hidden]`.

        Raises:
            ValueError: the encoder has a position bias, and the mask lacks it.
        """
        return self._feed_forward(self.attention.output(self.attention.self(states, mask), states))

    def at_cls(self, states: Tensor, attention_mask: Tensor, position_bias: Tensor | None = None) -> Tensor:
        """Run the layer with a single query, the one at [CLS].

        With a single query, keys and values need not be computed: `q·(K h) = (Kᵀ q)·h`, and the weighted sum
        of the `V h` is `V` times the weighted sum of the `h`. So all products with weights, including those
        of the feed-forward part, are for one token of each text. The keys' bias adds the same to the score
        of each token, which the softmax cancels, so it is left out.

        Args:
            states: `[batch, tokens, hidden]`, the output of the layer before it.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            position_bias: `[heads, tokens, tokens]`, or None for an encoder without one.

        Returns:
            `[batch, hidden]`.
        """
        attention = self.attention.self
        if attention.needs_position_bias and position_bias is None:
            raise ValueError("this encoder has a position bias: pass network.position_bias(tokens)")
        values = attention.at_cls(states, attention_mask, position_bias)
        return self._feed_forward(self.attention.output(values, states[:, 0]))

    @property
    def has_plain_projections(self) -> bool:
        """True if keys and values are plain products, so that `at_cls` may use their weights directly.

        An adapter that wraps them, such as a layer of `peft`, adds to the product what its weights lack.
        """
        attention = self.attention.self
        return isinstance(attention.key, nn.Linear) and isinstance(attention.value, nn.Linear)

    def _feed_forward(self, attended: Tensor) -> Tensor:
        output: Tensor = self.output(self.intermediate(attended), attended)
        return output
