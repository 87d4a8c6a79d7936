"""The files of a PostgreSQL cluster: whose they are, how they are made, and whether a server has them."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from pathlib import Path

from monitor.embedded.folder import naming_the_folder
from monitor.embedded.process import Child, Identity, Program, at_once
from monitor.errors import EmbeddedError

LEFT_BEHIND_PATIENCE = 10.0  # seconds that a server without its monitor may take to end


def identity_for(folder: Path, server: Path) -> Identity | None:
    """Say which user runs PostgreSQL: `nobody` where we are root, and else None, ourselves.

    Args:
        folder: that it keeps its data in.
        server: one of its programs.

    Raises:
        EmbeddedError: we are root, and there is no `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as: "
            "run the command as an ordinary user"
        ) from None
    return Identity(nobody.pw_uid, nobody.pw_gid, see_all=not (_public(folder) and _public(server)))


def make_cluster(
    initdb: Path,
    folder: Path,
    log: Path,
    identity: Identity | None,
    owner: str,
    password: str,
    timeout: float,
) -> None:
    """Make an empty cluster in `folder/data`, with a superuser who logs in by password alone.

    It is made beside its place and renamed, so that what is in its place is whole.

    Args:
        initdb: PostgreSQL's program for it.
        folder: belongs to `identity`, or to us.
        log: file that the program writes to.
        identity: user to run it as, or None for our own.
        owner: name of the superuser.
        password: theirs.
        timeout: seconds that it may take.

    Raises:
        EmbeddedError: it failed; the message shows why.
    """
    unfinished, password_file = folder / "data.new", folder / "password.new"
    with naming_the_folder(folder):
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
        if identity:
            os.chown(password_file, identity.uid, identity.gid)
    child = Child(
        Program(
            name="initdb of PostgreSQL",
            command=(
                *(str(initdb), "-D", str(unfinished), "--username", owner),
                *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            ),
            folder=folder,
            log=log,
            identity=identity,
        )
    )
    try:
        deadline = time.monotonic() + timeout
        while (status := child.exit_status()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if status != 0:
            raise child.failure("did not end in time" if status is None else f"ended with status {status}")
    finally:
        child.stop(at_once)
        password_file.unlink(missing_ok=True)
    with naming_the_folder(folder):
        unfinished.rename(folder / "data")


def await_left_behind(cluster: Path) -> None:
    """Wait for a server whose monitor was killed a moment ago; it is ending by itself."""
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + LEFT_BEHIND_PATIENCE
    while time.monotonic() < deadline:
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split(maxsplit=1)[0])
            # "PID (name) STATE …"; PostgreSQL itself takes a dead process that nobody reaped for a live one
            process = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except (OSError, ValueError, IndexError):
            return
        name, _, rest = process.partition("(")[2].rpartition(")")
        if name != "postgres":
            return
        if rest.split()[0] == "Z":
            pid_file.unlink(missing_ok=True)
            return
        time.sleep(0.05)


def _public(path: Path) -> bool:
    """Tell whether every user may pass through all folders above `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
