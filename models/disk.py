"""Files and folders that appear whole, and on the disk, or not at all; what goes wrong is an OSError."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write to a sibling, then rename: a reader sees the old file or the new one.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write(fresh, data)
        fresh.replace(path)
        _sync_folder(path.parent)
    finally:
        with suppress(OSError):  # also where the disk can only be read
            fresh.unlink()


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files to a sibling, then rename: a reader sees the old folder or the new one.

    Where `folder` is a symbolic link, the folder that it leads to is replaced, and the link stays.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    folder = folder.resolve()
    fresh, stale = _siblings(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            _write(fresh / name, data)
        _sync_folder(fresh)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
        _sync_folder(folder.parent)
    finally:
        # Also where Ctrl-C comes between the two renames.
        if stale.exists() and not folder.exists():
            stale.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def try_folder(folder: Path) -> None:
    """Make what `replace_folder` makes first, and take it away again.

    Raises:
        OSError: it cannot be written there.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, _ = _siblings(folder)
    fresh.mkdir()
    fresh.rmdir()


def _siblings(folder: Path) -> tuple[Path, Path]:
    mark = secrets.token_hex(4)
    return folder.with_name(f".{folder.name}.{mark}.new"), folder.with_name(f".{folder.name}.{mark}.old")


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
