"""The real `ade-monitor` in a process of its own, pointed at the servers of a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from monitor.embedded.workers import environment_of
from monitor.settings import Settings

PATIENCE = 60.0


def surroundings(settings: Settings | None = None) -> dict[str, str]:
    """Give the environment of a child: ours without ADE_ variables, and the settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ADE_")}
    return {**ours, **(environment_of(settings) if settings else {}), "COLUMNS": "120"}


def ade_monitor(
    settings: Settings | None, *arguments: str, given: bytes | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a subcommand to its end."""
    ended = subprocess.run(
        [sys.executable, "-m", "monitor.cli", *arguments],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        timeout=PATIENCE * 2,
        env=surroundings(settings),
        cwd=cwd,
        check=False,
    )
    return subprocess.CompletedProcess(
        ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode()
    )


class Running:
    """A subcommand that runs until it is told to stop."""

    def __init__(
        self, settings: Settings, log: Path, *arguments: str, extra: Mapping[str, str] | None = None
    ):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**surroundings(settings), **(extra or {})},
                start_new_session=True,
            )

    def stop(self) -> int:
        """Ask it to end, and give its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def output(self) -> str:
        """Tell what it wrote up to now."""
        return self.log.read_text(errors="replace")


@contextmanager
def running(settings: Settings, folder: Path, *arguments: str, **extra: str) -> Iterator[Running]:
    """Run a subcommand while the body runs; kill it where the body did not end it."""
    process = Running(settings, folder / f"{arguments[0]}.log", *arguments, extra=extra)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.kill()


def wait_for(
    what: Callable[[], bool], patience: float = PATIENCE, *, watching: Running | None = None
) -> None:
    """Poll until `what` is true; fail with the process's output where it ended or patience did."""
    deadline = time.monotonic() + patience
    while not what():
        ended = watching is not None and watching.process.poll() is not None
        if ended or time.monotonic() > deadline:
            output = watching.output()[-4000:] if watching else ""
            raise AssertionError(f"{'the process ended' if ended else 'patience ended'}\n{output}")
        time.sleep(0.05)
