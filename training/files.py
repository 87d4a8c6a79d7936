"""Files and folders that are written whole, and to the disk, or not at all."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.disk import replace_file, replace_folder
from training.errors import RunError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file as `models.disk.replace_file` does, and make the folders that it lies in.

    Raises:
        RunError: the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise cannot_write(path, error) from None


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document, indented, with a line break at its end.

    Raises:
        RunError: as `write_whole`.
    """
    write_whole(path, f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode())


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote; None where there is no such file.

    Raises:
        RunError: it is no JSON, or cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read as JSON ({error}): delete it, or start over with --fresh"
        ) from None


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder as `models.disk.replace_folder` does.

    Raises:
        RunError: it cannot be written; what was there before is there still.
    """
    try:
        replace_folder(folder, files)
    except OSError as error:
        raise cannot_write(folder, error) from None


def cannot_write(path: Path, error: OSError) -> RunError:
    """Say that something cannot be written, why, and what to do about it."""
    mend = "make room there, or choose another place" if error.errno in _NO_ROOM else "choose another place"
    return RunError(f"{path} cannot be written ({error.strerror or error}): {mend}")
