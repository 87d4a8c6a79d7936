"""Low-rank adapters (LoRA, Hu et al. 2021) in the layers that training changes, by peft.

Each linear layer keeps its pretrained matrix `W` and learns `lora_alpha / lora_rank · B A` in addition. `A`
starts at random and `B` at zero, so that an untrained adapter changes nothing. Biases and LayerNorms stay
pretrained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

import torch
from torch import Tensor, nn

from models.bundle import adapter_names
from models.network import HEADS, MultiTaskNetwork, NetworkWeights
from training.extras import require
from training.loop.config import TrainingConfig

_ADAPTER: Final = "default"  # peft's name for the only adapter of a layer


class AdaptedNetwork(MultiTaskNetwork):
    """A network whose shared layers are frozen and have adapters, until `merged` merges them.

    Args:
        encoder: a pretrained encoder, whose layers after the trunk are changed.
        config: rank, scale and dropout of the adapters.
        shape: further arguments of `MultiTaskNetwork`.

    Raises:
        RunError: peft is not installed.
    """

    def __init__(self, encoder: Any, config: TrainingConfig, **shape: Any) -> None:
        super().__init__(encoder, **shape)
        adapt_layers(self.shared, config)

    def weights(self) -> NetworkWeights:
        """Return the tensors for an engine, with the adapters merged. The shared layers are copies."""
        merged = self.merged()
        return NetworkWeights(self.shape, merged.state_dict(), self.kept_states)

    def trained_state(self) -> dict[str, Tensor]:
        """Return the trained tensors, by their names in a bundle: the adapters and the heads."""
        adapters = adapter_tensors(self.shared)
        if not adapters:
            return super().trained_state()
        heads = tuple(f"{head.name}." for head in HEADS)
        return {
            **{f"shared.{name}": tensor for name, tensor in adapters.items()},
            **{name: tensor for name, tensor in self.state_dict().items() if name.startswith(heads)},
        }

    def merged(self) -> MultiTaskNetwork:
        """Return a copy with whole layers in place of adapters. It shares the trunk with this network."""
        kept, self.kept_states = self.kept_states, None
        try:
            network = deepcopy(self, {id(part): part for part in (self.embeddings, self.trunk)})
        finally:
            self.kept_states = kept
        merge_layers(network.shared)
        return network


def adapt_layers(layers: nn.ModuleList, config: TrainingConfig) -> None:
    """Freeze layers, and give each of their linear layers an untrained adapter.

    Args:
        layers: of an encoder; they are changed.
        config: rank, scale and dropout.

    Raises:
        RunError: peft is not installed.
    """
    require("peft", "adapters")
    from peft import LoraConfig, inject_adapter_in_model

    linears = [name for name, module in layers.named_modules() if isinstance(module, nn.Linear)]
    if not linears:
        return
    settings = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=linears,
        bias="none",
    )
    inject_adapter_in_model(settings, layers, _ADAPTER)
    for _, module in _adapted_linears(layers):
        # Autocast converts the inputs of products itself; peft would turn them into fp32 before that.
        module.cast_input_dtype_enabled = False


def adapter_tensors(layers: nn.ModuleList) -> dict[str, Tensor]:
    """Return `A` and `B` of each adapter in some layers: `0.output.dense.lora_A`, …; not copied."""
    tensors: dict[str, Tensor] = {}
    for name, module in _adapted_linears(layers):
        a, b = adapter_names(name)
        tensors |= {a: module.lora_A[_ADAPTER].weight.data, b: module.lora_B[_ADAPTER].weight.data}
    return tensors


@torch.no_grad()
def merge_layers(layers: nn.ModuleList) -> Mapping[str, Tensor]:
    """Replace adapted linear layers by plain ones that compute the same.

    Args:
        layers: they are changed.

    Returns:
        What `adapter_tensors` returned before.
    """
    tensors = adapter_tensors(layers)
    for name, module in list(_adapted_linears(layers)):
        linear: nn.Linear = module.get_base_layer()
        merged = linear.weight + module.get_delta_weight(_ADAPTER)
        linear.weight = nn.Parameter(merged, requires_grad=False)
        parent, _, attribute = name.rpartition(".")
        setattr(layers.get_submodule(parent), attribute, linear)
    return tensors


def _adapted_linears(layers: nn.ModuleList) -> Iterator[tuple[str, Any]]:
    """Yield the name and the module of each linear layer with an adapter."""
    for name, module in layers.named_modules():
        if hasattr(module, "lora_A") and hasattr(module, "get_delta_weight"):
            yield name, module
