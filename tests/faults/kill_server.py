"""Starts workers quickly: a process imports everything once, and each worker is a fork of it.

A new process would need seconds for its imports, and a case of 200 kills a quarter of an hour.

`python -m tests.faults.kill_server` reads a line of JSON for each worker. It writes the process id, and later
the exit status.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import typer.main

from monitor.embedded.workers import environment_of
from monitor.settings import Settings
from tests.faults.kill_steps import BY_NAME, ENRICHMENT_STEPS, STEPS, kill_at
from tests.processes import child_environment

PR_SET_PDEATHSIG: Final = 1
IMPORTED_LATE: Final = (
    *("monitor.cli.app", "monitor.stream.worker", "monitor.deadletters"),
    *("kafka", "kafka.admin", "aiokafka", "faust.transport.drivers.aiokafka"),
    *("psycopg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.ext.asyncio", "redis.asyncio"),
)
"""What a worker imports on its way."""

START_PATIENCE: Final = 120.0
"""Seconds for the imports."""


class KillServer:
    """The server as its user sees it: it runs one worker at a time.

    Args:
        settings: of the workers.
        log: file for the output of all its workers.
    """

    def __init__(self, settings: Settings, log: Path) -> None:
        self.log = log
        self.pid = 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.kill_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                bufsize=0,
                env=child_environment(settings),
            )

    def start_worker(
        self, step: str | None = None, visit: int = 1, *, settings: Settings | None = None
    ) -> None:
        """Start a worker that kills itself at a step, or one that does not; with other settings if given."""
        assert self._process.stdin
        variables = environment_of(settings) if settings else {}
        request = [str(self.log), step, visit, variables]
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        pid = self.next_number(START_PATIENCE)
        assert pid is not None, self.last_lines()
        self.pid = pid

    def next_number(self, timeout: float) -> int | None:
        """Return what the server writes next, here the worker's exit status; None after `timeout` seconds."""
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            return None
        line = self._process.stdout.readline()
        assert line, self.last_lines()
        return int(line)

    def last_lines(self) -> str:
        """Return the end of the workers' log."""
        return self.log.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Kill the server, and the kernel then kills its worker."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Run one worker for each line of the input."""
    _prepare()
    for line in sys.stdin:
        log, step, visit, variables = json.loads(line)
        if (pid := os.fork()) == 0:
            os.environ.update(variables)
            _run_worker(Path(log), step, visit)
        _write(pid)
        _, status = os.waitpid(pid, 0)
        _write(os.waitstatus_to_exitcode(status))


def _prepare() -> None:
    """Import what a worker needs, and make the commands once."""
    for name in ("tests.loaded_packages", *IMPORTED_LATE):
        importlib.import_module(name)
    from monitor.cli.app import app

    typer.main.get_command = cache(typer.main.get_command)
    typer.main.get_command(app)


def _write(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _run_worker(log: Path, step: str | None, visit: int) -> None:
    """Become a worker."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if step:
        kill_at(step, visit)
    sys.argv = ["ade-monitor", "worker"]
    from monitor.cli import main as ade_monitor

    status = 1
    try:
        ade_monitor()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


assert len(BY_NAME) == len(STEPS) + len(ENRICHMENT_STEPS)

if __name__ == "__main__":
    main()
