"""The real `ade-monitor` in a process of its own, connected to the servers of a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.embedded.workers import environment_of
from monitor.settings import Settings
from tests.prepared_interpreter import ForkedProcess, can_run

PATIENCE = 60.0


def child_environment(settings: Settings | None = None) -> dict[str, str]:
    """Return the environment of a child: ours without ADE_ variables, plus the settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ADE_")}
    return {**inherited, **(environment_of(settings) if settings else {}), "COLUMNS": "120"}


def ade_monitor(
    settings: Settings | None, *arguments: str, stdin: bytes | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a subcommand to its end."""
    ended = run_program("monitor.cli", *arguments, settings=settings, stdin=stdin, cwd=cwd)
    return subprocess.CompletedProcess(
        ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode()
    )


def run_program(
    module: str,
    *arguments: str,
    settings: Settings | None = None,
    stdin: bytes | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a module as a program to its end, in a fork of the prepared interpreter."""
    with TemporaryDirectory() as temporary:
        source, out, err = (Path(temporary) / name for name in ("stdin", "stdout", "stderr"))
        source.write_bytes(stdin or b"")
        files = {"stdin": source, "stdout": out, "stderr": err}
        process = ForkedProcess(module, arguments, child_environment(settings), **files, cwd=cwd)
        try:
            status = process.wait(PATIENCE * 2)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, status, out.read_bytes(), err.read_bytes())


class RunningCommand:
    """A subcommand that runs until it is stopped; `module` may be another program than `ade-monitor`."""

    def __init__(
        self,
        settings: Settings,
        log: Path,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        module: str = "monitor.cli",
    ):
        self.log = log
        self.process = _start(module, arguments, {**child_environment(settings), **(extra or {})}, log)

    def stop(self) -> int:
        """Send SIGTERM, wait for the end, and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def output(self) -> str:
        """Return everything that the process has written so far."""
        return self.log.read_text(errors="replace")


def _start(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes] | ForkedProcess:
    if can_run(environment):
        return ForkedProcess(module, arguments, environment, stdout=log, stderr=log)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )


@contextmanager
def running(settings: Settings, folder: Path, *arguments: str, **extra: str) -> Iterator[RunningCommand]:
    """Run a subcommand during the block, and kill it if the block did not end it."""
    command = RunningCommand(settings, folder / f"{arguments[0]}.log", *arguments, extra=extra)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.kill()


def wait_for(
    condition: Callable[[], bool], patience: float = PATIENCE, *, watching: RunningCommand | None = None
) -> None:
    """Wait until `condition` is true.

    Raises:
        AssertionError: `patience` seconds have passed, or the command in `watching` ended; with its output.
    """
    deadline = time.monotonic() + patience
    while not condition():
        ended = watching is not None and watching.process.poll() is not None
        if ended or time.monotonic() > deadline:
            output = watching.output()[-4000:] if watching else ""
            raise AssertionError(f"{'the process ended' if ended else 'patience ended'}\n{output}")
        time.sleep(0.05)
