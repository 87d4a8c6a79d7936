"""Start a program in a fork of an interpreter that has loaded the large packages already.

A new Python takes seconds of processor time to import PyTorch, SQLAlchemy and Faust, and the tests start
hundreds of them. The fork server of `multiprocessing` imports them once. Each program is still a process
with its own environment, session and output. Only variables that are read at the start must be the same.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# What the interpreter, the loader of programs or native libraries read at their start.
_READ_AT_START: Final = ("PYTHON", "LD_", "OMP_", "MKL_", "OPENBLAS_", "ONEDNN_", "ATEN_", "MALLOC_")


def can_run(environment: Mapping[str, str]) -> bool:
    """Return True if a fork of this interpreter sees the same as a new one with `environment`."""
    names = {name for name in {*environment, *os.environ} if name.startswith(_READ_AT_START)}
    return all(environment.get(name) == os.environ.get(name) for name in names)


class ForkedProcess:
    """A program in a fork, with the part of the interface of `subprocess.Popen` that the tests use.

    Args:
        module: the module that runs as `__main__`.
        arguments: its arguments.
        environment: all its variables.
        stdin, stdout, stderr: paths of files; output is appended.
        cwd: its working directory; None: ours.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: Path = Path(os.devnull),
        stdout: Path,
        stderr: Path,
        cwd: Path | None = None,
    ) -> None:
        for output in (stdout, stderr):
            output.touch()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.loaded_packages"])
        self._process = context.Process(
            target=_run,
            args=(module, list(arguments), dict(environment), str(cwd or Path.cwd())),
            kwargs={"files": (str(stdin), str(stdout), str(stderr))},
            daemon=True,  # it ends with the tests
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, or the negative number of the signal; None while the program runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return `returncode`."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit status.

        Raises:
            subprocess.TimeoutExpired: the program runs after `timeout` seconds.
        """
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal to the program, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _run(
    module: str, arguments: list[str], environment: dict[str, str], cwd: str, *, files: tuple[str, str, str]
) -> None:
    """Become the program: its files, variables and arguments, and none of the test's."""
    os.setsid()
    for descriptor, (path, flags) in enumerate(
        zip(files, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2), strict=True)
    ):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
