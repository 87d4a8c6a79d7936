"""Bundles quantized in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.bundle import load_bundle
from tests.tiny import Trained, make_tiny_bundle, save_tiny, train_tiny, write_checkpoint
from tests.tiny_int8 import needs_openvino, tiny_examples
from training.quantization import quantize_body, refit_heads

pytestmark = needs_openvino


def ensemble(checkpoint: Path) -> Trained:
    """Train three classifiers on one trunk."""
    members = [train_tiny(checkpoint, steps=steps) for steps in (5, 10)]
    trained = train_tiny(checkpoint, steps=20, classifiers=3)
    for position, member in enumerate(members, start=1):
        trained.network.adopt(position, member.network)
    return trained


@pytest.mark.slow
def test_every_head_of_an_ensemble_is_refitted_or_left(tmp_path: Path) -> None:
    trained = ensemble(write_checkpoint(tmp_path / "encoder"))
    exact = load_bundle(save_tiny(tmp_path / "ensemble", trained, vote="mean"))
    quantized = refit_heads(quantize_body(exact, tiny_examples(), seed=1))
    assert quantized.refits.keys() == {"classifier", "classifier 2", "classifier 3", "extractor"}
    before, after = exact.weights.tensors, quantized.bundle.weights.tensors
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    modules = {
        "classifier": "classifier",
        "classifier 2": "members.0.classifier",
        "classifier 3": "members.1.classifier",
        "extractor": "extractor",
    }
    assert changed == {
        f"{modules[name]}.{part}"
        for name, result in quantized.refits.items()
        if result.penalty
        for part in ("weight", "bias")
    }


def test_the_same_seed_quantizes_to_the_same_bytes(tmp_path: Path) -> None:
    exact = load_bundle(make_tiny_bundle(tmp_path / "exact"))
    first, second = (quantize_body(exact, tiny_examples(), seed=1).body for _ in range(2))
    assert (first.graph, first.weights) == (second.graph, second.weights)
