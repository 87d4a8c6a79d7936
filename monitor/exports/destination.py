"""Where an export is written: the checks before any work, and the names of its files.

effects.csv                     the export, once it is complete
effects.csv.provenance.json     where it comes from
effects.csv.unfinished          rows that are written already
effects.csv.unfinished.json     how far they are, so that the same command goes on
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.disk import no_room_message
from monitor.exports.errors import ExportError


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """The files of an export; all of them lie in one folder.

    Attributes:
        path: of the export itself.
    """

    path: Path

    @property
    def provenance(self) -> Path:
        """The file that states where the export comes from."""
        return self._sibling("provenance.json")

    @property
    def rows(self) -> Path:
        """The rows of an unfinished export."""
        return self._sibling("unfinished")

    @property
    def state(self) -> Path:
        """How far an unfinished export is."""
        return self._sibling("unfinished.json")

    @property
    def new(self) -> Path:
        """The whole file, before it gets its name."""
        return self._sibling("new")

    def _sibling(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")


def check_destination(path: Path, *, force: bool) -> ExportFiles:
    """Return the files of an export, if they can be written.

    Args:
        path: of the export.
        force: whether an existing file may be replaced.

    Raises:
        ExportError: the folder is missing or cannot be written, something that is not a file is there, or a
            file is there and `force` is False.
    """
    folder = path.parent
    if not folder.is_dir():
        problem = f"{folder} is not a folder" if folder.exists() else f"there is no folder {folder}"
        raise ExportError(problem, "make it, or correct --output")
    if path.is_dir():
        raise ExportError(f"{path} is a folder", "name a file in it with --output")
    if path.exists() and not path.is_file():
        raise ExportError(f"{path} is not an ordinary file", "name another file with --output")
    if path.exists() and not force:
        raise ExportError(f"{path} exists", "choose another name, or replace the file with --force")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ExportError(f"you may not write in the folder {folder}", "choose another one with --output")
    return ExportFiles(path)


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Raise the errors of files in the block as `ExportError`, with what to do.

    Args:
        path: the export that the block writes.
    """
    try:
        yield
    except OSError as error:
        if no_room_message(error) is not None:
            advice = "make room there, and run the same command again"
        else:
            advice = "choose another place with --output"
        raise ExportError(f"{path} cannot be written: {error.strerror or error}", advice) from error


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
