"""A changed bundle, in place of the old one or beside it: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.bundle.config import BundleConfig
from models.bundle.disk import require_writable, write_folder
from models.bundle.files import read_all, read_config, read_file
from models.bundle.layout import CARD_FILE, CONFIG_FILE
from models.bundle.load import Bundle
from models.errors import BundleError


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
