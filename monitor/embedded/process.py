"""Child processes: started by us, logged to a file, and ended at the latest when our process ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.embedded.folder import translate_os_errors
from monitor.errors import EmbeddedError

LAUNCH_SCRIPT: Final = Path(__file__).with_name("launch.py")
LOG_LIMIT: Final = 10_000_000
"""Bytes. A longer log is renamed when its program starts again, or emptied into a copy while it runs."""
ANSI_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")

KillRequested = Callable[[], bool]
"""Polled while a program stops; as soon as it returns True, the program is killed."""


def never() -> bool:
    """Return False, so that a program gets all the time that it needs to stop."""
    return False


class PortTakenError(EmbeddedError):
    """Another program took the port before ours could bind it; another port will do."""


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
    """A program to run, and how to stop it.

    Attributes:
        name: its name for the user, such as "PostgreSQL".
        command: absolute path of the program, and its arguments; all users of the machine can see them.
        folder: working directory.
        log: file that stdout and stderr are appended to.
        stop_signals: signals to send one after the other, each with the seconds to wait; SIGKILL follows.
        death_signal: signal that the kernel sends to the child when our process dies.
        environment: the child's whole environment, including secrets; nothing is inherited.
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

    Start it from the main thread, because the kernel sends the death signal when the thread that started the
    child ends. The child has a session of its own, so Ctrl-C in the terminal reaches only our process.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started = time.monotonic()
        self._stop_requested: float | None = None
        with translate_os_errors(program.log.parent):
            self._log_start = _rotate_log(program.log)
            with os.fdopen(os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
                self._process = subprocess.Popen(
                    _launch_command(program),
                    cwd=program.folder,
                    env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """Return the exit status, or None while it runs; a negative status is the signal that killed it."""
        return self._process.poll()

    def wait_until(self, is_ready: Callable[[], bool], timeout: float) -> None:
        """Wait until `is_ready` returns True; an exception of `is_ready` means not yet.

        Raises:
            PortTakenError: the program ended because another program has its port.
            EmbeddedError: it ended for another reason, or was not ready within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        reason = ""
        while time.monotonic() < deadline:
            status = self.exit_status()
            if status is not None:
                output = self.last_lines()
                if re.search(r"address (already )?in use", output, re.IGNORECASE):
                    raise PortTakenError(f"the port of {self.program.name} is taken:\n{output}")
                raise self.failure(f"ended with status {status} before it answered")
            try:
                if is_ready() and self.exit_status() is None:
                    return
            except Exception as error:  # a starting server fails in many ways
                reason = f" ({error})"
            time.sleep(0.02)
        self.kill()
        raise self.failure(
            f"did not answer within {timeout:g} s{reason}; "
            "on a slow machine, set embedded.start_timeout (ADE_EMBEDDED__START_TIMEOUT) higher"
        )

    def failure(self, what: str) -> EmbeddedError:
        """Return the error for a failure of this program; it shows the end of the log."""
        output = self.last_lines()
        lines = "its last lines:\n    " + output.replace("\n", "\n    ") if output else "it wrote nothing"
        return EmbeddedError(f"{self.program.name} {what}; {lines}\nIts log is {self.program.log}")

    def last_lines(self, count: int = 15) -> str:
        """Return the last lines that this run of the program wrote, without colors."""
        try:
            with self.program.log.open("rb") as log:
                length = log.seek(0, os.SEEK_END)
                start = self._log_start if length >= self._log_start else 0  # 0 after `limit_log`
                log.seek(max(start, length - 16_384))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(ANSI_COLOR.sub("", text).strip().splitlines()[-count:])

    def request_stop(self) -> float:
        """Send the first stop signal if it was not sent yet, and return when that was (monotonic seconds).

        Several programs stop at the same time if this is called for each of them before `stop`.
        """
        if self._stop_requested is None:
            self._stop_requested = time.monotonic()
            self._process.send_signal(self.program.stop_signals[0][0])
        return self._stop_requested

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the program and wait until it has ended; kill it as soon as `kill_requested` returns True."""
        (_, first_timeout), *further = self.program.stop_signals
        if self._ends_by(self.request_stop() + first_timeout, kill_requested):
            return
        for number, timeout in further:
            self._process.send_signal(number)
            if self._ends_by(time.monotonic() + timeout, kill_requested):
                return
        self.kill()

    def _ends_by(self, deadline: float, kill_requested: KillRequested) -> bool:
        while not kill_requested() and time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
                return True
        return False

    def kill(self) -> None:
        """Kill the program and wait until it has ended."""
        self._process.kill()
        self._process.wait()


def run_to_end(program: Program, timeout: float) -> None:
    """Run a program that ends by itself, and wait until it has.

    Args:
        program: what to run.
        timeout: seconds that it may take.

    Raises:
        EmbeddedError: it failed, or took too long; the message shows its last lines.
    """
    child = Child(program)
    try:
        deadline = time.monotonic() + timeout
        while (status := child.exit_status()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if status != 0:
            raise child.failure("did not end in time" if status is None else f"ended with status {status}")
    finally:
        child.kill()


def limit_log(log: Path) -> None:
    """Copy the log of a running program to `<name>.1` and empty it, if it is longer than `LOG_LIMIT`.

    The program goes on writing to the same file. It appends, so it writes to the new end. Lines that come
    between the copy and the emptying are lost.
    """
    if not log.exists() or log.stat().st_size <= LOG_LIMIT:
        return
    copy = log.with_name(f"{log.name}.1")
    try:
        shutil.copyfile(log, copy)
    except OSError:  # a full disk: the newest log matters more than the older one
        copy.unlink(missing_ok=True)
    os.truncate(log, 0)


def _launch_command(program: Program) -> list[str]:
    identity = program.identity
    return [
        *(sys.executable, "-I", "-S", str(LAUNCH_SCRIPT)),
        *("--parent", str(os.getpid()), "--death-signal", str(int(program.death_signal))),
        *(("--user", str(identity.uid), str(identity.gid)) if identity else ()),
        *(("--see-all",) if identity and identity.see_all else ()),
        *("--", *program.command),
    ]


def _rotate_log(log: Path) -> int:
    """Rename a log that is too long; return the length of what is left, where the new run's lines start."""
    length = log.stat().st_size if log.exists() else 0
    if length <= LOG_LIMIT:
        return length
    log.replace(log.with_name(f"{log.name}.1"))
    return 0
