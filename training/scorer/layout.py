"""The official files: a row a line, fields split by tabs, no quoting.

`tweets.tsv` has tweet_id and text, `class.tsv` tweet_id and ADE or NoADE, `spans.tsv` tweet_id, ADE, start,
end and the span, `spans_norm.tsv` (and every file of predictions) the same and the MedDRA code. A quote is a
character like any other, since offsets count in the text as it stands in its line.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from training.errors import CorpusError, RunError

HEADER = "tweet_id"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an official file.

    Attributes:
        line: its number, counted from 1.
        fields: what stands between its tabs.
    """

    line: int
    fields: tuple[str, ...]


def read_rows(path: Path, *, fields: int, rest: bool = False) -> Iterator[Row]:
    """Read the rows of a file; header rows, whose first field begins with `tweet_id`, and empty lines are
    left out.

    Lines end at a line feed, a carriage return before it is dropped. Rows with fewer or more fields come as
    they are: the caller judges.

    Args:
        path: a TSV file in UTF-8; a byte order mark is skipped, a byte that is no UTF-8 becomes U+FFFD.
        fields: how many a row should have.
        rest: whether the last field is the raw remainder of the line, tabs included.

    Raises:
        CorpusError: there is no such file.
    """
    if not path.is_file():
        raise CorpusError(f"{path} is missing: name an official file, with tabs between its fields")
    most = fields - 1 if rest else -1
    # Line feeds alone end a line: a tweet may hold what Python takes for other line ends.
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            content = line.removesuffix("\n").removesuffix("\r")
            if content and not content.startswith(HEADER):
                yield Row(number, tuple(content.split("\t", most)))


class RowWriter:
    """Writes rows to an open file.

    Args:
        file: where to.
        path: of the file in the end, for messages.
    """

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file = file
        self._path = path

    def write(self, *fields: object) -> None:
        """Write a row.

        Tabs and line ends within a field become spaces, one for one, as the layout has no way to keep them.

        Raises:
            RunError: the disk is full, or the file cannot be written for another reason.
        """
        cells = [str(field).translate(_BREAKS) for field in fields]
        try:
            self._file.write("\t".join(cells) + "\n")
        except OSError as error:
            raise _unwritable(self._path, error) from None


_BREAKS = {ord(mark): " " for mark in "\t\n\r"}


@contextmanager
def writing_rows(*paths: Path) -> Iterator[tuple[RowWriter, ...]]:
    """Open files for rows; all appear whole when the block ends, and none if the block fails.

    Raises:
        RunError: a file cannot be written.
    """
    mark = secrets.token_hex(4)
    fresh = [path.with_name(f".{path.name}.{mark}.new") for path in paths]
    files: list[TextIO] = []
    try:
        for at, path in zip(fresh, paths, strict=True):
            files.append(_opened(at, path))
        yield tuple(RowWriter(file, path) for file, path in zip(files, paths, strict=True))
        for file, path in zip(files, paths, strict=True):
            _flush(file, path)
        for at, path in zip(fresh, paths, strict=True):
            _appear(at, path)
    finally:
        for file in files:
            with suppress(OSError):  # of rows that could not be written, which was told
                file.close()
        for at in fresh:
            with suppress(OSError):
                at.unlink()


def _opened(fresh: Path, path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return fresh.open("x", encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise _unwritable(path, error) from None


def _flush(file: TextIO, path: Path) -> None:
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(path, error) from None


def _appear(fresh: Path, path: Path) -> None:
    try:
        fresh.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path} cannot be written ({error.strerror}): choose another folder")
