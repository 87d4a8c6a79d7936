"""Where rejects go: some to the screen, all to a file where one was named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from monitor.feed.entries import Reject
from monitor.feed.source import FeedError

SHOWN: Final = 20
"""Rejects that are told one by one; the rest is only counted."""

MAX_RAW: Final = 65_536
"""Bytes of a rejected line that go to the file."""


class RejectLog:
    """Tells the first rejects to `say`, and writes all of them as JSON Lines to `path`.

    A record has `line`, `reason`, `detail` and `raw`: the line as text, in which bytes that are not UTF-8
    became U+FFFD, cut to `MAX_RAW` bytes. Used as a context manager.

    Raises:
        FeedError: the file cannot be written, or is the one that is fed.
    """

    def __init__(self, path: Path | None, source: Path | None, say: Callable[[str], None]) -> None:
        self._say = say
        self._count = 0
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            if source is not None and source.exists() and path.exists() and path.samefile(source):
                raise FeedError(f"--rejects {path} is the file that is fed: name another one")
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise FeedError(f"--rejects {path} cannot be written: {error.strerror}") from None

    def __call__(self, reject: Reject) -> None:
        """Take a reject."""
        self._count += 1
        if self._count <= SHOWN:
            self._say(f"line {reject.line}: {reject.reason}: {reject.detail}")
        elif self._count == SHOWN + 1:
            self._say("further bad lines are only counted")
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
