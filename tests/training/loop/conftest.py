"""A tiny network and its inputs, and how often its trunk is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from models.network.multitask import MultiTaskNetwork
from tests.training.loop.tiny_training import CONFIG, tiny_network, tiny_tasks
from training.loop.inputs import Inputs


@pytest.fixture(scope="module")
def tweets(tiny_encoder: Path) -> Inputs:
    return tiny_tasks(tiny_encoder)["1a"].inputs


@pytest.fixture(scope="module")
def spans(tiny_encoder: Path) -> Inputs:
    return tiny_tasks(tiny_encoder)["1c"].inputs


@pytest.fixture
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, CONFIG).eval()


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Rows of each run of the trunk."""
    run: list[int] = []
    plain = MultiTaskNetwork.trunk_from

    def counted(self: MultiTaskNetwork, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        run.append(len(embedded))
        return plain(self, embedded, mask)

    monkeypatch.setattr(MultiTaskNetwork, "trunk_from", counted)
    yield run
