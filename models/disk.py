"""Files and folders that appear whole, and on the disk, or not at all; what goes wrong is an OSError."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


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


def check_folder_writable(folder: Path) -> None:
    """Make what `replace_folder` makes first, and take it away again.

    Raises:
        OSError: it cannot be written there.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, _ = _siblings(folder)
    fresh.mkdir()
    fresh.rmdir()


@contextmanager
def writing(path: Path, error: type[Exception]) -> Iterator[None]:
    """Turn an OSError of the block into `error`, with a message that names the path, the cause and the fix.

    Args:
        path: what the block writes.
        error: made of the message alone.
    """
    try:
        yield
    except OSError as cause:
        fix = (
            "make room there, or choose another place" if cause.errno in _NO_ROOM else "choose another place"
        )
        raise error(f"{path} cannot be written ({cause.strerror or cause}): {fix}") from cause


def require_replaceable(
    folder: Path,
    *,
    kind: str,
    marker: str,
    overwrite: bool,
    error: type[Exception],
    names: Collection[str] | None = None,
    how_to_overwrite: str = "overwrite it",
) -> None:
    """Refuse to write a folder over anything that would be lost.

    Args:
        folder: where a folder is to be written; free if nothing or an empty folder is there.
        kind: what the new folder is, with its article, such as "a bundle".
        marker: name of a file that every folder of this kind has, and no other folder.
        overwrite: whether a folder of this kind may be replaced.
        error: raised, made of the message alone.
        names: files that are to be written; by default the whole folder is replaced.
        how_to_overwrite: end of the message about a folder that `overwrite` would replace.

    Raises:
        Exception: `error`: a file is there, or something that is not of this kind, or that must stay.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise error(f"{folder} already exists and is not {kind}: choose another folder")
    present = sorted(path.name for path in folder.iterdir() if names is None or path.name in names)
    if not present:
        return
    if marker not in present or not (folder / marker).is_file():
        raise error(f"{folder} already holds {present[0]} and is not {kind}: choose another folder")
    if not overwrite:
        raise error(f"{folder} already holds {kind}: choose another folder, or {how_to_overwrite}")


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
