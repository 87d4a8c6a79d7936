"""Files with the text of posts: only their owner may read them, also if the file was there before.

A user who can read an existing file could read what is added to it. So its permissions are narrowed first.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final, TextIO

OWNER_ONLY: Final = 0o600
"""The permissions of a file with text of posts."""

_OTHERS: Final = 0o077


def open_private(path: Path, *, append: bool = False) -> TextIO:
    """Open a file for writing in UTF-8 that only its owner can read; it is created if it is missing.

    Pipes, terminals and devices are opened as they are.

    Args:
        path: of the file; a symbolic link is followed.
        append: add to an existing file; by default its content is replaced.

    Raises:
        OSError: the file cannot be opened, or it belongs to another user and is not private. It is unchanged
            then.
    """
    descriptor = _private_descriptor(path, append=append, keep=append)
    return os.fdopen(descriptor, "a" if append else "w", encoding="utf-8")


def open_private_bytes(path: Path, *, keep: bool = False) -> BinaryIO:
    """Open a file for bytes in the same way.

    Args:
        path: of the file; a symbolic link is followed.
        keep: keep the content, and write at its end; the caller may cut it with `truncate`.

    Raises:
        OSError: as for `open_private`.
    """
    descriptor = _private_descriptor(path, append=False, keep=keep)
    file = os.fdopen(descriptor, "wb")
    if keep:
        file.seek(0, os.SEEK_END)
    return file


def replace_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, in place of an earlier one: a reader sees one or the other.

    Raises:
        OSError: as for `open_private`; the earlier file is unchanged.
    """
    new = path.with_name(f"{path.name}.new")
    with open_private_bytes(new) as file:
        file.write(data)
    new.replace(path)


def _private_descriptor(path: Path, *, append: bool, keep: bool) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else 0), OWNER_ONLY)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            if status.st_mode & _OTHERS:
                _take_from_others(descriptor, path)
            if not keep:
                os.ftruncate(descriptor, 0)
        return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def _take_from_others(descriptor: int, path: Path) -> None:
    try:
        os.fchmod(descriptor, OWNER_ONLY)
    except PermissionError:
        fact = "it would hold texts of posts, but other users can read it, and it is not yours"
        raise PermissionError(errno.EPERM, fact, str(path)) from None
