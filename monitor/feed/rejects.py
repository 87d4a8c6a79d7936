"""Report rejects: the first ones to the user, all of them to a file if one was named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from monitor.feed.entries import Reject
from monitor.feed.source import FeedError

MOST_REPORTED: Final = 20
"""Number of rejects that are reported one by one; others are only counted."""

MAX_RAW: Final = 65_536
"""Maximum number of bytes of a rejected line that go to the file."""


class RejectLog:
    """Reports the first rejects with `notify`, and writes all of them as JSON Lines to `path`.

    A record has `line`, `reason`, `detail` and `raw`: the line as text, cut to `MAX_RAW` bytes, with U+FFFD
    for bytes that are not UTF-8. Use it as a context manager.

    Raises:
        FeedError: the file cannot be written, or is the one that is fed.
    """

    def __init__(self, path: Path | None, source: Path | None, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._count = 0
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            if source is not None and source.exists() and path.exists() and path.samefile(source):
                raise FeedError(f"--rejects {path} is the file that is fed", "name another file")
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise FeedError(f"--rejects {path} cannot be written: {error.strerror}") from None

    def __call__(self, reject: Reject) -> None:
        """Report and write a reject."""
        self._count += 1
        if self._count <= MOST_REPORTED:
            self._notify(f"line {reject.line}: {reject.reason}: {reject.detail}")
        elif self._count == MOST_REPORTED + 1:
            self._notify("further bad lines are only counted")
        if self._file is not None:
            record = {
                "line": reject.line,
                "reason": reject.reason,
                "detail": reject.detail,
                "raw": reject.raw[:MAX_RAW].decode(errors="replace"),
            }
            try:
                self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
            except OSError as error:
                raise FeedError(f"--rejects {self._file.name} cannot be written: {error.strerror}") from None

    def __enter__(self) -> RejectLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
