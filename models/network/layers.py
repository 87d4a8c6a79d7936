"""Run the layers of an encoder for all tokens, or only for the one that a head reads: [CLS]."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from models.network.encoder_layer import EncoderLayer


def run_layers(
    layers: nn.ModuleList, states: Tensor, attention_mask: Tensor, position_bias: Tensor | None = None
) -> Tensor:
    """Run layers one after the other.

    Args:
        layers: each an `EncoderLayer`; an empty list leaves the states as they are.
        states: `[batch, tokens, hidden]`.
        attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
        position_bias: `[heads, tokens, tokens]`, as `FrozenTrunk.position_bias` returns it; None for an
            encoder without one.

    Returns:
        `[batch, tokens, hidden]`.

    Raises:
        ValueError: the encoder has a position bias, and there is none.
    """
    # [batch, 1, 1, tokens]: true where a token may be attended to, for all heads and queries alike.
    mask = attention_mask.bool()[:, None, None, :]
    if position_bias is not None:
        mask = position_bias.masked_fill(~mask, -torch.inf)  # [batch, heads, tokens, tokens]
    for layer in layers:
        states = layer(states, mask)
    return states


def run_layers_to_cls(
    layers: nn.ModuleList, states: Tensor, attention_mask: Tensor, position_bias: Tensor | None = None
) -> Tensor:
    """Run layers and return only the state at [CLS] of the last one.

    Takes the arguments of `run_layers`, and returns the same values at [CLS] up to rounding.

    Returns:
        `[batch, hidden]`.
    """
    if not len(layers):
        return states[:, 0]
    last = cast(EncoderLayer, layers[-1])
    if not last.has_plain_projections:
        return run_layers(layers, states, attention_mask, position_bias)[:, 0]
    below = run_layers(layers[:-1], states, attention_mask, position_bias)
    return last.at_cls(below, attention_mask, position_bias)


def mean_over(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean state `[batch, hidden]` of the tokens that `mask`, `[batch, tokens]`, marks by 1."""
    weights = mask.to(states.dtype).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)
