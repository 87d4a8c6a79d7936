"""The data folder of the embedded stack: private, and locked by the one monitor that runs it."""

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
from typing import Final

from monitor.errors import EmbeddedError

LOCK_TIMEOUT: Final = 0.5  # seconds; commands that only look at the lock hold it for an instant

OPTIONS_FOR_FOLDER: Final = "(embedded.data_dir, ADE_EMBEDDED__DATA_DIR or --data-dir)"
OS_ERRORS: Final = {
    errno.ENOSPC: ("its disk is full", "free some space, or choose another folder"),
    errno.EDQUOT: ("your disk quota is used up", "free some space, or choose another folder"),
    errno.EROFS: ("its disk is read-only", "choose another folder"),
    errno.EACCES: ("you may not write there", "choose another folder, or run as its owner"),
    errno.EPERM: ("you may not write there", "choose another folder, or run as its owner"),
    errno.ENOTDIR: ("it is a file, or inside a path that is one", "choose another folder"),
    errno.EEXIST: ("it is a file", "choose another folder"),
}
"""What an error of the operating system means for the data folder, as (fact, advice)."""


@contextmanager
def translate_os_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the operating system into errors that name the folder and what to do.

    Raises:
        EmbeddedError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        default = (error.strerror or str(error), "choose another folder")
        fact, advice = OS_ERRORS.get(error.errno or 0, default)
        raise EmbeddedError(
            f"the data folder {folder.resolve()} cannot be used: {fact}", f"{advice} {OPTIONS_FOR_FOLDER}"
        ) from error


def make_data_folder(folder: Path) -> Path:
    """Create the data folder, or check that it is ours, and return its absolute path.

    Other users may not list it. They may pass through it if we are root, because Postgres then runs as
    another user.

    Raises:
        EmbeddedError: it cannot be created, cannot be written to, or belongs to another user.
    """
    with translate_os_errors(folder):
        if not folder.is_dir():
            make_private_folder(folder)
            if os.geteuid() == 0:
                folder.chmod(0o711)
        _refuse_other_owner(folder)
        return folder.resolve()


def make_private_folder(folder: Path) -> Path:
    """Create a folder, and its parents, that only we can enter; an existing one stays as it is."""
    with translate_os_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def read_or_create_secret(path: Path) -> str:
    """Read the secret in a private file, after creating it with a random secret if it is missing."""
    with translate_os_errors(path.parent):
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


@dataclass(frozen=True)
class LockHolder:
    """The process that runs the stack of a folder: its id, its start (ISO 8601, local) and its command."""

    pid: int
    since: str
    command: str


class FolderLock:
    """The right to run the embedded stack in a data folder; it ends with the process that holds it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """True while this process holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> Path:
        """Take the lock, and return the absolute path of the folder, which is created if it is missing.

        Raises:
            EmbeddedError: another process holds it (the message says which), or the folder cannot be used.
        """
        folder = make_data_folder(self._data_dir)
        with translate_os_errors(folder):
            descriptor = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
            deadline = time.monotonic() + LOCK_TIMEOUT
            while not _try_lock(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise _already_running(folder, _read_holder(folder))
                time.sleep(0.02)
            self._descriptor = descriptor
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            holder = LockHolder(os.getpid(), since, shlex.join(sys.orig_argv))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        return folder

    def release(self) -> None:
        """Release the lock. The file stays, because removing it would let two holders in."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def has_been_used(data_dir: Path) -> bool:
    """Return True if a stack of ours ran in `data_dir`, now or earlier, as far as we may know."""
    return os.access(_lock_file(data_dir), os.R_OK)


def lock_holder(data_dir: Path) -> LockHolder | None:
    """Return who runs the embedded stack in `data_dir`, or None if nobody does, or we may not know."""
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


def _already_running(folder: Path, holder: LockHolder | None) -> EmbeddedError:
    who = f"process {holder.pid} since {holder.since} ({holder.command})" if holder else "another process"
    how_to_stop = f"`kill {holder.pid}`" if holder else "Ctrl-C where it runs"
    return EmbeddedError(
        f"the embedded stack in {folder} is already running: {who}. Use it as it is (in this folder "
        f"`ade-monitor feed`, `query` and `alerts follow` find it), stop it with "
        f"{how_to_stop}, or choose another folder with --data-dir"
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


def _read_holder(folder: Path) -> LockHolder | None:
    try:
        return LockHolder(**json.loads(_lock_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _refuse_other_owner(folder: Path) -> None:
    lock = _lock_file(folder)
    # The owner of the lock has used the folder. Without a lock, it may be a prepared mount point.
    owner = (lock if lock.exists() else folder).stat().st_uid
    if owner != os.geteuid() and (lock.exists() or not os.access(folder, os.W_OK)):
        raise EmbeddedError(
            f"the data folder {folder.resolve()} belongs to {_user_name(owner)}, and you are "
            f"{_user_name(os.geteuid())}",
            f"run the command as {_user_name(owner)}, or choose another folder {OPTIONS_FOR_FOLDER}",
        )


def _user_name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
