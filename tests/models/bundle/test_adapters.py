"""Bundles that store low-rank adapters: what is stored, what is merged, and what is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from copy import deepcopy
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from models import BundleError, Pipeline, TrunkError, load_bundle
from models.bundle import Adapters, TrainedAdapters, adapted_linears, adapter_names, read_config
from models.bundle.adapters import compact_shapes
from models.encoder import Encoder, load_encoder
from models.network import Architecture, MultiTaskNetwork, NetworkShape
from tests.families import write_family
from tests.tiny import LABELS, NEGATIVE, POSITIVE, Layout, Trained, save_tiny, write_checkpoint
from tests.tiny_retrieval import save_tiny_hybrid

RANK = 3
SECTION = Adapters(rank=RANK, alpha=6.0)


def adapted(checkpoint: Path, **shape: Any) -> tuple[Trained, TrainedAdapters]:
    """Return a network whose layers differ from the encoder's by random adapters, and these adapters."""
    encoder = load_encoder(str(checkpoint))
    torch.manual_seed(1)
    arguments = {"frozen_layers": 1, "ptids": len(LABELS), **shape}
    network = MultiTaskNetwork(deepcopy(encoder.model), **arguments).eval()
    state, tensors = network.state_dict(), {}
    for linear in adapted_linears(network.shape, network.frozen_layers):
        a, b = adapter_names(linear.name)
        tensors[a] = torch.randn(RANK, linear.inputs) / 4
        tensors[b] = torch.randn(linear.outputs, RANK) / 4
        state[f"{linear.name}.weight"].add_(tensors[b] @ tensors[a], alpha=2.0)
    return Trained(network, encoder), TrainedAdapters(SECTION, tensors)


def save_adapted(folder: Path, checkpoint: Path, **changes: Any) -> Path:
    trained, adapters = adapted(checkpoint)
    return save_tiny(folder, trained, adapters=adapters, **changes)


@pytest.fixture
def compact(checkpoints: dict[Layout, Path], tmp_path: Path) -> Path:
    """A bundle with adapters, which carries its encoder."""
    return save_adapted(tmp_path / "compact", checkpoints["safetensors"])


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet"])
def test_a_loaded_bundle_is_the_trained_network_up_to_half_precision(family: str, tmp_path: Path) -> None:
    trained, adapters = adapted(write_family(tmp_path / "encoder", family), classifiers=2)
    folder = save_tiny(tmp_path / "b", trained, adapters=adapters)
    loaded = load_bundle(folder).weights.tensors
    for name, tensor in trained.network.state_dict().items():
        assert torch.allclose(loaded[name], tensor, atol=5e-3), name
    assert read_config(folder).format_version == 6


def test_layers_are_stored_as_adapters_and_heads_whole(compact: Path) -> None:
    stored = load_file(compact / "model.safetensors")
    layers = [name for name in stored if name.startswith("shared.")]
    assert len(layers) == 2 * 6 * 2  # two layers of six matrices, A and B of each
    assert all(name.endswith(("lora_A", "lora_B")) for name in layers)
    assert stored.keys() - layers == {
        f"{head}.{part}" for head in ("classifier", "extractor", "normalizer") for part in ("weight", "bias")
    }
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}


def test_a_bundle_of_a_large_encoder_is_small() -> None:
    """MPNet-base with adapters in all layers, and 1,000 PTs; the sizes follow from the shapes."""
    architecture = Architecture(
        model_type="mpnet",
        vocab_size=30_527,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3_072,
        max_position_embeddings=514,
        type_vocab_size=0,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        relative_attention_num_buckets=32,
    )
    shape = NetworkShape.of(architecture, frozen_layers=0, ptids=1_000)
    numbers = sum(prod(size) for size in compact_shapes(shape, 0, 16, {}).values())
    assert 2 * numbers < 7_000_000  # bytes, in half precision
    assert 2 * sum(prod(size) for size in shape.trained().values()) > 170_000_000


def test_the_encoder_is_needed_whole_and_may_stay_outside(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = save_adapted(tmp_path / "b", checkpoints["safetensors"], carry_trunk=False)
    assert not (folder / "trunk.safetensors").exists()
    whole = save_tiny(tmp_path / "whole", adapted(checkpoints["safetensors"])[0], carry_trunk=False)
    size, whole_size = ((path / "model.safetensors").stat().st_size for path in (folder, whole))
    assert size < whole_size / 2
    assert load_bundle(folder).weights.shape == load_bundle(whole).weights.shape


def test_an_encoder_that_differs_in_its_last_layer_is_refused(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = save_adapted(tmp_path / "b", checkpoints["safetensors"], carry_trunk=False)
    other = Path(shutil.copytree(checkpoints["safetensors"], tmp_path / "other"))
    tensors = load_file(other / "model.safetensors")
    tensors["encoder.layer.2.output.dense.weight"][0, 0] += 1
    (other / "model.safetensors").write_bytes(save(tensors))
    with pytest.raises(TrunkError, match="another encoder"):
        load_bundle(folder, trunk=other)
    with pytest.raises(TrunkError, match="another encoder"):
        load_bundle(folder, trunk=write_checkpoint(tmp_path / "random", seed=5))


def test_a_bundle_whose_package_is_missing_names_it(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained, adapters = adapted(checkpoints["safetensors"])
    source = "package:an-encoder-that-nobody-has"
    encoder = Encoder(trained.encoder.model, trained.encoder.tokenizer, source, has_safetensors=True)
    folder = save_tiny(tmp_path / "b", Trained(trained.network, encoder), adapters=adapters)
    with pytest.raises(TrunkError, match="an-encoder-that-nobody-has") as caught:
        load_bundle(folder)
    assert caught.value.problem is not None


def test_a_pipeline_runs_on_the_merged_layers(compact: Path, checkpoints: dict[Layout, Path]) -> None:
    whole = save_tiny(compact.parent / "whole", adapted(checkpoints["safetensors"])[0])
    texts = [*POSITIVE, *NEGATIVE]
    scores = [Pipeline.from_bundle(folder, device="cpu").score(texts) for folder in (compact, whole)]
    for prediction, expected in zip(*scores, strict=True):
        assert prediction.probability == pytest.approx(expected.probability, abs=0.02)


def test_a_retriever_may_have_adapters_too(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained, adapters = adapted(checkpoints["safetensors"], retriever_layers=1)
    folder = save_tiny_hybrid(tmp_path / "b", trained, adapters=adapters)
    loaded = load_bundle(folder).weights.tensors
    name = "retriever.layers.0.output.dense.weight"
    assert torch.allclose(loaded[name], trained.network.state_dict()[name], atol=5e-3)


def test_adapters_may_be_smaller_than_the_rank_but_not_larger(compact: Path) -> None:
    stored = load_file(compact / "model.safetensors")
    a, b = adapter_names("shared.1.attention.self.key")
    smaller = {**stored, a: stored[a][:1].contiguous(), b: stored[b][:, :1].contiguous()}
    rewrite(compact, save(smaller))
    load_bundle(compact)
    rewrite(compact, save({**stored, a: torch.cat([stored[a], stored[a]])}))
    with pytest.raises(BundleError, match="lora_A"):
        load_bundle(compact)


@pytest.mark.parametrize("fault", ["missing", "unknown", "whole layer", "not finite"])
def test_damaged_adapters_are_named(compact: Path, fault: str) -> None:
    stored = load_file(compact / "model.safetensors")
    name = adapter_names("shared.0.output.dense")[1]
    if fault == "missing":
        del stored[name]
    elif fault == "unknown":
        name = adapter_names("shared.2.output.dense")[0]
        stored[name] = torch.zeros(RANK, 64)
    elif fault == "whole layer":
        name = "shared.0.output.dense.weight"
        stored[name] = torch.zeros(32, 64)
    else:
        stored[name][0] = torch.inf
    rewrite(compact, save(stored))
    with pytest.raises(BundleError, match=name):
        load_bundle(compact)


def test_adapters_of_another_network_are_not_saved(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained, adapters = adapted(checkpoints["safetensors"])
    fewer = dict(list(adapters.tensors.items())[2:])
    with pytest.raises(BundleError, match="do not fit"):
        save_tiny(tmp_path / "b", trained, adapters=TrainedAdapters(SECTION, fewer))
    assert not (tmp_path / "b").exists()


def test_layers_of_another_bundle_are_stored_between_the_encoder_and_what_was_trained(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    network = MultiTaskNetwork(deepcopy(encoder.model), frozen_layers=2, ptids=len(LABELS)).eval()
    with torch.no_grad():
        network.state_dict()["trunk.1.output.dense.weight"].add_(1)
    folder = save_tiny(tmp_path / "b", Trained(network, encoder), encoder_layers=1)
    config, stored = read_config(folder), load_file(folder / "model.safetensors")
    assert (config.frozen_layers, config.encoder_layers, config.base_layers) == (2, 1, 1)
    assert {name.split(".")[1] for name in stored if name.startswith("trunk.")} == {"1"}
    assert not any("layer.1." in name for name in load_file(folder / "trunk.safetensors"))
    loaded = load_bundle(folder).network.state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.allclose(loaded[name], tensor, atol=2e-3), name


def test_as_many_encoder_layers_as_frozen_ones_need_no_statement(
    trained: Trained, tiny_bundle: Path, tmp_path: Path
) -> None:
    folder = save_tiny(tmp_path / "b", trained, encoder_layers=trained.network.frozen_layers)
    assert read_config(folder) == read_config(tiny_bundle)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "encoder_layers": 1, "format_version": 6}))
    with pytest.raises(BundleError, match="encoder_layers"):
        load_bundle(folder)


def rewrite(folder: Path, weights: bytes) -> None:
    """Replace `model.safetensors` and its hash."""
    (folder / "model.safetensors").write_bytes(weights)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["files"]["model.safetensors"] = hashlib.sha256(weights).hexdigest()
    path.write_text(json.dumps(config))
