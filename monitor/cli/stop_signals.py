"""SIGTERM and Ctrl-C for commands that run until they are stopped, and then finish what they do."""

from __future__ import annotations

import asyncio
import signal

from monitor.readiness import report_stopping


def stop_at_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or Ctrl-C sets; the second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        report_stopping()
        stop.set()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end)
    return stop
