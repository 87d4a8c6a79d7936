"""Report rejects: the first ones to the user, all of them to a file if one was named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from models.terminal import json_line
from monitor.errors import MonitorError
from monitor.feed.entries import Reject
from monitor.private_files import open_private

MOST_REPORTED: Final = 20
"""Number of rejects that are reported one by one; others are only counted."""

MAX_RAW: Final = 65_536
"""Maximum number of bytes of a rejected line that go to the file."""


class RejectFileError(MonitorError):
    """The file of rejects cannot be written."""


class RejectLog:
    """Reports the first rejects with `notify`, and writes all of them as JSON Lines to `path`.

    A record has `file`, `line`, `reason`, `detail` and `raw`: the line as text, cut to `MAX_RAW` bytes, with
    U+FFFD for bytes that are not UTF-8. Only the owner of the file may read it, because it has the
    posts. Use it as a context manager.

    Raises:
        RejectFileError: the file cannot be written, or is one of the files that are fed.
    """

    def __init__(self, path: Path | None, fed: list[Path], notify: Callable[[str], None]) -> None:
        self._path = path
        self._notify = notify
        self._count = 0
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            if path.exists() and any(other.exists() and path.samefile(other) for other in fed):
                raise RejectFileError(f"--rejects {path} is a file that is fed", "name another file")
            self._file = open_private(path)
        except OSError as error:
            raise _write_error(path, error) from None

    def add(self, name: str, reject: Reject) -> None:
        """Report and write a reject of the file `name`."""
        self._count += 1
        if self._count <= MOST_REPORTED:
            self._notify(f"{name}, line {reject.line}: {reject.reason}: {reject.detail}")
        elif self._count == MOST_REPORTED + 1:
            self._notify("further rejects are only counted; --rejects FILE writes all of them")
        if self._file is not None:
            record = {
                "file": name,
                "line": reject.line,
                "reason": reject.reason,
                "detail": reject.detail,
                "raw": reject.raw[:MAX_RAW].decode(errors="replace"),
            }
            try:
                self._file.write(json_line(record) + "\n")
            except OSError as error:
                raise _write_error(self._path, error) from None

    def __enter__(self) -> RejectLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as full:
            if error is None:
                raise _write_error(self._path, full) from None


def _write_error(path: object, error: OSError) -> RejectFileError:
    return RejectFileError(f"--rejects {path} cannot be written: {error.strerror}")
