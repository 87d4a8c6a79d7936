"""The heads of an ensemble on a quantized body."""

from __future__ import annotations

from pathlib import Path

import torch

from models.bundle import load_bundle
from tests.tiny import Trained, save_tiny, train_tiny, write_checkpoint
from tests.tiny_int8 import needs_openvino, tiny_examples
from training.quantization import refit_heads, round_body

pytestmark = needs_openvino


def ensemble(checkpoint: Path) -> Trained:
    """Three classifiers on one trunk."""
    members = [train_tiny(checkpoint, steps=steps) for steps in (5, 10)]
    made = train_tiny(checkpoint, steps=20, classifiers=3)
    for position, member in enumerate(members, start=1):
        made.network.adopt(position, member.network)
    return made


def test_all_heads_of_an_ensemble_are_refitted_or_left(tmp_path: Path) -> None:
    made = ensemble(write_checkpoint(tmp_path / "encoder"))
    exact = load_bundle(save_tiny(tmp_path / "ensemble", made, vote="mean"))
    found = refit_heads(round_body(exact, tiny_examples(), seed=1))
    assert found.refits.keys() == {"classifier", "classifier 2", "classifier 3", "extractor"}
    before, after = exact.weights.tensors, found.bundle.weights.tensors
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    heads = {
        "classifier": "classifier",
        "classifier 2": "members.0.classifier",
        "classifier 3": "members.1.classifier",
        "extractor": "extractor",
    }
    assert changed == {
        f"{heads[name]}.{part}"
        for name, one in found.refits.items()
        if one.pull
        for part in ("weight", "bias")
    }
