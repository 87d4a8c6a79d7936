"""Files and folders appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from models.disk import replace_folder, writing
from training.errors import RunError
from training.files import read_json, require_new_file, write_file, write_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder as training does."""
    with writing(folder, RunError):
        replace_folder(folder, files)


def interrupt_rename(monkeypatch: pytest.MonkeyPatch, *, at: int) -> None:
    """Raise KeyboardInterrupt at a rename, counted from 1."""
    rename, count = Path.rename, iter(range(1, 100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(count) == at:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)


def test_a_file_is_written_with_its_folders_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_json(path, {"é": 1})
    assert read_json(path) == {"é": 1}
    write_file(path, b"[]")
    assert read_json(path) == []
    assert names(path.parent) == ["file.json"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", {"a": b"1", "b": b"2"})
    write_folder(tmp_path / "out", {"b": b"3"})
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["b"]
    assert (tmp_path / "out" / "b").read_bytes() == b"3"


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_between_the_renames_loses_nothing(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "out", {"a": b"years of work"})
    with monkeypatch.context() as patched:
        interrupt_rename(patched, at=at)
        with pytest.raises(KeyboardInterrupt):
            write_folder(tmp_path / "out", {"a": b"new"})
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "a").read_bytes() == b"years of work"


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for write in (lambda path: write_file(path, b""), lambda path: write_folder(path, {"a": b""})):
        with pytest.raises(RunError, match="file/out"):
            write(tmp_path / "file" / "out")
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_reported_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "file", b"old")
    # The device that is always full stands for the disk.
    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: plain(Path("/dev/full"), mode.replace("x", "w")))
    for write in (
        lambda: write_file(tmp_path / "file", b"new"),
        lambda: write_folder(tmp_path / "folder", {"a": b"new"}),
    ):
        with pytest.raises(RunError, match="make room"):
            write()
    monkeypatch.undo()
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_broken_json_file_is_reported_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(RunError, match=r"state\.json cannot be read as JSON"):
        read_json(tmp_path / "state.json")
    assert read_json(tmp_path / "missing.json") is None


def test_a_file_is_replaced_only_with_overwrite_and_a_folder_never(tmp_path: Path) -> None:
    file = tmp_path / "file"
    require_new_file(file, overwrite=False)
    file.touch()
    require_new_file(file, overwrite=True)
    with pytest.raises(RunError, match="--overwrite"):
        require_new_file(file, overwrite=False)
    with pytest.raises(RunError, match="is a folder"):
        require_new_file(tmp_path, overwrite=True)
