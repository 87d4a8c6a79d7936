"""The data folder: made for our eyes only, and its troubles told plainly.

One monitor for one data folder: a lock that ends with its holder, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import secrets
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import EmbeddedError

MENDS = {
    errno.ENOSPC: "its disk is full: free some space, or choose another folder",
    errno.EDQUOT: "your disk quota is used up: free some space, or choose another folder",
    errno.EROFS: "its disk is read-only: choose another folder",
    errno.EACCES: "you may not write there: choose another folder, or run as its owner",
    errno.EPERM: "you may not write there: choose another folder, or run as its owner",
    errno.ENOTDIR: "it is, or lies under, a file: choose another folder",
    errno.EEXIST: "it is a file: choose another folder",
}
HOW_TO_CHOOSE = "(embedded.data_dir, ADE_EMBEDDED__DATA_DIR or --data-dir)"


@contextmanager
def naming_the_folder(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about `folder` into a message with the mend.

    Raises:
        EmbeddedError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        mend = MENDS.get(error.errno or 0, error.strerror or str(error))
        raise EmbeddedError(
            f"the data folder {folder.resolve()} cannot be used: {mend} {HOW_TO_CHOOSE}"
        ) from error


def make_data_folder(folder: Path) -> Path:
    """Make the data folder, or check that it is ours; give its absolute path.

    Others may not list it. They may pass through where we are root, since Postgres then runs as another user.

    Raises:
        EmbeddedError: it cannot be made, cannot be written to, or another user made it.
    """
    with naming_the_folder(folder):
        if not folder.is_dir():
            make_private(folder)
            if os.geteuid() == 0:
                folder.chmod(0o711)
        _refuse_foreign(folder)
        return folder.resolve()


def make_private(folder: Path) -> Path:
    """Make a folder, and its parents, that only we can enter; an existing one stays as it is."""
    with naming_the_folder(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def secret_file(path: Path) -> str:
    """Read the secret in a file that only we can read; make a random one where there is none."""
    with naming_the_folder(path.parent):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            secret = path.read_text(encoding="ascii").strip()
            if secret:
                return secret
            # A full disk may have left the file empty.
            descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        secret = secrets.token_urlsafe(32)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secret}\n")
        return secret


def _refuse_foreign(folder: Path) -> None:
    lock = folder / "lock"
    # The lock tells who used the folder; without one it may be a mount point that somebody prepared.
    owner = (lock if lock.exists() else folder).stat().st_uid
    if owner != os.geteuid() and (lock.exists() or not os.access(folder, os.W_OK)):
        raise EmbeddedError(
            f"the data folder {folder.resolve()} belongs to {_name(owner)}, and you are "
            f"{_name(os.geteuid())}: run the command as {_name(owner)}, "
            f"or choose another folder {HOW_TO_CHOOSE}"
        )


def _name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


# Those who only look hold the lock for an instant; a monitor holds it for good.
LOCK_TIMEOUT = 0.5


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
            deadline = time.monotonic() + LOCK_TIMEOUT
            while not _try_lock(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise held_by(folder, _read_holder(folder))
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
    return _read_holder(data_dir)


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


def _read_holder(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads(_lock_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
