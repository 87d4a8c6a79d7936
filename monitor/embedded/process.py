"""A supervised child: started by us, logged to a file, dead at the latest when we are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.embedded.folder import naming_the_folder
from monitor.errors import EmbeddedError

LAUNCH = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10_000_000  # bytes; a longer log is set aside when its program starts again
ANSI = re.compile(r"\x1b\[[0-9;]*m")

Hurry = Callable[[], bool]  # asked again and again while something stops


def calmly() -> bool:
    """Give a program the time that it needs to stop."""
    return False


def at_once() -> bool:
    """Kill a program rather than wait for it."""
    return True


class PortTakenError(EmbeddedError):
    """Somebody took the port between our choice and the program's bind; another port will do."""


@dataclass(frozen=True)
class Identity:
    """The user that a child runs as.

    Attributes:
        uid: user id.
        gid: group id.
        see_all: keep the right to pass through folders that this user may not enter.
    """

    uid: int
    gid: int
    see_all: bool = False


@dataclass(frozen=True)
class Program:
    """What to run, and how to end it.

    Attributes:
        name: as the user knows it, such as "PostgreSQL".
        command: absolute path of the program, and its arguments; seen by all users of the machine.
        folder: working directory.
        log: file that stdout and stderr are appended to.
        stop_signals: signals and the seconds to wait after each; SIGKILL follows by itself.
        death_signal: what the kernel sends the child when our process dies.
        environment: the child's whole environment, secrets among it; nothing is inherited.
        identity: another user to run as, or None for our own.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10),)
    death_signal: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    identity: Identity | None = None


class Child:
    """A running program.

    Start it from the main thread: the kernel takes the end of the thread that started a child for the
    end of its parent. The child is in a session of its own, so that Ctrl-C in the terminal reaches only us.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started = time.monotonic()
        with naming_the_folder(program.log.parent):
            self._log_start = _set_aside_long(program.log)
            with os.fdopen(os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
                self._process = subprocess.Popen(
                    _launched(program),
                    cwd=program.folder,
                    env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """Give None while it runs; below zero is minus the signal that killed it."""
        return self._process.poll()

    def wait_until(self, answers: Callable[[], bool], timeout: float) -> None:
        """Ask `answers` until it says yes; its exceptions mean no.

        Raises:
            PortTakenError: the program ended because another one has its port.
            EmbeddedError: it ended otherwise, or did not answer within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        reason = ""
        while time.monotonic() < deadline:
            ended = self.exit_status()
            if ended is not None:
                said = self.last_lines()
                if re.search(r"address (already )?in use", said, re.IGNORECASE):
                    raise PortTakenError(f"the port of {self.program.name} is taken:\n{said}")
                raise self.failure(f"ended with status {ended} before it answered")
            try:
                if answers() and self.exit_status() is None:
                    return
            except Exception as error:  # a server that starts answers in many wrong ways
                reason = f" ({error})"
            time.sleep(0.02)
        self.stop(at_once)
        raise self.failure(
            f"did not answer within {timeout:g} s{reason}; "
            "on a slow machine, set embedded.start_timeout (ADE_EMBEDDED__START_TIMEOUT) higher"
        )

    def failure(self, what: str) -> EmbeddedError:
        """Make the error for something that went wrong with this program; it shows the end of the log."""
        said = self.last_lines()
        shown = "its last lines:\n    " + said.replace("\n", "\n    ") if said else "it wrote nothing"
        return EmbeddedError(f"{self.program.name} {what}; {shown}\nIts log is {self.program.log}")

    def last_lines(self, count: int = 15) -> str:
        """Give the last lines that this run of the program wrote, without colours."""
        try:
            with self.program.log.open("rb") as log:
                log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - 16_384))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(ANSI.sub("", text).strip().splitlines()[-count:])

    def stop(self, hurry: Hurry = calmly) -> None:
        """End it and wait until it has ended; as soon as `hurry` says so, by SIGKILL."""
        for number, patience in self.program.stop_signals:
            deadline = time.monotonic() + patience
            self._process.send_signal(number)
            while not hurry() and time.monotonic() < deadline:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.05)
                    return
        self._process.kill()
        self._process.wait()


def _launched(program: Program) -> list[str]:
    identity = program.identity
    return [
        *(sys.executable, "-I", "-S", str(LAUNCH)),
        *("--parent", str(os.getpid()), "--death-signal", str(int(program.death_signal))),
        *(("--user", str(identity.uid), str(identity.gid)) if identity else ()),
        *(("--see-all",) if identity and identity.see_all else ()),
        *("--", *program.command),
    ]


def _set_aside_long(log: Path) -> int:
    """Rename a log that has grown long; give the length of what is left, where the new run's lines begin."""
    length = log.stat().st_size if log.exists() else 0
    if length <= LOG_LIMIT:
        return length
    log.replace(log.with_name(f"{log.name}.1"))
    return 0
