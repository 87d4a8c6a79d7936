"""Worker processes under supervision: started again after each crash, and never given up."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, SecretStr

from monitor import metrics
from monitor.embedded.process import Child, KillRequested, Program, never
from monitor.embedded.restarts import MANY_ENDS, RestartPlan
from monitor.embedded.servers import free_port
from monitor.embedded.worker_log import TroubleLog
from monitor.errors import EmbeddedError
from monitor.readiness import ReadinessSocket
from monitor.settings import Settings

STOP_MARGIN: Final = 5.0  # seconds in addition to the worker's own limit for its shutdown
PORT_VARIABLE: Final = "ADE_MONITORING__PORT"


class SupervisedWorker:
    """`ade-monitor worker` as a child process, with the settings of this process.

    Args:
        settings: passed in the environment, all of them, so later changes of files make no difference.
        log: file for its output.
        name: its name for the user.
        notify: called with crashes, restarts and the troubles in the log.
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
        self._monitoring = settings.monitoring
        self._notify = notify
        self._plan = RestartPlan()
        self._child: Child | None = None
        self._ended: Child | None = None
        self._troubles = TroubleLog(log)
        self._port = 0

    @property
    def pid(self) -> int | None:
        """Process id, or None while it waits for its restart."""
        return self._child.pid if self._child else None

    @property
    def is_ready(self) -> bool:
        """True once it has loaded its model and reads posts, until it ends."""
        return self._is_ready

    def supervise(self) -> None:
        """Start the worker if it is not running, and report troubles, and when it is ready.

        Call this about twice a second.
        """
        for trouble in self._troubles.new_troubles():
            self._notify(f"{self._program.name}: {trouble}")
        if self._readiness.was_reported() and not self._is_ready:
            self._is_ready = True
            self._notify(
                f"{self._program.name} is ready: its model is loaded, and it reads posts{self._address()}"
            )
        if self._child is None:
            if self._plan.is_due:
                self._start()
        elif (status := self._child.exit_status()) is not None:
            self._schedule_restart(self._child, status)

    def repeated_crash(self) -> EmbeddedError | None:
        """Return the error of a worker that has crashed `MANY_ENDS` times in a row, else None."""
        if self._plan.quick_ends < MANY_ENDS or self._is_ready:
            return None
        return EmbeddedError(
            f"{self._program.name} ended {self._plan.quick_ends} times in a row; its last lines:\n    "
            + self.last_lines().replace("\n", "\n    ")
            + f"\nIts log is {self._program.log}"
        )

    def request_stop(self) -> None:
        """Request that the worker stops after its batches; `pause` or `stop` then waits for it."""
        if self._child:
            self._child.request_stop()

    def pause(self, kill_requested: KillRequested = never) -> None:
        """Stop the worker after it has finished its batches; `supervise` starts it again.

        What it logs until then is not reported.
        """
        if self._child:
            self._child.stop(kill_requested)
            self._child, self._is_ready = None, False
            self._troubles.skip()

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the worker after it has finished its batches, for good."""
        self.pause(kill_requested)
        self._readiness.close()

    def last_lines(self) -> str:
        """Return the end of its log."""
        child = self._child or self._ended
        return child.last_lines() if child else ""

    def _start(self) -> None:
        self._readiness.was_reported()  # a report of the one before is out of date
        program = self._program
        if self._monitoring.port is not None:
            # A port is chosen for each start, since another program may take a free one before a restart.
            self._port = self._monitoring.port or free_port()
            port = {PORT_VARIABLE: str(self._port)}
            program = replace(program, environment={**program.environment, **port})
        try:
            self._child = Child(program)
        except EmbeddedError as error:  # no log can be opened, or no process started
            pause = self._plan.count_end(time.monotonic())
            self._notify(f"{error}\nThe next attempt to start {self._program.name} is in {pause:g} s")
            return
        if self._ended:
            metrics.RESTARTS.labels(program="worker").inc()

    def _address(self) -> str:
        if self._monitoring.port is None:
            return ""
        return f"; metrics and health: http://{self._monitoring.host}:{self._port}/metrics"

    def _schedule_restart(self, child: Child, status: int) -> None:
        self._child, self._ended, self._is_ready = None, child, False
        pause = self._plan.count_end(child.started)
        self._notify(
            f"{self._program.name} ended with status {status}, and is started again in {pause:g} s "
            f"(log: {self._program.log})"
        )
        if self._plan.quick_ends == MANY_ENDS and (error := self.repeated_crash()):
            self._notify(
                f"{error}\nIt is started again at least once a minute. The broker keeps what is fed meanwhile"
            )


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


def with_port_of_worker(settings: Settings, number: int) -> Settings:
    """Return the settings with the port of a worker: those after our own, unless each takes a free one.

    Args:
        settings: of all workers.
        number: of the worker, from 1.
    """
    port = settings.monitoring.port
    if not port:
        return settings
    return settings.model_copy(
        update={"monitoring": settings.monitoring.model_copy(update={"port": port + number})}
    )
