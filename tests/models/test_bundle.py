"""Bundles: written whole, read suspiciously."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from models import BundleError, ModelError, TrunkError, load_bundle
from models.bundle import Options, Thresholds
from models.labels import Labels
from tests.tiny import LABELS, Layout, Trained, save_tiny, train_tiny, write_checkpoint


def test_what_was_saved_is_loaded(tiny_bundle: Path, trained: Trained) -> None:
    bundle = load_bundle(tiny_bundle)
    assert bundle.labels == LABELS
    assert bundle.config.thresholds == Thresholds(classifier=0.5, normalizer=0.3)
    for name, tensor in trained.network.trained_state().items():
        assert torch.equal(bundle.network.trained_state()[name], tensor.half().float())
    assert bundle.tokenizer.get_vocab() == trained.encoder.tokenizer.get_vocab()
    assert not bundle.network.training


def test_the_files_are_those_that_are_documented_and_the_weights_are_halved(tiny_bundle: Path) -> None:
    assert {path.name for path in tiny_bundle.iterdir()} == {
        "config.json",
        "labels.json",
        "model.safetensors",
        "metrics.json",
        "README.md",
        "trunk.safetensors",
        "tokenizer.json",
    }
    weights = load_file(tiny_bundle / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    assert not any(name.startswith(("embeddings", "trunk")) for name in weights)


def test_a_bundle_moves_with_its_trunk(tiny_bundle: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tiny_bundle, tmp_path / "elsewhere")
    assert load_bundle(moved).version == load_bundle(tiny_bundle).version
    assert str(tmp_path.parent) not in (moved / "config.json").read_text()


def test_the_trunk_stays_with_its_source_where_that_can_be_read_safely(
    trained: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = save_tiny(tmp_path / "b", trained, carry_trunk=False)
    assert not (folder / "trunk.safetensors").exists()
    assert load_bundle(folder).config.encoder == str(checkpoints["safetensors"])
    elsewhere = shutil.copytree(checkpoints["safetensors"], tmp_path / "encoder")
    assert load_bundle(folder, trunk=elsewhere).version == load_bundle(folder).version


def test_a_bundle_never_loads_a_pickled_trunk(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained = train_tiny(checkpoints["biobert"], steps=1)
    assert load_bundle(save_tiny(tmp_path / "carried", trained)).config.carries_trunk
    with pytest.raises(TrunkError, match="pickle"):
        load_bundle(save_tiny(tmp_path / "not-carried", trained, carry_trunk=False))


def test_the_version_is_that_of_the_content(
    trained: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    def version(name: str, one: Trained = trained, **changes: Any) -> str:
        return load_bundle(save_tiny(tmp_path / name, one, **changes)).version

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


def test_a_bundle_is_only_replaced_when_told(trained: Trained, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "b", trained)
    with pytest.raises(BundleError, match="overwrite"):
        save_tiny(folder, trained, card="# new")
    assert "new" not in (folder / "README.md").read_text()
    save_tiny(folder, trained, card="# new", overwrite=True)
    assert "new" in (folder / "README.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_what_is_no_bundle_is_never_replaced(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="no bundle"):
        save_tiny(tmp_path / "home", trained, overwrite=True)
    assert (tmp_path / "home" / "thesis.txt").exists()


def test_a_bundle_that_cannot_be_written_leaves_nothing_behind(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save_tiny(tmp_path / "b", trained, metrics={"not": {"a", "set"}})
    with pytest.raises(BundleError, match="labels"):
        save_tiny(tmp_path / "b", trained, labels=Labels.of([("1", "one")]))
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        save_tiny(tmp_path / "file" / "b", trained)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_weights_that_overflow_half_precision_are_refused(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    trained = train_tiny(checkpoints["safetensors"], steps=1)
    with torch.no_grad():
        trained.network.classifier.bias[0] = 1e6
    with pytest.raises(BundleError, match=r"classifier\.bias"):
        save_tiny(tmp_path / "b", trained)


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def rewrite(folder: Path, name: str, data: bytes) -> None:
    """Replace a file together with its hash, as a wrong tool would, not as damage does."""
    (folder / name).write_bytes(data)
    files = json.loads((folder / "config.json").read_text())["files"]
    edit_config(folder, files={**files, name: hashlib.sha256(data).hexdigest()})


def flip(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)


def truncate(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-5])


def tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        state = load_file(folder / "model.safetensors")
        change(state)
        rewrite(folder, "model.safetensors", save(state))

    return damage


def relabel(count: int) -> Callable[[Path], None]:
    labels = [{"ptid": str(n), "pt_name": "x"} for n in range(count)]
    return lambda folder: rewrite(folder, "labels.json", json.dumps(labels).encode())


def link(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)


FAULTS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "no folder": (shutil.rmtree, ("does not exist",)),
    "an empty folder": (lambda f: [path.unlink() for path in f.iterdir()], ("config.json",)),
    **{
        f"no {name}": ((lambda f, n=name: (f / n).unlink()), (name,))
        for name in ("config.json", "labels.json", "model.safetensors", "trunk.safetensors", "tokenizer.json")
    },
    **{
        f"a flipped byte in {name}": ((lambda f, n=name: flip(f, n)), (name, "SHA-256"))
        for name in ("labels.json", "model.safetensors", "trunk.safetensors", "tokenizer.json")
    },
    "a folder in place of a file": (
        lambda f: ((f / "labels.json").unlink(), (f / "labels.json").mkdir()),
        ("labels.json",),
    ),
    "truncated weights": (lambda f: truncate(f, "model.safetensors"), ("model.safetensors",)),
    "truncated weights with a hash that fits": (
        lambda f: rewrite(f, "model.safetensors", (f / "model.safetensors").read_bytes()[:-5]),
        ("model.safetensors", "safetensors format"),
    ),
    "weights that are a pickle": (
        lambda f: rewrite(f, "model.safetensors", b"\x80\x04\x95\x00."),
        ("model.safetensors", "safetensors format"),
    ),
    "a missing tensor": (
        tensors(lambda s: s.pop("classifier.bias")),
        ("model.safetensors", "classifier.bias"),
    ),
    "an unknown tensor": (
        tensors(lambda s: s.update(extra=torch.zeros(1))),
        ("model.safetensors", "extra"),
    ),
    "a tensor of another shape": (
        tensors(lambda s: s.update({"extractor.weight": torch.zeros(2, 3)})),
        ("model.safetensors", "extractor.weight", "[2, 3]"),
    ),
    "a tensor of integers": (
        tensors(lambda s: s.update({"classifier.bias": torch.zeros(2, dtype=torch.int64)})),
        ("model.safetensors", "classifier.bias"),
    ),
    "a tensor that is not a number": (
        tensors(lambda s: s.update({"classifier.bias": torch.full((2,), torch.nan)})),
        ("model.safetensors", "classifier.bias"),
    ),
    "too few labels": (relabel(2), ("labels.json", "2 labels", "4 outputs")),
    "too many labels": (relabel(9), ("labels.json", "9 labels", "4 outputs")),
    "no labels": (relabel(0), ("labels.json",)),
    "labels that are no JSON": (lambda f: rewrite(f, "labels.json", b"[{"), ("labels.json",)),
    "labels without names": (lambda f: rewrite(f, "labels.json", b'[{"ptid": "1"}]'), ("pt_name",)),
    "a label twice": (
        lambda f: rewrite(f, "labels.json", json.dumps([{"ptid": "7", "pt_name": "x"}] * 4).encode()),
        ("labels.json", "7"),
    ),
    "a tokenizer that is none": (lambda f: rewrite(f, "tokenizer.json", b"{}"), ("tokenizer.json",)),
    "a config that is no JSON": (lambda f: (f / "config.json").write_text("{,"), ("config.json", "JSON")),
    "a config that is nested without end": (
        lambda f: (f / "config.json").write_text("[" * 100_000),
        ("config.json", "JSON"),
    ),
    "a tensor of a quarter of a float": (
        tensors(lambda s: s.update({"classifier.bias": torch.full((2,), torch.nan).to(torch.float8_e4m3fn)})),
        ("model.safetensors", "classifier.bias"),
    ),
    "a config that is a list": (lambda f: (f / "config.json").write_text("[]"), ("config.json",)),
    "a config that is not UTF-8": (lambda f: (f / "config.json").write_bytes(b"\xff"), ("config.json",)),
    "a newer format": (lambda f: edit_config(f, format_version=4), ("config.json", "4", "upgrade")),
    "an unknown key": (lambda f: edit_config(f, surprise=1), ("config.json", "surprise")),
    "a threshold over one": (
        lambda f: edit_config(f, thresholds={"classifier": 1.5, "normalizer": 0}),
        ("config.json", "thresholds.classifier"),
    ),
    "more tokens than positions": (lambda f: edit_config(f, max_tokens=65), ("max_tokens", "64 positions")),
    "more frozen layers than there are": (lambda f: edit_config(f, frozen_layers=4), ("frozen_layers",)),
    "other frozen layers": (lambda f: edit_config(f, frozen_layers=2), ("trunk.safetensors", "layer.1")),
    "a trunk of another digest": (lambda f: edit_config(f, trunk_digest="0" * 64), ("trained on",)),
    "a path out of the bundle": (
        lambda f: edit_config(f, files={"../labels.json": "0" * 64}),
        ("config.json", "files"),
    ),
    "an absolute path": (
        lambda f: edit_config(f, files={"/etc/passwd": "0" * 64}),
        ("config.json", "files"),
    ),
    **{
        f"a link in place of {name}": ((lambda f, n=name: link(f, n)), (name, "symbolic link"))
        for name in ("config.json", "labels.json", "model.safetensors")
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_by_file_and_kind(own_bundle: Path, fault: str) -> None:
    damage, told = FAULTS[fault]
    damage(own_bundle)
    with pytest.raises((BundleError, TrunkError)) as caught:
        load_bundle(own_bundle)
    for fragment in (*told, str(own_bundle.parent)):
        assert fragment in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(own_bundle: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (own_bundle / "labels.json").chmod(0)
    with pytest.raises(BundleError, match=r"labels\.json"):
        load_bundle(own_bundle)


def test_any_flipped_byte_of_the_weights_is_noticed(own_bundle: Path) -> None:
    path = own_bundle / "model.safetensors"
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with pytest.raises(BundleError, match="SHA-256"):
            load_bundle(own_bundle)


def test_another_encoder_under_the_bundle_is_noticed(
    tiny_bundle: Path, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    with pytest.raises(TrunkError, match="another trunk"):
        load_bundle(tiny_bundle, trunk=write_checkpoint(tmp_path / "other", seed=1))
    with pytest.raises(TrunkError, match="another trunk"):
        load_bundle(tiny_bundle, trunk=_cased(checkpoints["prefixed"], tmp_path / "cased"))
    # The layout of the files does not matter, what they hold does.
    assert load_bundle(tiny_bundle, trunk=checkpoints["prefixed"])


def _cased(checkpoint: Path, folder: Path) -> Path:
    shutil.copytree(checkpoint, folder)
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    return folder


def test_card_and_metrics_are_for_people_and_not_needed(own_bundle: Path) -> None:
    (own_bundle / "README.md").unlink()
    (own_bundle / "metrics.json").write_text("broken")
    assert load_bundle(own_bundle)


def test_all_errors_are_model_errors() -> None:
    assert issubclass(BundleError, ModelError)
    assert issubclass(TrunkError, ModelError)
