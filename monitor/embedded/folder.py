"""The data folder: made for our eyes only, and its troubles told plainly."""

from __future__ import annotations

import errno
import os
import pwd
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
