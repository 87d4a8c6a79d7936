"""The files of a PostgreSQL cluster: who owns them, how they are created, and whether a server uses them."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from pathlib import Path
from typing import Final

from monitor.embedded.folder import translate_os_errors
from monitor.embedded.process import Identity, Program, run_to_end
from monitor.errors import EmbeddedError

PREVIOUS_SERVER_TIMEOUT: Final = 10.0  # seconds that a server may take to end after its monitor was killed


def identity_for(folder: Path, server: Path) -> Identity | None:
    """Return the user that runs PostgreSQL: `nobody` if we are root, else None for ourselves.

    Args:
        folder: folder of its data.
        server: one of its programs.

    Raises:
        EmbeddedError: we are root, and there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as",
            "run the command as an ordinary user",
        ) from None
    reachable = _everybody_can_reach(folder) and _everybody_can_reach(server)
    return Identity(nobody.pw_uid, nobody.pw_gid, see_all=not reachable)


def create_cluster(
    initdb: Path,
    folder: Path,
    log: Path,
    identity: Identity | None,
    owner: str,
    password: str,
    timeout: float,
) -> None:
    """Create an empty cluster in `folder/data`, with a superuser who can log in only with the password.

    It is created in another folder and renamed, so `folder/data` is always complete.

    Args:
        initdb: PostgreSQL's program for this.
        folder: belongs to `identity`, or to us.
        log: file for the output of the program.
        identity: user to run it as, or None for our own.
        owner: name of the superuser.
        password: password of the superuser.
        timeout: seconds that it may take.

    Raises:
        EmbeddedError: it failed; the message shows why.
    """
    unfinished, password_file = folder / "data.new", folder / "password.new"
    with translate_os_errors(folder):
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
        if identity:
            os.chown(password_file, identity.uid, identity.gid)
    program = Program(
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
    try:
        run_to_end(program, timeout)
    finally:
        password_file.unlink(missing_ok=True)
    with translate_os_errors(folder):
        unfinished.rename(folder / "data")


def wait_for_previous_server(cluster: Path) -> None:
    """Wait for a server whose monitor was killed a moment ago; it is ending by itself."""
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + PREVIOUS_SERVER_TIMEOUT
    while time.monotonic() < deadline:
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split(maxsplit=1)[0])
            # "PID (name) STATE …". PostgreSQL itself takes a zombie for a live server.
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except (OSError, ValueError, IndexError):
            return
        name, _, rest = stat.partition("(")[2].rpartition(")")
        if name != "postgres":
            return
        if rest.split()[0] == "Z":
            pid_file.unlink(missing_ok=True)
            return
        time.sleep(0.05)


def _everybody_can_reach(path: Path) -> bool:
    """Return True if every user may pass through all folders above `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
