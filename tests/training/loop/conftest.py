"""A tiny network, its inputs, and a record of how often its trunk runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from models.network import MultiTaskNetwork
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
    """Number of rows of each run of the trunk."""
    rows: list[int] = []
    trunk_from = MultiTaskNetwork.trunk_from

    def counted(self: MultiTaskNetwork, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        rows.append(len(embedded))
        return trunk_from(self, embedded, mask)

    monkeypatch.setattr(MultiTaskNetwork, "trunk_from", counted)
    yield rows
