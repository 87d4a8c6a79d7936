"""A file for the frames that cannot be read, as JSON Lines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from models.terminal import json_line
from monitor.connect.errors import ConnectError
from monitor.errors import PoisonError
from monitor.private_files import open_private

MAX_RAW: Final = 65_536
"""Maximum number of bytes of a frame that go to the file."""


class UnreadableFrames:
    """Appends frames to a file; without a path it does nothing. A context manager.

    A record has `time`, `source`, `reason`, `detail` and `raw`: the frame as text, cut to `MAX_RAW` bytes,
    with U+FFFD for bytes that are not UTF-8. The file holds posts, so only its owner may read it.

    Raises:
        ConnectError: the file cannot be written.
    """

    def __init__(self, path: Path | None, source: str) -> None:
        self._source = source
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            self._file = open_private(path, append=True)
        except OSError as error:
            raise ConnectError(f"--rejects {path} cannot be written: {error.strerror}") from None

    def add(self, error: PoisonError, raw: bytes, now: datetime) -> None:
        """Write a frame and the reason why it cannot be read."""
        if self._file is None:
            return
        record = {
            "time": now.isoformat(),
            "source": self._source,
            "reason": error.reason,
            "detail": error.detail,
            "raw": raw[:MAX_RAW].decode(errors="replace"),
        }
        try:
            self._file.write(json_line(record) + "\n")
            self._file.flush()
        except OSError as failure:
            raise ConnectError(f"--rejects {self._file.name} cannot be written: {failure.strerror}") from None

    def __enter__(self) -> UnreadableFrames:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
