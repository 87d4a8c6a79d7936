"""A bundle's folder appears whole or not at all."""

from pathlib import Path

import pytest

from models.bundle.writing import write_folder


def test_a_link_to_a_bundle_stays_a_link(tmp_path: Path) -> None:
    write_folder(tmp_path / "bundle-1", {"config.json": b"old"})
    (tmp_path / "current").symlink_to("bundle-1")
    write_folder(tmp_path / "current", {"config.json": b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle-1", "current"]
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "bundle-1" / "config.json").read_bytes() == b"new"


def test_the_folder_that_one_is_in_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "bundle", {"config.json": b"old"})
    monkeypatch.chdir(tmp_path / "bundle")
    write_folder(Path(), {"config.json": b"new"})
    assert (tmp_path / "bundle" / "config.json").read_bytes() == b"new"


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_between_the_renames_leaves_the_old_bundle(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "bundle", {"config.json": b"old"})
    rename, count = Path.rename, iter(range(1, 100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(count) == at:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_folder(tmp_path / "bundle", {"config.json": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (tmp_path / "bundle" / "config.json").read_bytes() == b"old"
