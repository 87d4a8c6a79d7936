"""BERT's layers, run for all tokens or only for the one that a head reads: [CLS]."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


def run_layers(layers: nn.ModuleList, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Run BERT layers one after the other.

    Args:
        layers: of a `BertModel`; an empty list leaves the states as they are.
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
    """Run BERT layers and return only the state at [CLS] of the last one.

    Takes the arguments of `run_layers`, and returns the same values at [CLS] up to rounding.

    Returns:
        `[batch, hidden]`.
    """
    if not len(layers):
        return states[:, 0]
    return cls_state(layers[-1], run_layers(layers[:-1], states, attention_mask), attention_mask)


def mean_over(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean state `[batch, hidden]` of the tokens that `mask`, `[batch, tokens]`, marks by 1."""
    weights = mask.to(states.dtype).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def cls_state(layer: nn.Module, states: Tensor, attention_mask: Tensor) -> Tensor:
    """Run one BERT layer with a single query, the one at [CLS].

    With a single query, keys and values need not be computed: `q·(K h) = (Kᵀ q)·h`, and the weighted sum of
    the `V h` is `V` times the weighted sum of the `h`. So all products with weights, including those of the
    feed-forward part, are for one token of each text. The keys' bias adds the same to the score of each
    token, which the softmax cancels, so it is left out.

    Args:
        layer: a `BertLayer`; its dropouts are active where it is in training mode.
        states: `[batch, tokens, hidden]`, the output of the layer before it.
        attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.

    Returns:
        `[batch, hidden]`.
    """
    bert_layer = cast(Any, layer)
    attention = bert_layer.attention.self
    batch, _, hidden = states.shape
    by_head = (attention.num_attention_heads, attention.attention_head_size)
    cls = states[:, 0]
    query = attention.query(cls).view(batch, *by_head)
    state_query = torch.einsum("bns,nsh->bnh", query, attention.key.weight.view(*by_head, hidden))  # Kᵀ q
    scores = torch.matmul(state_query, states.transpose(1, 2)) * attention.scaling  # [batch, heads, tokens]
    scores = scores.masked_fill(~attention_mask.bool()[:, None, :], -torch.inf)
    weights = functional.dropout(scores.softmax(-1), attention.dropout.p, attention.training)
    mean_state = torch.matmul(weights, states)  # [batch, heads, hidden]
    values = torch.einsum("bnh,nsh->bns", mean_state, attention.value.weight.view(*by_head, hidden))
    # In training, dropout keeps the weights from summing to one.
    values = values + weights.sum(-1, keepdim=True) * attention.value.bias.view(*by_head)
    attended = bert_layer.attention.output(values.reshape(batch, hidden), cls)
    return cast(Tensor, bert_layer.feed_forward_chunk(attended))
