"""Files and folders that are written completely, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from models.disk import (
    check_folder_writable,
    no_room_message,
    replace_file,
    replace_folder,
    require_replaceable,
    writing,
)


class WriteError(Exception):
    pass


def test_missing_parent_folders_are_made(tmp_path: Path) -> None:
    replace_folder(tmp_path / "runs" / "1" / "bundle", {"config.json": b"new"})
    check_folder_writable(tmp_path / "other" / "runs" / "bundle")
    assert (tmp_path / "runs" / "1" / "bundle" / "config.json").read_bytes() == b"new"


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    replace_file(tmp_path / "file", b"data")
    replace_folder(tmp_path / "bundle", {"config.json": b"new"})
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    replace_folder(tmp_path / "bundle-1", {"config.json": b"old"})
    (tmp_path / "current").symlink_to("bundle-1")
    replace_folder(tmp_path / "current", {"config.json": b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle-1", "current"]
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "bundle-1" / "config.json").read_bytes() == b"new"


def test_the_current_folder_can_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_folder(tmp_path / "bundle", {"config.json": b"old"})
    monkeypatch.chdir(tmp_path / "bundle")
    replace_folder(Path(), {"config.json": b"new"})
    assert (tmp_path / "bundle" / "config.json").read_bytes() == b"new"


@pytest.mark.parametrize("interrupted_rename", [1, 2])
def test_ctrl_c_between_the_renames_leaves_the_old_folder(
    interrupted_rename: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_folder(tmp_path / "bundle", {"config.json": b"old"})
    rename, count = Path.rename, iter(range(1, 100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(count) == interrupted_rename:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            replace_folder(tmp_path / "bundle", {"config.json": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (tmp_path / "bundle" / "config.json").read_bytes() == b"old"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file(tmp_path / "file", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_checking_a_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder_writable(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        check_folder_writable(tmp_path / "file" / "new")


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "out cannot be written (No space left on device): make room there, or choose another place",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied"),
            "out cannot be written (Permission denied): choose another place",
        ),
        (OSError("odd"), "out cannot be written (odd): choose another place"),
    ],
)
def test_an_error_names_the_path_the_cause_and_the_fix(cause: OSError, message: str) -> None:
    with pytest.raises(WriteError) as caught, writing(Path("out"), WriteError):
        raise cause
    assert str(caught.value) == message
    with writing(Path("out"), WriteError):
        pass


def require(folder: Path, *, overwrite: bool = False, names: Sequence[str] | None = None) -> None:
    require_replaceable(
        folder, kind="a report", marker="report.json", overwrite=overwrite, error=WriteError, names=names
    )


def test_a_missing_or_empty_folder_is_free(tmp_path: Path) -> None:
    require(tmp_path / "new")
    require(tmp_path)


def test_a_folder_of_the_same_kind_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    (tmp_path / "report.json").touch()
    with pytest.raises(WriteError, match=r"already holds a report.*overwrite"):
        require(tmp_path)
    require(tmp_path, overwrite=True)


def test_anything_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    for folder in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(WriteError, match="is not a report"):
            require(folder, overwrite=True)


def test_other_files_do_not_matter_if_only_some_names_are_written(tmp_path: Path) -> None:
    names = ["report.json", "errors.md"]
    (tmp_path / "thesis.txt").touch()
    require(tmp_path, names=names)
    (tmp_path / "errors.md").touch()
    with pytest.raises(WriteError, match=r"errors\.md and is not a report"):
        require(tmp_path, names=names, overwrite=True)
    (tmp_path / "report.json").touch()
    require(tmp_path, names=names, overwrite=True)
    with pytest.raises(WriteError, match="already holds a report"):
        require(tmp_path, names=names)


def test_a_full_disk_and_a_full_quota_are_explained_and_nothing_else() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "out.json")
    expected = "No space left on device for out.json: make room, and start the same command again"
    assert no_room_message(full) == expected
    assert no_room_message(OSError(errno.EDQUOT, "Disk quota exceeded")) is not None
    assert no_room_message(OSError(errno.EACCES, "Permission denied")) is None
