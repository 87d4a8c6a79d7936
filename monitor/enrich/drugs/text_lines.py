"""Lines of the dictionaries of others, with their numbers, for files of any size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitor.enrich.drugs.errors import DrugFileError


def file_in(folder: Path, name: str) -> Path | None:
    """Return the file of a folder with a name in any case, or None."""
    return next((path for path in folder.iterdir() if path.name.lower() == name.lower()), None)


def required_file(folder: Path, name: str) -> Path:
    """Return the file of a folder with a name in any case.

    Raises:
        DrugFileError: the folder has no such file.
    """
    path = file_in(folder, name)
    if path is None:
        raise DrugFileError(folder, f"has no file {name}", "unpack the whole release into the folder")
    return path


def numbered_lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that are not empty, with their numbers from 1.

    Raises:
        DrugFileError: it cannot be read.
    """
    try:
        with path.open(encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise DrugFileError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DrugFileError(path, f"is not {encoding}", "use the file of the release as it is") from None
