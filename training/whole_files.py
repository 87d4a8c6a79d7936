"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from training.errors import RunError


def write_whole(path: Path, data: bytes) -> None:
    """Write to a sibling, then rename: a reader sees the old file or the new one.

    Raises:
        RunError: the folder cannot be made or written to.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror}): choose another folder") from None
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
            (fresh / name).write_bytes(data)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
    except OSError as error:
        if stale.exists() and not folder.exists():
            stale.rename(folder)
        raise RunError(f"{folder} cannot be written ({error.strerror}): choose another folder") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)
