"""SHA256SUMS covers all files of a bundle, and every change of a bundle keeps it right."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from models import BundleError
from models.bundle import Thresholds, changed_files, load_bundle, revise_bundle, set_languages
from models.bundle.checksums import CHECKSUMS_FILE, refresh_checksums, with_checksums


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


def listed(folder: Path) -> set[str]:
    return {line.partition("  ")[2] for line in (folder / CHECKSUMS_FILE).read_text().splitlines()}


def test_a_new_bundle_lists_all_its_files_and_none_is_changed(bundle: Path) -> None:
    assert listed(bundle) == {path.name for path in bundle.iterdir()} - {CHECKSUMS_FILE}
    assert changed_files(bundle) == []


def test_sha256sum_agrees(bundle: Path) -> None:
    subprocess.run(["sha256sum", "-c", "--strict", CHECKSUMS_FILE], cwd=bundle, check=True, timeout=60)


@pytest.mark.parametrize("name", ["metrics.json", "README.md", "labels.json"])
def test_a_changed_or_removed_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).write_text("something else")
    assert changed_files(bundle) == [name]
    (bundle / name).unlink()
    assert changed_files(bundle) == [name]


def test_changed_metrics_and_card_do_not_stop_a_bundle_from_loading(bundle: Path) -> None:
    version = load_bundle(bundle).version
    (bundle / "README.md").write_text("something else")
    (bundle / "metrics.json").write_text("{}")
    assert load_bundle(bundle).version == version


def test_a_bundle_without_the_file_is_as_before(bundle: Path) -> None:
    (bundle / CHECKSUMS_FILE).unlink()
    (bundle / "README.md").write_text("something else")
    assert changed_files(bundle) == []
    refresh_checksums(bundle, {"README.md": b"something else"})
    assert not (bundle / CHECKSUMS_FILE).exists()
    load_bundle(bundle)


@pytest.mark.parametrize(
    "content",
    ["no hash", "0" * 64, f"{'0' * 64}  ../outside", f"{'0' * 64}  /etc/hostname", f"{'0' * 63}  a"],
    ids=["text", "no name", "above", "absolute", "short"],
)
def test_a_damaged_list_counts_as_changed_itself(bundle: Path, content: str) -> None:
    (bundle / CHECKSUMS_FILE).write_text(content)
    assert changed_files(bundle) == [CHECKSUMS_FILE]
    with pytest.raises(BundleError, match="SHA256SUMS is damaged"):
        refresh_checksums(bundle, {})


def test_every_revision_keeps_the_list_right(bundle: Path, tmp_path: Path) -> None:
    revise_bundle(bundle, thresholds=Thresholds(classifier=0.4, normalizer=0.2), metrics={"f1": 0.5})
    assert changed_files(bundle) == []
    set_languages(bundle, ["en"])
    assert changed_files(bundle) == []
    revise_bundle(bundle, metrics={"f1": 0.6}, out=tmp_path / "copy")
    assert changed_files(tmp_path / "copy") == []


def test_files_of_a_second_reader_are_listed_with_their_folder() -> None:
    files = with_checksums({"config.json": b"1", "second/config.json": b"2", CHECKSUMS_FILE: b"an old list"})
    names = [line.partition("  ")[2] for line in files[CHECKSUMS_FILE].decode().splitlines()]
    assert names == ["config.json", "second/config.json"]
