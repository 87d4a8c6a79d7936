"""Setting the MedDRA release of a bundle with a retriever."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import models.disk
from models import BundleError, load_bundle
from models.bundle import read_config, revise_bundle, set_terminology
from models.scoring import make_span_reader
from models.terminology import Llt, Terminology

RELEASE = Terminology(
    {"90000001": "Nausea", "90000004": "Dizziness", "90000003": "Insomnia", "5": "Dry mouth"},
    (Llt("90000002", "Headache", "90000001", True), Llt("51", "Mouth is dry", "5", True)),
    version="99.0",
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_release(bundle: Path, terminology: Terminology = RELEASE, out: Path | None = None) -> Any:
    loaded = load_bundle(bundle)
    return set_terminology(loaded, terminology, make_span_reader(loaded, torch.device("cpu")), out=out)


def test_a_new_release_changes_names_and_config_but_no_weights(hybrid: Path) -> None:
    before = contents(hybrid)
    change = with_release(hybrid)
    after = contents(hybrid)
    assert after.keys() == before.keys() | {"terminology.json.gz"}
    assert {name for name in before if before[name] != after[name]} == {
        "config.json",
        "names.safetensors",
        "README.md",
        "SHA256SUMS",
    }
    loaded = load_bundle(hybrid)
    assert (change.after, change.before != change.after) == (loaded.version, True)
    assert loaded.config.retrieval is not None
    assert loaded.config.retrieval.release == "99.0"
    assert load_file(hybrid / "names.safetensors")["vectors"].dtype == torch.float16
    assert loaded.dictionary is not None
    assert loaded.dictionary.terminology == RELEASE
    assert [label.pt_name for label in change.missing] == []
    assert [(old.pt_name, new.pt_name) for old, new in change.moved] == [("Headache", "Nausea")]


def test_labels_that_the_release_lacks_are_reported(hybrid: Path) -> None:
    change = with_release(hybrid, Terminology({"90000001": "Nausea"}))
    assert [label.pt_name for label in change.missing] == ["Headache", "Insomnia", "Dizziness"]
    retrieval = read_config(hybrid).retrieval
    assert retrieval is not None
    assert retrieval.release == ""


def test_the_same_release_gives_the_same_version_and_another_replaces_it(hybrid: Path) -> None:
    first = with_release(hybrid)
    assert with_release(hybrid).after == first.after
    assert with_release(hybrid, Terminology({"1": "Rash"})).after != first.after
    loaded = load_bundle(hybrid)
    assert loaded.dictionary is not None
    assert loaded.dictionary.index.names.names == ("Rash",)


def test_a_copy_leaves_the_bundle_unchanged(hybrid: Path, tmp_path: Path) -> None:
    before = contents(hybrid)
    with_release(hybrid, out=tmp_path / "copy")
    assert contents(hybrid) == before
    assert load_bundle(tmp_path / "copy").version != load_bundle(hybrid).version
    with pytest.raises(BundleError, match="already exists"):
        with_release(hybrid, out=tmp_path / "copy")


def test_ctrl_c_leaves_the_bundle_unchanged(hybrid: Path) -> None:
    before = contents(hybrid)
    loaded = load_bundle(hybrid)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        set_terminology(loaded, RELEASE, make_span_reader(loaded, torch.device("cpu")), advance=stop)
    assert contents(hybrid) == before
    assert [path.name for path in hybrid.parent.iterdir()] == ["hybrid"]


def test_a_bundle_that_changed_since_it_was_loaded_is_not_overwritten(hybrid: Path) -> None:
    loaded = load_bundle(hybrid)
    revise_bundle(hybrid, choice="retrieval")
    before = contents(hybrid)
    with pytest.raises(BundleError, match="changed by another program"):
        set_terminology(loaded, RELEASE, make_span_reader(loaded, torch.device("cpu")))
    assert contents(hybrid) == before


def test_an_invalid_folder_for_the_copy_fails_before_any_vector_is_computed(
    hybrid: Path, tmp_path: Path
) -> None:
    loaded = load_bundle(hybrid)
    (tmp_path / "file").touch()
    embedded: list[int] = []
    for out in (tmp_path / "file" / "copy", hybrid / "copy"):
        with pytest.raises(BundleError, match="copy"):
            set_terminology(
                loaded,
                RELEASE,
                make_span_reader(loaded, torch.device("cpu")),
                out=out,
                advance=embedded.append,
            )
    assert not embedded
    load_bundle(hybrid)


def test_a_full_disk_leaves_the_bundle_unchanged(hybrid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = contents(hybrid), models.disk._write

    def write_to_full_disk(path: Path, data: bytes) -> None:
        if path.name == "names.safetensors":
            write(path, data[:100])
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr("models.disk._write", write_to_full_disk)
    with pytest.raises(BundleError, match="No space left"):
        with_release(hybrid)
    assert contents(hybrid) == before
    assert [path.name for path in hybrid.parent.iterdir()] == ["hybrid"]


def test_a_bundle_without_a_retriever_is_refused(bundle_copy: Path) -> None:
    with pytest.raises(BundleError, match="no retriever"):
        with_release(bundle_copy)


@pytest.mark.parametrize("name", ["names.safetensors", "terminology.json.gz"])
def test_a_damaged_or_missing_file_is_named(hybrid: Path, name: str) -> None:
    with_release(hybrid)
    content_before = (hybrid / name).read_bytes()
    (hybrid / name).write_bytes(content_before[:-1])
    with pytest.raises(BundleError, match=name):
        load_bundle(hybrid)
    (hybrid / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(hybrid)


def test_vectors_of_other_names_are_refused(hybrid: Path, tmp_path: Path) -> None:
    """The hash is right, but the vectors belong to another dictionary."""
    with_release(hybrid, out=tmp_path / "other")
    data = (tmp_path / "other" / "names.safetensors").read_bytes()
    (hybrid / "names.safetensors").write_bytes(data)
    document = json.loads((hybrid / "config.json").read_bytes())
    document["files"]["names.safetensors"] = hashlib.sha256(data).hexdigest()
    (hybrid / "config.json").write_text(json.dumps(document))
    with pytest.raises(BundleError, match=r"names\.safetensors.*labels\.json"):
        load_bundle(hybrid)
