"""Writing files and folders as a whole: they are complete and on the disk, or they do not change."""

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
    """Write to a sibling, then rename it: a reader sees the old file or the new one.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write(new, data)
        new.replace(path)
        _sync_folder(path.parent)
    finally:
        with suppress(OSError):  # the disk may be read-only
            new.unlink()


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files to a sibling, then rename it: a reader sees the old folder or the new one.

    If `folder` is a symbolic link, its target is replaced and the link stays.

    Args:
        folder: of the files.
        files: contents by name; a name with a `/` lies in a subfolder.

    Raises:
        OSError: it cannot be written; the old folder is unchanged.
    """
    folder = folder.resolve()
    new, old = _siblings(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new.mkdir()
        for name, data in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            _write(new / name, data)
        for written in {new, *((new / name).parent for name in files)}:
            _sync_folder(written)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        _sync_folder(folder.parent)
    finally:
        # Ctrl-C may come between the two renames.
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check_folder_writable(folder: Path) -> None:
    """Check that `replace_folder` can write: create and remove the sibling that it writes to.

    Raises:
        OSError: it cannot.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, _ = _siblings(folder)
    new.mkdir()
    new.rmdir()


def no_room_message(error: OSError) -> str | None:
    """Return what happened and what to do if a disk or a quota is full; None for any other error."""
    if error.errno not in _NO_ROOM:
        return None
    place = f" for {error.filename}" if error.filename else ""
    return f"{error.strerror}{place}: make room, and start the same command again"


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
    suffix = secrets.token_hex(4)
    return folder.with_name(f".{folder.name}.{suffix}.new"), folder.with_name(f".{folder.name}.{suffix}.old")


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
