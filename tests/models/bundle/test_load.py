"""Loading damaged bundles: the error names the file and what is wrong with it."""

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

from models import BundleError, TrunkError, load_bundle
from tests.tiny import write_checkpoint


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def rewrite(folder: Path, name: str, data: bytes) -> None:
    """Replace a file and its hash, as a faulty tool would do; damage would change only the file."""
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
    "labels that are not JSON": (lambda f: rewrite(f, "labels.json", b"[{"), ("labels.json",)),
    "labels without names": (lambda f: rewrite(f, "labels.json", b'[{"ptid": "1"}]'), ("pt_name",)),
    "a repeated label": (
        lambda f: rewrite(f, "labels.json", json.dumps([{"ptid": "7", "pt_name": "x"}] * 4).encode()),
        ("labels.json", "7"),
    ),
    "another file as tokenizer": (lambda f: rewrite(f, "tokenizer.json", b"{}"), ("tokenizer.json",)),
    "a config that is not JSON": (lambda f: (f / "config.json").write_text("{,"), ("config.json", "JSON")),
    "a config that is nested too deeply": (
        lambda f: (f / "config.json").write_text("[" * 100_000),
        ("config.json", "JSON"),
    ),
    "a tensor of 8-bit floats": (
        tensors(lambda s: s.update({"classifier.bias": torch.full((2,), torch.nan).to(torch.float8_e4m3fn)})),
        ("model.safetensors", "classifier.bias"),
    ),
    "a config that is a list": (lambda f: (f / "config.json").write_text("[]"), ("config.json",)),
    "a config that is not UTF-8": (lambda f: (f / "config.json").write_bytes(b"\xff"), ("config.json",)),
    "a newer format": (lambda f: edit_config(f, format_version=7), ("config.json", "7", "upgrade")),
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
def test_the_error_names_the_file_and_the_fault(bundle_copy: Path, fault: str) -> None:
    damage, fragments = FAULTS[fault]
    damage(bundle_copy)
    with pytest.raises((BundleError, TrunkError)) as caught:
        load_bundle(bundle_copy)
    for fragment in (*fragments, str(bundle_copy.parent)):
        assert fragment in str(caught.value)


def test_an_unreadable_file_is_named(bundle_copy: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can read every file")
    (bundle_copy / "labels.json").chmod(0)
    with pytest.raises(BundleError, match=r"labels\.json"):
        load_bundle(bundle_copy)


def test_any_flipped_byte_of_the_weights_is_detected(bundle_copy: Path) -> None:
    path = bundle_copy / "model.safetensors"
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with pytest.raises(BundleError, match="SHA-256"):
            load_bundle(bundle_copy)


def test_the_error_names_three_problems_of_the_config_and_the_number_of_others(bundle_copy: Path) -> None:
    edit_config(bundle_copy, name="", max_tokens=0, frozen_layers=-1, dropout=2, encoder="")
    with pytest.raises(BundleError, match=r"config\.json.*name: .*; and 2 more$"):
        load_bundle(bundle_copy)


def test_an_encoder_with_another_number_of_layers_is_named(bundle_copy: Path, tmp_path: Path) -> None:
    """Its frozen layers are the same, so only its config tells."""
    encoder = write_checkpoint(tmp_path / "encoder")
    config = json.loads((encoder / "config.json").read_text())
    layers = config["num_hidden_layers"]
    (encoder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": layers + 1}))
    with pytest.raises(TrunkError, match=f"has {layers + 1} layers instead of {layers}"):
        load_bundle(bundle_copy, trunk=encoder)
