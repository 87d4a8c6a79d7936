"""The adapters of a method's networks, gathered for a compact bundle.

An adapter is a change of the public encoder's weights. A training that starts from a bundle with adapters
adds its own: `W + B₀A₀ + B₁A₁ = W + [B₀ B₁] [A₀; A₁]`, one adapter whose rank is the sum. A bundle with whole
layers differs from the public encoder by more than a low rank: what is trained from it has whole layers, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.bundle import LARGEST_RANK, Adapters, TrainedAdapters, adapted_linears, adapter_names
from models.network import MultiTaskNetwork
from training.loop import AdaptedNetwork, TrainingConfig, adapter_tensors
from training.methods.start import Start


def gather_adapters(
    networks: Sequence[MultiTaskNetwork],
    joined: MultiTaskNetwork,
    retriever: Mapping[str, Tensor],
    config: TrainingConfig,
    start: Start | None,
) -> TrainedAdapters | None:
    """Return the adapters that a bundle stores; None if it stores whole layers.

    Args:
        networks: trained, each with adapters in its shared layers if `config` has a rank.
        joined: all of them in one, with the retriever.
        retriever: adapters of the retriever's layers, as `adapter_tensors` returns them.
        config: rank and scale.
        start: the bundle that the training started from.
    """
    if not config.lora_rank or (start is not None and start.adapters is None):
        return None
    tensors = {f"retriever.layers.{name}": tensor for name, tensor in retriever.items()}
    for position, network in enumerate(networks):
        if isinstance(network, AdaptedNetwork):
            prefix = "shared" if position == 0 else f"members.{position - 1}.shared"
            adapters = adapter_tensors(network.shared)
            tensors |= {f"{prefix}.{name}": tensor for name, tensor in adapters.items()}
    trained = TrainedAdapters(Adapters(rank=config.lora_rank, alpha=config.lora_alpha), tensors)
    return trained if start is None else _added_to(start, trained, joined)


def _added_to(start: Start, trained: TrainedAdapters, joined: MultiTaskNetwork) -> TrainedAdapters | None:
    """Return the sum of the start's adapters and of new ones, with the scale 1; None if it is too large."""
    shape, earlier = joined.shape, start.adapters
    earlier_shape = start.bundle.weights.shape
    if earlier is None:
        raise ValueError("the start has no adapters")
    in_start = {
        linear.in_encoder: linear.name
        for linear in adapted_linears(earlier_shape, start.config.untouched_layers)
        if linear.name.startswith(("trunk.", "shared."))
    }
    keeps_retriever = start.has_retriever(shape.retriever_layers)
    tensors: dict[str, Tensor] = {}
    for linear in adapted_linears(shape, start.encoder_layers(shape.frozen_layers)):
        is_retriever = keeps_retriever and linear.name.startswith("retriever.")
        name = linear.name if is_retriever else in_start.get(linear.in_encoder, "")
        pairs = [*_scaled(earlier, name), *_scaled(trained, linear.name)]
        a, b = adapter_names(linear.name)
        tensors[a] = torch.cat([pair[0] for pair in pairs])
        tensors[b] = torch.cat([pair[1] for pair in pairs], dim=1)
    rank = max(len(tensor) for name, tensor in tensors.items() if name.endswith(adapter_names("")[0]))
    if rank > LARGEST_RANK:
        return None
    return TrainedAdapters(Adapters(rank=rank, alpha=rank), tensors)


def _scaled(adapters: TrainedAdapters, linear: str) -> list[tuple[Tensor, Tensor]]:
    """Return `A` and the scaled `B` of a linear layer, fp32, on the CPU; nothing if it has no adapter."""
    a, b = adapter_names(linear)
    if a not in adapters.tensors:
        return []
    first, second = (adapters.tensors[name].detach().cpu().float() for name in (a, b))
    return [(first, second * adapters.scale)]
