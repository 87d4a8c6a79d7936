"""The file of a worker's scoring journal: locked as long as the worker lives, and written in place.

A process that is ended by a fault of its own code (SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL) leaves a note
in a second file, which Python's faulthandler writes. SIGKILL leaves none: a worker that somebody kills must
not be taken for one that a post has ended.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import json
import os
from pathlib import Path
from typing import Any, Final

import structlog

from monitor.private_files import OWNER_ONLY

log = structlog.get_logger()

MOST_FILES: Final = 1_000
"""Numbers that are tried; no machine has more workers."""

SHOWN: Final = 2_000
"""Most characters that are logged of the note about a fault. It names functions, and has no text of posts."""

_OTHER_THREADS: Final = "\n\nThread "


class JournalFile:
    """The first file of a folder that no other worker uses.

    Args:
        folder: is created if it is missing. A worker that is started again finds the file of the one before.

    Attributes:
        content: what the file had, a JSON object; empty if it is new or damaged.
        was_fault: True if the worker before was ended by a fault of its own code.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor, path = _first_free(folder)
        self.content = _read(self._descriptor)
        self._faults = path.with_suffix(".fault").open("a+b")
        self._faults.seek(0)
        note = self._faults.read(SHOWN).decode(errors="replace")
        self._faults.truncate(0)
        self.was_fault = bool(note.strip())
        if self.was_fault:
            fault = note.split(_OTHER_THREADS)[0]
            log.error("the worker before was ended by a fault of its code", note=fault)
        faulthandler.enable(self._faults)

    def write(self, content: dict[str, Any]) -> None:
        """Replace the content. It survives the process, but perhaps not the machine."""
        data = json.dumps(content, separators=(",", ":")).encode() + b"\n"
        os.pwrite(self._descriptor, data, 0)
        os.ftruncate(self._descriptor, len(data))

    def close(self) -> None:
        """Free the file for another worker."""
        faulthandler.disable()
        self._faults.close()
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def _first_free(folder: Path) -> tuple[int, Path]:
    for number in range(MOST_FILES):
        path = folder / f"scoring-{number}.json"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, OWNER_ONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return descriptor, path
    raise OSError(f"{folder} has {MOST_FILES} files of other workers")


def _read(descriptor: int) -> dict[str, Any]:
    size = os.fstat(descriptor).st_size
    with contextlib.suppress(ValueError, RecursionError):
        # A process that ends between the write and the cut leaves a part of the longer content before.
        line = os.pread(descriptor, size, 0).partition(b"\n")[0]
        content = json.loads(line or b"{}")
        if isinstance(content, dict):
            return content
    log.warning("the scoring journal is damaged, and starts empty")
    return {}
