"""The rows of an unfinished export: appended to a file, with a state that says which of them are whole."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from monitor.exports.destination import ExportFiles, writing_errors
from monitor.exports.errors import ExportError
from monitor.exports.export_state import ExportState, load_state, save_state
from monitor.private_files import open_private_bytes

BETWEEN_CHECKPOINTS: Final = 2.0
"""Seconds of work that a killed export may lose."""


class UnfinishedRows:
    """A file of rows that can be continued after the process was killed, at any time.

    As a context manager, it saves how far it is after an error. Without an audit entry, it then removes the
    file, which has no rows. Only one process may have it.
    """

    def __init__(self, destination: ExportFiles, state: ExportState) -> None:
        """Open the file, and cut what came after the last checkpoint.

        Args:
            destination: where it lies.
            state: the saved one, or the one of a new export.

        Raises:
            ExportError: another process writes it, or it is shorter than the state says.
            OSError: it cannot be opened.
        """
        self._destination = destination
        self.state = state
        with writing_errors(destination.path):
            self._file: BinaryIO = open_private_bytes(destination.rows, keep=True)
        try:
            self._lock()
            self._cut()
        except BaseException:
            self._file.close()
            raise
        self._saved = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # If the disk is full, the last checkpoint counts.
            with suppress(ExportError):
                if not self.state.entries:
                    remove_unfinished(self._destination)
                elif kind is not None and not self.state.is_complete:
                    self.checkpoint()
        finally:
            with suppress(OSError):
                self._file.close()

    def note_entry(self, number: int) -> None:
        """Save the number of the audit entry for this start, before any row is written."""
        self.state = replace(self.state, entries=[*self.state.entries, number])
        self.checkpoint()

    def start(self, header: str) -> None:
        """Write what comes before the first row, unless it is there."""
        if not self.state.size:
            self.state = replace(self.state, size=self._write(header))
            self.checkpoint()

    def append(self, line: str, key: list[Any], bundle: str | None) -> None:
        """Append a row.

        Args:
            line: the row with its line end.
            key: its place in the order.
            bundle: the version that its row is from, or None.
        """
        state = self.state
        bundles = state.bundles
        if bundle is not None and bundle not in bundles:
            bundles = [*bundles, bundle]
        size = state.size + self._write(line)
        self.state = replace(state, rows=state.rows + 1, size=size, key=key, bundles=bundles)
        if time.monotonic() - self._saved > BETWEEN_CHECKPOINTS:
            self.checkpoint()

    def complete(self) -> None:
        """Note that all rows are there."""
        self.state = replace(self.state, is_complete=True)
        self.checkpoint()

    def checkpoint(self) -> None:
        """Make sure that the rows are on the disk, and save how far they are.

        Raises:
            ExportError: the disk is full, or refuses.
        """
        with writing_errors(self._destination.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            save_state(self._destination.state, self.state)
        self._saved = time.monotonic()

    def _write(self, text: str) -> int:
        data = text.encode()
        with writing_errors(self._destination.path):
            self._file.write(data)
        return len(data)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportError(
                f"another process writes {self._destination.path}", "wait for it, or choose another name"
            ) from None

    def _cut(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        if size < self.state.size:
            raise ExportError(
                f"{self._destination.rows} has {size:,} bytes, but {self.state.size:,} were written",
                "start from scratch with --restart",
            )
        with writing_errors(self._destination.path):
            self._file.truncate(self.state.size)
            self._file.seek(self.state.size)


def unfinished_state(destination: ExportFiles) -> ExportState | None:
    """Return how far an unfinished export is, or None if there is none.

    Raises:
        ExportError: its state cannot be read.
    """
    return load_state(destination.state)


def remove_unfinished(destination: ExportFiles) -> None:
    """Remove what is left of an unfinished export, if anything.

    Raises:
        ExportError: a file cannot be removed.
    """
    with writing_errors(destination.path):
        for path in (destination.state, destination.rows, destination.new):
            path.unlink(missing_ok=True)
