"""Writing the files of a bundle; what goes wrong is a BundleError."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models import disk
from models.errors import BundleError

_MEND = "make room there, or choose a place that can be written to"


def require_writable(folder: Path) -> None:
    """Check, before any long work, that `write_folder` may write there.

    Raises:
        BundleError: it cannot be written.
    """
    try:
        disk.try_folder(folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle as `models.disk.replace_folder` does.

    Raises:
        BundleError: it cannot be written; what was there before is there still.
    """
    try:
        disk.replace_folder(folder, files)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def replace_file(path: Path, data: bytes) -> None:
    """Write one file of a bundle that is there, as `models.disk.replace_file` does.

    Raises:
        BundleError: it cannot be written; what was there before is there still.
    """
    try:
        disk.replace_file(path, data)
    except OSError as error:
        raise BundleError(f"{path} cannot be written ({error}): {_MEND}") from error


def _cannot_write(folder: Path, error: OSError) -> BundleError:
    return BundleError(f"the bundle cannot be written to {folder} ({error}): {_MEND}")
