"""Writing the files of a bundle; what goes wrong is a BundleError.

A changed bundle, in place of the old one or beside it: whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models import disk
from models.bundle.config import CARD_FILE, CONFIG_FILE, BundleConfig
from models.bundle.files import read_all, read_config, read_file
from models.bundle.load import Bundle
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


def require_place(bundle: Path, out: Path | None) -> None:
    """Check, before any long work, that `rewrite` may write there.

    Args:
        bundle: folder of the old bundle.
        out: folder of the changed one; None is in place of the old one.

    Raises:
        BundleError: something is at `out`, or it is within the bundle, or it cannot be written.
    """
    if out is not None:
        if out.exists():
            raise BundleError(f"{out} is there already: choose another folder for the copy")
        if out.resolve().is_relative_to(bundle.resolve()):
            raise BundleError(f"{out} is within the bundle itself: choose another folder for the copy")
    require_writable(out or bundle)


def read_card(folder: Path) -> str:
    """Read the model card, which is for people: empty where there is none.

    Raises:
        BundleError: the card cannot be read.
    """
    if not (folder / CARD_FILE).exists():
        return ""
    return read_file(folder, CARD_FILE).decode(errors="replace")


def rewrite(bundle: Bundle, changed: Mapping[str, bytes], config: BundleConfig, out: Path | None) -> None:
    """Write a bundle with some other files; all others are copied as they are.

    Args:
        bundle: the old one, as it was loaded.
        changed: the new files by name, `config.json` not among them.
        config: with their hashes.
        out: as in `require_place`.

    Raises:
        BundleError: the bundle was changed meanwhile, or the place does not allow it.
    """
    require_place(bundle.path, out)
    if read_config(bundle.path) != bundle.config:
        raise BundleError(
            f"the bundle {bundle.path} was changed meanwhile, and is left as it is: run the command again"
        )
    write_folder(out or bundle.path, {**read_all(bundle.path), **changed, CONFIG_FILE: config.to_json()})
