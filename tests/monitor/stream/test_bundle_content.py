"""What the folder of a bundle has: another config is another bundle, other files are a copy under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.stream.bundle_content import BundleContent, read_content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "second").mkdir(parents=True)
    (folder / "config.json").write_text('{"name": "first"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "second" / "model.safetensors").write_bytes(b"more weights")
    return folder


def content_of_folder(folder: Path) -> BundleContent:
    content = read_content(str(folder))
    assert content is not None
    return content


def test_nothing_differs_without_a_change(folder: Path) -> None:
    assert content_of_folder(folder) == content_of_folder(folder)


def test_another_config_is_another_bundle(folder: Path) -> None:
    before = content_of_folder(folder)
    (folder / "config.json").write_text('{"name": "other"}')
    assert not content_of_folder(folder).is_same_bundle(before)


@pytest.mark.parametrize("name", ["model.safetensors", "second/model.safetensors", "README.md"])
def test_other_files_are_the_same_bundle_in_another_state(folder: Path, name: str) -> None:
    before = content_of_folder(folder)
    (folder / name).write_bytes(b"something else")
    after = content_of_folder(folder)
    assert after.is_same_bundle(before)
    assert after != before


def test_a_link_that_points_elsewhere_is_another_bundle(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text('{"name": "other"}')
    link = tmp_path / "current"
    link.symlink_to(folder)
    before = content_of_folder(link)
    assert before.is_same_bundle(content_of_folder(folder))
    link.unlink()
    link.symlink_to(other)
    assert not content_of_folder(link).is_same_bundle(before)


def test_a_folder_that_is_gone_differs_from_all_others_and_raises_nothing(folder: Path) -> None:
    missing = content_of_folder(folder.with_name("gone"))
    assert not missing.is_same_bundle(content_of_folder(folder))
    assert missing == content_of_folder(folder.with_name("gone"))


def test_a_config_that_cannot_be_read_differs_and_raises_nothing(folder: Path) -> None:
    before = content_of_folder(folder)
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    assert not content_of_folder(folder).is_same_bundle(before)


def test_the_dummy_has_no_content() -> None:
    assert read_content("dummy") is None
    assert read_content("dummy:0.5") is None


def test_a_bundle_of_the_package_has_content() -> None:
    assert read_content("default") is not None
