"""Encoders from each layout in which BERT is published."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertModel

from models import load_encoder
from tests.tiny import Layout


@pytest.mark.parametrize("layout", ["safetensors", "prefixed", "biobert"])
def test_every_layout_loads_the_published_weights(checkpoints: dict[Layout, Path], layout: Layout) -> None:
    encoder = load_encoder(str(checkpoints[layout]))
    assert encoder.has_safetensors == (layout != "biobert")
    assert not encoder.model.training
    published = load_file(checkpoints["prefixed"] / "model.safetensors")
    if layout == "prefixed":
        state = encoder.model.state_dict()
        norm, dense = "embeddings.LayerNorm", "encoder.layer.2.output.dense.weight"
        assert torch.equal(state[f"{norm}.weight"], published[f"bert.{norm}.gamma"])
        assert torch.equal(state[dense], published[f"bert.{dense}"])


def test_the_states_are_those_of_from_pretrained(checkpoints: dict[Layout, Path]) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    reference = BertModel.from_pretrained(str(checkpoints["safetensors"])).eval()
    ids = torch.tensor([encoder.tokenizer.encode("zoloft gives me nausea").ids])
    with torch.no_grad():
        states, expected = encoder.model(ids), reference(ids).last_hidden_state
    assert torch.allclose(states, expected, atol=1e-6)
