"""A process reports what it does to the process that supervises it: systemd, or `ade-monitor up`.

This is systemd's protocol (sd_notify(3)): the supervisor opens a datagram socket and names it in the variable
NOTIFY_SOCKET, and the process sends lines such as READY=1 to it. A name that starts with @ has no file
(unix(7)). The libraries for this are unmaintained or need the headers of systemd, and would save ten lines.
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from typing import Final

from models.terminal import terminal_safe

VARIABLE: Final = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE: Final = "WATCHDOG_USEC"
WATCHDOG_PID: Final = "WATCHDOG_PID"
_READY: Final = b"READY=1"
_LONGEST: Final = 4096  # bytes of a datagram
_PATIENCE: Final = 1.0  # seconds until a full socket counts as not read


def report_ready() -> None:
    """Report to the supervisor, if there is one, that this process does its work from now on."""
    _send(_READY)


def report_stopping() -> None:
    """Report that this process was told to stop, and finishes its work."""
    _send(b"STOPPING=1")


def report_alive() -> None:
    """Report that this process makes progress. Without this, systemd restarts it after `WatchdogSec`."""
    _send(b"WATCHDOG=1")


def report_status(text: str) -> None:
    """Report what this process does now, for `systemctl status`. Controls and line breaks become spaces."""
    _send(f"STATUS={terminal_safe(text)}".encode()[:_LONGEST])


def watchdog_timeout() -> float | None:
    """Return the seconds after which the supervisor restarts a silent process; None if it does not watch."""
    if os.environ.get(WATCHDOG_PID, str(os.getpid())) != str(os.getpid()):
        return None  # the variables are meant for our parent
    with suppress(ValueError):
        microseconds = int(os.environ.get(WATCHDOG_VARIABLE, ""))
        return microseconds / 1e6 if microseconds > 0 else None
    return None


def _send(lines: bytes) -> None:
    name = os.environ.get(VARIABLE)
    if not name:
        return
    # A supervisor that is gone, or does not read, must neither end this process nor hold it up for long.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(_PATIENCE)
        sender.sendto(lines, f"\0{name[1:]}" if name.startswith("@") else name)


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
