"""Saving a bundle, and loading what was saved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from models import BundleError, ModelError, TrunkError, load_bundle
from models.bundle import Options, Thresholds
from models.normalizer import Labels
from tests.tiny import LABELS, Layout, Trained, save_tiny, train_tiny, write_checkpoint


def test_a_saved_bundle_loads_with_the_same_content(tiny_bundle: Path, trained: Trained) -> None:
    bundle = load_bundle(tiny_bundle)
    assert bundle.labels == LABELS
    assert bundle.config.thresholds == Thresholds(classifier=0.5, normalizer=0.3)
    for name, tensor in trained.network.trained_state().items():
        assert torch.equal(bundle.network.trained_state()[name], tensor.half().float())
    assert bundle.tokenizer.get_vocab() == trained.encoder.tokenizer.get_vocab()
    assert not bundle.network.training


def test_a_bundle_has_the_documented_files_and_weights_in_half_precision(tiny_bundle: Path) -> None:
    assert {path.name for path in tiny_bundle.iterdir()} == {
        "config.json",
        "labels.json",
        "model.safetensors",
        "metrics.json",
        "README.md",
        "trunk.safetensors",
        "tokenizer.json",
        "SHA256SUMS",
    }
    weights = load_file(tiny_bundle / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    assert not any(name.startswith(("embeddings", "trunk")) for name in weights)


def test_a_bundle_with_its_trunk_can_be_moved(tiny_bundle: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tiny_bundle, tmp_path / "elsewhere")
    assert load_bundle(moved).version == load_bundle(tiny_bundle).version
    assert str(tmp_path.parent) not in (moved / "config.json").read_text()


def test_a_trunk_with_safetensors_may_stay_outside_the_bundle(
    trained: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = save_tiny(tmp_path / "b", trained, carry_trunk=False)
    assert not (folder / "trunk.safetensors").exists()
    assert load_bundle(folder).config.encoder == str(checkpoints["safetensors"])
    elsewhere = shutil.copytree(checkpoints["safetensors"], tmp_path / "encoder")
    assert load_bundle(folder, trunk=elsewhere).version == load_bundle(folder).version


def test_a_pickled_trunk_is_never_loaded(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained = train_tiny(checkpoints["biobert"], steps=1)
    assert load_bundle(save_tiny(tmp_path / "carried", trained)).config.carries_trunk
    with pytest.raises(TrunkError, match="pickle"):
        load_bundle(save_tiny(tmp_path / "not-carried", trained, carry_trunk=False))


def test_the_version_depends_on_the_content_alone(
    trained: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    def version(name: str, network: Trained = trained, **changes: Any) -> str:
        return load_bundle(save_tiny(tmp_path / name, network, **changes)).version

    first = version("first")
    assert first.startswith("tiny-")
    assert len(first.removeprefix("tiny-")) == 16
    assert first == version("again") == version("card", card="# other", metrics={"f1": 0.0})
    others = {
        version("threshold", thresholds=Thresholds(classifier=0.6)),
        version("option", options=Options(context=True)),
        version("label", labels=Labels.of([(str(n), f"PT {n}") for n in range(len(LABELS))])),
        version("weights", train_tiny(checkpoints["safetensors"], steps=2)),
        version("cut", max_tokens=40),
    }
    assert first not in others
    assert len(others) == 5


def test_an_existing_bundle_is_replaced_only_with_overwrite(trained: Trained, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "b", trained)
    with pytest.raises(BundleError, match="overwrite"):
        save_tiny(folder, trained, card="# new")
    assert "new" not in (folder / "README.md").read_text()
    save_tiny(folder, trained, card="# new", overwrite=True)
    assert "new" in (folder / "README.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_folder_that_is_not_a_bundle_is_never_replaced(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="not a bundle"):
        save_tiny(tmp_path / "home", trained, overwrite=True)
    assert (tmp_path / "home" / "thesis.txt").exists()


def test_a_failed_save_leaves_nothing_behind(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save_tiny(tmp_path / "b", trained, metrics={"not": {"a", "set"}})
    with pytest.raises(BundleError, match="labels"):
        save_tiny(tmp_path / "b", trained, labels=Labels.of([("1", "one")]))
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        save_tiny(tmp_path / "file" / "b", trained)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_weights_too_large_for_half_precision_are_refused(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    trained = train_tiny(checkpoints["safetensors"], steps=1)
    with torch.no_grad():
        trained.network.classifier.bias[0] = 1e6
    with pytest.raises(BundleError, match=r"classifier\.bias"):
        save_tiny(tmp_path / "b", trained)


def test_another_encoder_is_not_accepted_as_the_trunk(
    tiny_bundle: Path, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    with pytest.raises(TrunkError, match="another trunk"):
        load_bundle(tiny_bundle, trunk=write_checkpoint(tmp_path / "other", seed=1))
    with pytest.raises(TrunkError, match="another trunk"):
        load_bundle(tiny_bundle, trunk=_cased(checkpoints["prefixed"], tmp_path / "cased"))
    # The names of the files do not matter, only their content.
    assert load_bundle(tiny_bundle, trunk=checkpoints["prefixed"])


def _cased(checkpoint: Path, folder: Path) -> Path:
    shutil.copytree(checkpoint, folder)
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    return folder


def test_a_bundle_loads_without_its_card_and_metrics(bundle_copy: Path) -> None:
    (bundle_copy / "README.md").unlink()
    (bundle_copy / "metrics.json").write_text("broken")
    assert load_bundle(bundle_copy)


def test_bundle_and_trunk_errors_are_model_errors() -> None:
    assert issubclass(BundleError, ModelError)
    assert issubclass(TrunkError, ModelError)
