"""Free ports on loopback, and starting a server on one in spite of the race for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from monitor.embedded.process import Child, PortTakenError, Program, at_once

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
