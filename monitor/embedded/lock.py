"""One monitor for one data folder: a lock that ends with its holder, however that ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shlex
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor.embedded.folder import make_data_folder, naming_the_folder
from monitor.errors import EmbeddedError

# Those who only look hold the lock for an instant; a monitor holds it for good.
PATIENCE = 0.5


@dataclass(frozen=True)
class Holder:
    """Who runs the embedded stack of a folder: process id, start (ISO 8601, local), and command."""

    pid: int
    since: str
    command: str


class FolderLock:
    """The right to run the embedded stack in a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether we hold it."""
        return self._descriptor is not None

    def acquire(self) -> Path:
        """Take the lock; give the absolute path of the folder, which is made if needed.

        Raises:
            EmbeddedError: another process holds it (the message says which), or the folder cannot be used.
        """
        folder = make_data_folder(self._data_dir)
        with naming_the_folder(folder):
            descriptor = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
            deadline = time.monotonic() + PATIENCE
            while not _try_lock(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise held_by(folder, _read(folder))
                time.sleep(0.02)
            self._descriptor = descriptor
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            holder = Holder(os.getpid(), since, shlex.join(sys.orig_argv))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        return folder

    def release(self) -> None:
        """Give the lock back; the file stays, since its removal would let two holders in."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(data_dir: Path) -> Holder | None:
    """Tell who runs the embedded stack in `data_dir`; None where nobody does, or we may not know."""
    try:
        descriptor = os.open(_lock_file(data_dir), os.O_RDONLY)
    except OSError:
        return None
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return _read(data_dir)


def held_by(folder: Path, holder: Holder | None) -> EmbeddedError:
    """Make the error for a folder that somebody else runs."""
    who = f"process {holder.pid} since {holder.since} ({holder.command})" if holder else "another process"
    stop = f"`kill {holder.pid}`" if holder else "Ctrl-C where it runs"
    return EmbeddedError(
        f"the embedded stack in {folder} is already running: {who}. Use it as it is (in this folder "
        f"`ade-monitor feed`, `query` and `alerts follow` find it by themselves), stop it with {stop}, "
        "or choose another folder with --data-dir"
    )


def _lock_file(folder: Path) -> Path:
    return folder / "lock"


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _read(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads(_lock_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
