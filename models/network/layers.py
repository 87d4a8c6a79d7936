"""BERT's layers, run for all tokens or for what a head reads of them: [CLS] alone."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


def run_layers(layers: nn.ModuleList, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Run BERT layers one after the other.

    Args:
        layers: of a `BertModel`; none leave the states as they are.
        states: `[batch, tokens, hidden]`.
        attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.

    Returns:
        `[batch, tokens, hidden]`.
    """
    # [batch, 1, 1, tokens]: true where a token may be attended to, for all heads and queries alike.
    visible = attention_mask.bool()[:, None, None, :]
    for layer in layers:
        states = layer(states, visible)
    return states


def run_layers_to_cls(layers: nn.ModuleList, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Run BERT layers where only the state at [CLS] is read of the last one.

    Arguments as in `run_layers`; the values are those that it has at [CLS], but for rounding.

    Returns:
        `[batch, hidden]`.
    """
    if not len(layers):
        return states[:, 0]
    return cls_state(layers[-1], run_layers(layers[:-1], states, attention_mask), attention_mask)


def mean_over(states: Tensor, mask: Tensor) -> Tensor:
    """Give the mean state `[batch, hidden]` of the tokens that `mask`, `[batch, tokens]`, marks by 1."""
    weights = mask.to(states.dtype).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def cls_state(layer: nn.Module, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Run one BERT layer at [CLS] alone: one query, keys and values of all tokens.

    With a single query the keys and values need not be made: `q·(K h) = (Kᵀ q)·h`, and the weighted sum
    of the `V h` is `V` times the weighted sum of the `h`. So all products with weights are for one token
    of each text, as are those of the feed-forward part. The keys' bias adds the same to the score of each
    token, which the softmax takes away again, and so it is left out.

    Args:
        layer: a `BertLayer`; where it is in training mode its dropouts are at work.
        states: `[batch, tokens, hidden]`, what the layer before it gave.
        attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.

    Returns:
        `[batch, hidden]`.
    """
    part = cast(Any, layer)
    attention = part.attention.self
    batch, _, hidden = states.shape
    by_head = (attention.num_attention_heads, attention.attention_head_size)
    cls = states[:, 0]
    query = attention.query(cls).view(batch, *by_head)
    sought = torch.einsum("bns,nsh->bnh", query, attention.key.weight.view(*by_head, hidden))
    scores = torch.matmul(sought, states.transpose(1, 2)) * attention.scaling  # [batch, heads, tokens]
    scores = scores.masked_fill(~attention_mask.bool()[:, None, :], -torch.inf)
    weights = functional.dropout(scores.softmax(-1), attention.dropout.p, attention.training)
    seen = torch.matmul(weights, states)  # [batch, heads, hidden]
    values = torch.einsum("bnh,nsh->bns", seen, attention.value.weight.view(*by_head, hidden))
    # In training, dropout keeps the weights from summing to one.
    values = values + weights.sum(-1, keepdim=True) * attention.value.bias.view(*by_head)
    attended = part.attention.output(values.reshape(batch, hidden), cls)
    return cast(Tensor, part.feed_forward_chunk(attended))
