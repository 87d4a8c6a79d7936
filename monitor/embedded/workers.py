"""What a worker's log says that a person should see: its errors, and nothing else.

Workers under supervision: one that dies is started again, and given up when that does not help.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, SecretStr

from monitor.embedded.process import Child, Hurry, Program, calmly
from monitor.settings import Settings

NOT_SHOWN = {"event", "level", "timestamp", "logger", "exception", "exc_info", "stack"}
CONSOLE_ERROR = re.compile(r"\[(error|critical)\s*\]|^error: ")


class ErrorLogTail:
    """The errors that are written to a log from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._position = log.stat().st_size if log.exists() else 0

    def new(self) -> list[str]:
        """Give the errors since the last call, one line each; a line that is not finished waits."""
        try:
            with self._log.open("rb") as log:
                if log.seek(0, 2) < self._position:  # set aside, and begun anew
                    self._position = 0
                log.seek(self._position)
                written = log.read()
        except OSError:
            return []
        whole = written[: written.rfind(b"\n") + 1]
        self._position += len(whole)
        lines = whole.decode("utf-8", "replace").splitlines()
        return [said for line in lines if (said := _complaint(line))]


def _complaint(line: str) -> str | None:
    try:
        event = json.loads(line)
    except ValueError:
        return line.strip() if CONSOLE_ERROR.search(line) else None
    if not isinstance(event, dict) or event.get("level") not in ("error", "critical"):
        return None
    details = ", ".join(f"{name}: {value}" for name, value in event.items() if name not in NOT_SHOWN)
    return f"{event.get('event')}{f' ({details})' if details else ''}"


Say = Callable[[str], None]

QUICK = 60.0  # seconds; a worker that lived longer died of something new
QUICK_DEATHS = 5
FIRST_PAUSE = 1.0  # seconds until the first restart; each quick death doubles it
STOP_MARGIN = 5.0  # seconds beyond the worker's own bound on its shutdown


class SupervisedWorker:
    """`ade-monitor worker` as a child process, with the settings of this process.

    Args:
        settings: passed on whole by the environment, so that files changed meanwhile make no difference.
        log: file for all that it writes.
        name: as the user shall know it.
        say: told of deaths, restarts and errors in the log.
    """

    def __init__(self, settings: Settings, log: Path, name: str, say: Say) -> None:
        self._program = Program(
            name=name,
            # -P: a folder of the user's that is called `monitor` or `models` is not ours
            command=(sys.executable, "-P", "-m", "monitor.cli", "worker"),
            folder=Path.cwd(),
            log=log,
            stop_signals=((signal.SIGTERM, settings.worker.shutdown_timeout + STOP_MARGIN),),
            environment={**os.environ, **environment_of(settings)},
        )
        self._say = say
        self._quick_deaths = 0
        self._start_at = 0.0
        self._child: Child | None = None
        self._complaints = ErrorLogTail(log)

    @property
    def pid(self) -> int | None:
        """Process id, or None while it waits to be started again."""
        return self._child.pid if self._child else None

    def tend(self) -> None:
        """Start it where it does not run, and pass on what it complains of.

        Raises:
            EmbeddedError: it died five times in a row soon after its start.
        """
        for complaint in self._complaints.new():
            self._say(f"{self._program.name}: {complaint}")
        if self._child is None:
            if time.monotonic() >= self._start_at:
                self._child = Child(self._program)
        elif (status := self._child.exit_status()) is not None:
            self._mourn(self._child, status)

    def stop(self, hurry: Hurry = calmly) -> None:
        """Let it finish what it has in hand, and end it."""
        if self._child:
            self._child.stop(hurry)
            self._child = None

    def last_lines(self) -> str:
        """Give the end of its log."""
        return self._child.last_lines() if self._child else ""

    def _mourn(self, child: Child, status: int) -> None:
        lived = time.monotonic() - child.started
        self._quick_deaths = self._quick_deaths + 1 if lived < QUICK else 1
        if self._quick_deaths >= QUICK_DEATHS:
            raise child.failure(f"ended {QUICK_DEATHS} times in a row, the last time with status {status}")
        pause = FIRST_PAUSE * 2 ** (self._quick_deaths - 1)
        self._say(
            f"{self._program.name} ended with status {status}, and is started again in {pause:g} s "
            f"(log: {self._program.log})"
        )
        self._child, self._start_at = None, time.monotonic() + pause


def environment_of(settings: Settings) -> dict[str, str]:
    """Write settings as the environment variables that give them back."""
    variables = {}
    for section_name in type(settings).model_fields:
        section: BaseModel = getattr(settings, section_name)
        for name in type(section).model_fields:
            value = getattr(section, name)
            if value is None:
                continue
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            plain = isinstance(value, str | Path)
            variables[f"ADE_{section_name}__{name}".upper()] = str(value) if plain else json.dumps(value)
    return variables
