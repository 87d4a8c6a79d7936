"""Deep supervision (Lee et al. 2015): a lower layer also learns subtask 1a, so that an exit can follow it.

A head after that layer has a loss of its own, which is added to that of the Classifier. It shapes the layers
below, and is dropped after the training: `bundle add-exit` trains the head that serves, on what the finished
network decides. Without it, the lower layers of an encoder say little about a text, and few texts can leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Final, cast

import torch
from torch import Tensor, nn

from models.network import EncoderLayer, MultiTaskNetwork, run_layers_to_cls
from training.errors import RunError
from training.loop.config import TrainingConfig

_PREFIX: Final = "exit."

WEIGHT: Final = 0.5
"""Weight of the loss at the exit; that of the Classifier is 1."""


class ExitSupervision(nn.Module):
    """A head that supervises the layers below an exit: a layer at [CLS] and a linear layer.

    The layer starts as a copy of the network's own layer above the exit, the linear layer at zero. If the
    network has adapters, so has the copy, and they alone are trained.

    Args:
        network: whose shared layers are supervised; it does not keep the head.
        below: number of layers of the encoder below the exit.

    Attributes:
        passed: number of the network's shared layers below the exit.

    Raises:
        RunError: there is no trained layer below the exit, or no layer above it.
    """

    def __init__(self, network: MultiTaskNetwork, below: int) -> None:
        super().__init__()
        _require_exit(below, network.frozen_layers, network.frozen_layers + len(network.shared))
        self.passed = below - network.frozen_layers
        self.layer = deepcopy(cast(EncoderLayer, network.shared[self.passed]))
        self.linear = nn.Linear(network.hidden_size, 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states: Tensor, attention_mask: Tensor, position_bias: Tensor | None) -> Tensor:
        """Return the logits of NoADE and ADE, `[batch, 2]`, for states that have reached the exit.

        Args:
            states: `[batch, tokens, hidden]`.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            position_bias: see `run_layers`.
        """
        layers = nn.ModuleList([self.layer])
        log_odds = self.linear(run_layers_to_cls(layers, states, attention_mask, position_bias))
        return torch.cat([torch.zeros_like(log_odds), log_odds], dim=-1)

    def state(self) -> dict[str, Tensor]:
        """Return the tensors of the head, to resume from: `exit.linear.weight`, …"""
        return {f"{_PREFIX}{name}": tensor for name, tensor in self.state_dict().items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Load what `state` returned. The tensors of the network may be among them; they are ignored."""
        self.load_state_dict(
            {name.removeprefix(_PREFIX): tensor for name, tensor in state.items() if name.startswith(_PREFIX)}
        )


def require_exit_layer(config: TrainingConfig, layers: int) -> None:
    """Refuse settings by which no exit may follow the layer, without a network.

    Args:
        config: the settings.
        layers: number of layers of the encoder.

    Raises:
        RunError: there is no trained layer below the exit, or no layer above it.
    """
    if config.exit_layer:
        _require_exit(config.exit_layer, config.count_frozen(layers), layers)


def _require_exit(below: int, frozen: int, layers: int) -> None:
    lowest, highest = frozen + 1, layers - 1
    if not lowest <= below <= highest:
        raise RunError(
            f"exit-layer is {below}, but an exit needs a trained layer below it and one above: "
            f"{_advice(lowest, highest)}"
        )


def _advice(lowest: int, highest: int) -> str:
    if lowest > highest:
        return "train more layers (--set frozen-layers=0), or leave it out"
    return f"choose {lowest}" if lowest == highest else f"choose from {lowest} to {highest}"


def without_exit(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a training that belong to the network."""
    return {name: tensor for name, tensor in state.items() if not name.startswith(_PREFIX)}


def exit_supervision(network: MultiTaskNetwork, config: TrainingConfig) -> ExitSupervision | None:
    """Return the supervision that the settings ask for, on the network's device; None without it.

    Raises:
        RunError: no exit may follow the layer.
    """
    if not config.exit_layer:
        return None
    device = next(network.parameters()).device
    return ExitSupervision(network, config.exit_layer).to(device)
