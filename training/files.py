"""Files of a training: written whole, to the disk, or not at all, with errors for the user."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from models.disk import replace_file, writing
from training.errors import RunError


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file as `models.disk.replace_file` does, and make its folders.

    Raises:
        RunError: it cannot be written; an older file stays as it was.
    """
    with writing(path, RunError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document, indented, with a line break at its end.

    Raises:
        RunError: as `write_file`.
    """
    write_file(path, json_bytes(document))


def json_bytes(document: Any) -> bytes:
    """Return the content of the file that `write_json` writes."""
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


def write_state(path: Path, document: Mapping[str, Any], *, resumes: str = "to resume") -> None:
    """Write the state of a training with torch, and make its folder.

    After a kill in the middle or on a full disk, an older state is still there.

    Args:
        path: of the file.
        document: what `torch.load` accepts with `weights_only=True`.
        resumes: completes "run the same command again" in the error.

    Raises:
        RunError: it cannot be written.
    """
    import torch  # takes a second, and other files need no torch

    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            torch.save(document, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # torch's own writer hides the OSError in a RuntimeError
        with suppress(OSError):
            partial.unlink()
        raise RunError(
            f"{path} cannot be written ({error}): make room there, and run the same command again {resumes}, "
            "or choose another folder with --run"
        ) from error


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote; return None if there is no such file.

    Raises:
        RunError: the file cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read as JSON ({error}): delete it, or start over with --fresh"
        ) from None


def require_new_file(path: Path, *, overwrite: bool) -> None:
    """Check that a file can be written without losing anything.

    Raises:
        RunError: a folder is there, or a file and not `overwrite`.
    """
    if path.is_dir():
        raise RunError(f"{path} is a folder: name a file")
    if path.exists() and not overwrite:
        raise RunError(f"{path} already exists: choose another file, or replace it with --overwrite")
