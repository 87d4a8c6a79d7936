"""Low-rank adapters in training: what is trained, what the engine sees, and resuming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from models.encoder import load_encoder
from models.network import HEADS, MultiTaskNetwork
from tests.families import write_family
from tests.tiny import LABELS
from tests.training.loop.tiny_training import CONFIG, KilledError, Recorder, largest_difference, tiny_tasks
from training.errors import RunError
from training.loop.adapted_layers import AdaptedNetwork, adapt_layers, adapter_tensors, merge_layers
from training.loop.algorithm1 import set_dropout
from training.loop.callbacks import NullCallback
from training.loop.config import TrainingConfig
from training.loop.multitask_training import Validation, train_multitask
from training.loop.training_state import StateFolder, TrainingState, fingerprint

ADAPTED = replace(CONFIG, epochs=2, frozen_layers=1, lora_rank=2, learning_rate=1e-2)


def adapted_network(checkpoint: Path, config: TrainingConfig = ADAPTED) -> AdaptedNetwork:
    """Build a network whose adapters and heads are the same each time."""
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    return AdaptedNetwork(
        load_encoder(str(checkpoint)).model,
        config,
        frozen_layers=config.count_frozen(3),
        ptids=len(LABELS),
        pooling=config.pooling,
    )


def fit(
    checkpoint: Path, folder: Path, config: TrainingConfig = ADAPTED, callback: NullCallback | None = None
) -> tuple[AdaptedNetwork, TrainingState]:
    network, tasks = adapted_network(checkpoint, config), tiny_tasks(checkpoint)
    state = train_multitask(
        network,
        tasks,
        config,
        StateFolder(folder, fingerprint(config, list(tasks.values()))),
        validate=lambda network: Validation({"1a": len(network.weights().tensors) / 1e6}),
        callback=callback or NullCallback(),
    )
    return network, state


def test_untrained_adapters_change_nothing(tiny_encoder: Path) -> None:
    network = adapted_network(tiny_encoder)
    encoder = load_encoder(str(tiny_encoder)).model.state_dict()
    tensors = network.weights().tensors
    for layer in (1, 2):
        name = "output.dense.weight"
        assert torch.equal(tensors[f"shared.{layer - 1}.{name}"], encoder[f"encoder.layer.{layer}.{name}"])


def test_only_adapters_and_heads_are_trained_and_saved(tiny_encoder: Path, tmp_path: Path) -> None:
    before = {name: t.clone() for name, t in adapted_network(tiny_encoder).state_dict().items()}
    network, state = fit(tiny_encoder, tmp_path)
    changed = {name for name, t in network.state_dict().items() if not torch.equal(t, before[name])}
    assert all(".lora_" in name or name.startswith(tuple(h.name for h in HEADS)) for name in changed)
    assert any(".lora_B" in name for name in changed)
    assert state.network.keys() == network.trained_state().keys()
    assert "shared.0.attention.self.query.lora_A" in state.network
    assert sum(".lora_" in name for name in state.network) == 2 * 6 * 2


@pytest.mark.parametrize("family", ["bert", "mpnet"])
def test_the_engine_gets_whole_layers_that_compute_the_same(family: str, tmp_path: Path) -> None:
    network = adapted_network(write_family(tmp_path / "encoder", family)).eval()
    for tensor in adapter_tensors(network.shared).values():
        nn.init.normal_(tensor, std=0.3)
    merged = network.merged()
    tensors = network.weights().tensors
    assert tensors.keys() == MultiTaskNetwork.trained_state(merged).keys() | {
        name for name in tensors if name.startswith(("embeddings.", "trunk."))
    }
    ids = torch.randint(5, 30, (2, 7))
    mask, types = torch.ones_like(ids), torch.zeros_like(ids)
    states = network.trunk_states(ids, mask, types)
    for head in HEADS:
        expected = network.logits(head, states, mask, mask)
        assert torch.allclose(merged.logits(head, states, mask, mask), expected, atol=1e-4), head
    assert adapter_tensors(network.shared)
    assert not adapter_tensors(merged.shared)


def test_an_interrupted_training_resumes_to_the_same_adapters(tiny_encoder: Path, tmp_path: Path) -> None:
    whole, _ = fit(tiny_encoder, tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(tiny_encoder, tmp_path / "killed", callback=Recorder(kill_in=1))
    resumed, _ = fit(tiny_encoder, tmp_path / "killed")
    assert largest_difference(whole.trained_state(), resumed.trained_state()) == 0


def test_the_dropout_of_adapters_is_their_own(tiny_encoder: Path) -> None:
    network = adapted_network(tiny_encoder, replace(ADAPTED, lora_dropout=0.25))
    set_dropout(network.shared, 0.0)
    rates = {part.p for part in network.shared.modules() if isinstance(part, nn.Dropout)}
    assert 0.25 in rates


def test_merged_layers_have_plain_linear_layers(tiny_encoder: Path) -> None:
    layers = load_encoder(str(tiny_encoder)).model.encoder.layer
    names = layers.state_dict().keys()
    adapt_layers(layers, ADAPTED)
    adapters = merge_layers(layers)
    assert layers.state_dict().keys() == names
    assert len(adapters) == 3 * 6 * 2
    assert merge_layers(layers) == {}


@pytest.mark.parametrize(
    "setting", [{"lora_rank": -1}, {"lora_rank": 5000}, {"lora_alpha": 0.0}, {"lora_dropout": 1.0}]
)
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(RunError, match=next(iter(setting)).replace("_", "-")):
        replace(CONFIG, **setting)
