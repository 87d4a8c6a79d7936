"""The table of heads is complete, and everything that depends on the heads follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch

from models.encoder import load_encoder
from models.network import HEAD_OF, HEADS, TASKS, Head, MultiTaskNetwork, Task
from tests.tiny import Layout


def test_every_task_has_one_head() -> None:
    assert get_args(Task) == TASKS
    assert [HEAD_OF[task] for task in TASKS] == list(HEADS)
    assert len({head.name for head in HEADS}) == len(HEADS)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.title)
def test_a_network_has_a_linear_layer_for_each_head(checkpoints: dict[Layout, Path], head: Head) -> None:
    network = MultiTaskNetwork(load_encoder(str(checkpoints["safetensors"])).model, frozen_layers=2, ptids=5)
    assert network.linear(head).out_features == head.outputs(5)


@pytest.mark.parametrize("classifiers", [1, 3])
@pytest.mark.parametrize("retriever_layers", [0, 1])
def test_the_shape_lists_the_tensors_of_the_network(
    checkpoints: dict[Layout, Path], classifiers: int, retriever_layers: int
) -> None:
    network = MultiTaskNetwork(
        load_encoder(str(checkpoints["safetensors"])).model,
        frozen_layers=2,
        ptids=5,
        classifiers=classifiers,
        retriever_layers=retriever_layers,
    )
    trained = {name: tuple(tensor.shape) for name, tensor in network.trained_state().items()}
    assert trained == network.shape.trained()
    tensors = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert tensors == {**network.shape.trunk(), **network.shape.trained()}


def test_a_further_head_is_one_more_entry(
    checkpoints: dict[Layout, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    severity = Head("1a", "severity", "text", classes=("mild", "moderate", "severe"))
    for module in ("multitask", "shape"):
        monkeypatch.setattr(f"models.network.{module}.HEADS", (*HEADS, severity))
    encoder = load_encoder(str(checkpoints["safetensors"])).model
    network = MultiTaskNetwork(encoder, frozen_layers=2, ptids=5)
    trained = {name: tuple(tensor.shape) for name, tensor in network.trained_state().items()}
    assert trained == network.shape.trained()
    assert trained["severity.weight"] == (3, network.hidden_size)
    states = torch.randn(2, 4, network.hidden_size)
    assert network.logits(severity, states, torch.ones(2, 4)).shape == (2, 3)
