"""Bundles on encoders of every family: saved, loaded, and the same predictions as the reference's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from models import Pipeline, TrunkError, load_bundle, load_encoder
from models.bundle import BundleConfig, read_config
from models.network import MultiTaskNetwork
from models.scoring import bundle_folder
from tests.engine_agreement import SHORT
from tests.families import MODEL_TYPES, POSTS, write_family
from tests.pipeline_agreement import Agreement
from tests.random_networks import Shape, random_network, save_random_bundle, text_of
from tests.reference import Reference
from tests.tiny import LABELS, Trained, save_tiny

SHAPES = [
    Shape(frozen_layers=1, classifiers=3, pooling="mean", retriever_layers=1, model_type="mpnet"),
    Shape(frozen_layers=2, retriever_layers=1, model_type="roberta"),
    Shape(frozen_layers=0, model_type="xlm-roberta"),
]
TEXTS = [*POSTS, *(text_of(*text) for text in SHORT)]


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("families")
    trained = random_network(root / "encoder", request.param)
    return save_random_bundle(root / "bundle", trained, context=True)


def test_predictions_are_those_of_the_reference(folder: Path) -> None:
    bundle = load_bundle(folder)
    Agreement(Reference.of(bundle)).check(TEXTS, Pipeline.of(bundle, lanes=2).score(TEXTS))


def test_the_config_has_the_family_and_the_newest_format(folder: Path) -> None:
    document = json.loads((folder / "config.json").read_text())
    assert document["format_version"] == 6
    architecture = read_config(folder).architecture
    assert document["architecture"]["model_type"] == architecture.model_type
    assert architecture.longest_input == 512


def test_a_network_from_a_bundle_has_its_weights(folder: Path) -> None:
    bundle = load_bundle(folder)
    state = bundle.network.state_dict()
    assert state.keys() == bundle.weights.tensors.keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in bundle.weights.tensors.items())


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_the_trunk_of_a_bundle_may_come_from_the_encoder(tmp_path: Path, model_type: str) -> None:
    checkpoint = write_family(tmp_path / "encoder", model_type)
    encoder = load_encoder(str(checkpoint))
    network = MultiTaskNetwork(encoder.model, frozen_layers=2, ptids=len(LABELS)).eval()
    folder = save_tiny(tmp_path / "bundle", Trained(network, encoder), carry_trunk=False)
    bundle = load_bundle(folder, trunk=checkpoint)
    assert not bundle.config.carries_trunk
    assert all(
        torch.allclose(
            bundle.weights.tensors[name], tensor, atol=1e-2
        )  # trained layers are in half precision
        for name, tensor in network.state_dict().items()
    )
    other = write_family(tmp_path / "other", model_type, seed=1)
    with pytest.raises(TrunkError, match="another trunk"):
        load_bundle(folder, trunk=other)


def test_an_older_bundle_of_bert_keeps_its_config_and_its_version() -> None:
    folder = bundle_folder("default")
    data = (folder / "config.json").read_bytes()
    config = BundleConfig.model_validate_json(data)
    assert "model_type" not in json.loads(config.to_json())["architecture"]
    assert json.loads(config.to_json()) == json.loads(data)
