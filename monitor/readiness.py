"""A worker reports that it is ready, to the process that supervises it: systemd, or `ade-monitor up`.

This is systemd's protocol (sd_notify(3)): the supervisor opens a datagram socket and names it in the variable
NOTIFY_SOCKET, and the worker sends READY=1 to it. A name that starts with @ has no file (unix(7)).
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from typing import Final

VARIABLE: Final = "NOTIFY_SOCKET"
_READY: Final = b"READY=1"
_LONGEST: Final = 4096  # bytes of a datagram


def report_ready() -> None:
    """Report to the supervisor, if there is one, that this process does its work from now on."""
    name = os.environ.get(VARIABLE)
    if not name:
        return
    # A supervisor that is gone must not end the worker.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(_READY, f"\0{name[1:]}" if name.startswith("@") else name)


class ReadinessSocket:
    """Where a child process reports that it is ready."""

    def __init__(self) -> None:
        self._name = f"ade-monitor-{os.getpid()}-{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(f"\0{self._name}")

    @property
    def environment(self) -> dict[str, str]:
        """The variable for the child."""
        return {VARIABLE: f"@{self._name}"}

    def was_reported(self) -> bool:
        """Return True if a child has reported that it is ready since the last call."""
        is_ready = False
        with suppress(BlockingIOError):
            while message := self._socket.recv(_LONGEST):
                is_ready |= _READY in message.splitlines()
        return is_ready

    def close(self) -> None:
        """Close the socket; later reports go nowhere."""
        self._socket.close()
