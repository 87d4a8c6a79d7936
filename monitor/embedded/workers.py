"""Worker processes under supervision: restarted after a crash, and given up after repeated crashes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, SecretStr

from monitor.backoff import Backoff
from monitor.embedded.process import Child, KillRequested, Program, never
from monitor.readiness import ReadinessSocket
from monitor.settings import Settings

QUICK_CRASH: Final = 60.0  # seconds; the crash of a worker that ran longer has a new cause
MOST_QUICK_CRASHES = 5
RESTARTS = Backoff(first=1.0, longest=16.0)
"""Pauses before the restarts after quick crashes."""
STOP_MARGIN: Final = 5.0  # seconds in addition to the worker's own limit for its shutdown

OMITTED_FIELDS: Final = {"event", "level", "timestamp", "logger", "exception", "exc_info", "stack"}
CONSOLE_ERROR: Final = re.compile(r"\[(error|critical)\s*\]|^error: ")


class ErrorLogTail:
    """The errors that a worker writes to its log from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._position = log.stat().st_size if log.exists() else 0

    def new_errors(self) -> list[str]:
        """Return the errors since the last call, one line each; an unfinished line waits."""
        try:
            with self._log.open("rb") as log:
                if log.seek(0, os.SEEK_END) < self._position:  # the log was rotated
                    self._position = 0
                log.seek(self._position)
                data = log.read()
        except OSError:
            return []
        finished = data[: data.rfind(b"\n") + 1]
        self._position += len(finished)
        lines = finished.decode("utf-8", "replace").splitlines()
        return [error for line in lines if (error := _error_in(line))]


class SupervisedWorker:
    """`ade-monitor worker` as a child process, with the settings of this process.

    Args:
        settings: passed in the environment, all of them, so later changes of files make no difference.
        log: file for its output.
        name: its name for the user.
        notify: called with crashes, restarts and the errors of the log.
    """

    def __init__(self, settings: Settings, log: Path, name: str, notify: Callable[[str], None]) -> None:
        self._readiness = ReadinessSocket()
        self._is_ready = False
        self._program = Program(
            name=name,
            # -P: a folder of the user's that is called `monitor` or `models` is not ours
            command=(sys.executable, "-P", "-m", "monitor.cli", "worker"),
            folder=Path.cwd(),
            log=log,
            stop_signals=((signal.SIGTERM, settings.worker.shutdown_timeout + STOP_MARGIN),),
            environment={**os.environ, **environment_of(settings), **self._readiness.environment},
        )
        self._notify = notify
        self._quick_crashes = 0
        self._pauses = RESTARTS.pauses()
        self._restart_at = 0.0
        self._child: Child | None = None
        self._errors = ErrorLogTail(log)

    @property
    def pid(self) -> int | None:
        """Process id, or None while it waits for its restart."""
        return self._child.pid if self._child else None

    @property
    def is_ready(self) -> bool:
        """True once it has loaded its model and reads posts, until it ends."""
        return self._is_ready

    def supervise(self) -> None:
        """Start the worker if it is not running, and report errors, and when it is ready.

        Call this about twice a second.

        Raises:
            EmbeddedError: it crashed five times in a row soon after its start.
        """
        for error in self._errors.new_errors():
            self._notify(f"{self._program.name}: {error}")
        if self._readiness.was_reported() and not self._is_ready:
            self._is_ready = True
            self._notify(f"{self._program.name} is ready: its model is loaded, and it reads posts")
        if self._child is None:
            if time.monotonic() >= self._restart_at:
                self._readiness.was_reported()  # a report of the one before is out of date
                self._child = Child(self._program)
        elif (status := self._child.exit_status()) is not None:
            self._schedule_restart(self._child, status)

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the worker after it has finished its batches."""
        if self._child:
            self._child.stop(kill_requested)
            self._child, self._is_ready = None, False
        self._readiness.close()

    def last_lines(self) -> str:
        """Return the end of its log."""
        return self._child.last_lines() if self._child else ""

    def _schedule_restart(self, child: Child, status: int) -> None:
        if time.monotonic() - child.started >= QUICK_CRASH:
            self._quick_crashes, self._pauses = 0, RESTARTS.pauses()
        self._quick_crashes += 1
        if self._quick_crashes >= MOST_QUICK_CRASHES:
            raise child.failure(
                f"ended {MOST_QUICK_CRASHES} times in a row, the last time with status {status}"
            )
        pause = next(self._pauses)
        self._notify(
            f"{self._program.name} ended with status {status}, and is started again in {pause:g} s "
            f"(log: {self._program.log})"
        )
        self._child, self._is_ready, self._restart_at = None, False, time.monotonic() + pause


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment variables from which the same settings are loaded."""
    variables = {}
    for section_name in type(settings).model_fields:
        section: BaseModel = getattr(settings, section_name)
        for name in type(section).model_fields:
            value = getattr(section, name)
            if value is None:
                continue
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            is_text = isinstance(value, str | Path)
            variables[f"ADE_{section_name}__{name}".upper()] = str(value) if is_text else json.dumps(value)
    return variables


def _error_in(line: str) -> str | None:
    """Return the error in a line of the log, JSON or text, or None if it has none."""
    try:
        event = json.loads(line)
    except ValueError:
        return line.strip() if CONSOLE_ERROR.search(line) else None
    if not isinstance(event, dict) or event.get("level") not in ("error", "critical"):
        return None
    details = ", ".join(f"{name}: {value}" for name, value in event.items() if name not in OMITTED_FIELDS)
    return f"{event.get('event')}{f' ({details})' if details else ''}"
