"""Files and folders that are written whole, and to the disk, or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from training.errors import RunError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def write_whole(path: Path, data: bytes) -> None:
    """Write to a sibling, then rename: a reader sees the old file or the new one.

    Raises:
        RunError: the folder cannot be made or written to.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(partial, data)
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            partial.unlink()


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
    """Write all files to a sibling, then rename: a reader sees the old folder or the new one.

    Raises:
        RunError: it cannot be written; what was there before is there still.
    """
    mark = secrets.token_hex(4)
    fresh, stale = (folder.with_name(f".{folder.name}.{mark}.{end}") for end in ("new", "old"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            _write(fresh / name, data)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from None
    finally:
        # Also where Ctrl-C comes between the two renames.
        if stale.exists() and not folder.exists():
            stale.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def cannot_write(path: Path, error: OSError) -> RunError:
    """Say that something cannot be written, why, and what to do about it."""
    mend = "make room there, or choose another place" if error.errno in _NO_ROOM else "choose another place"
    return RunError(f"{path} cannot be written ({error.strerror or error}): {mend}")


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
