"""A Faust worker with a bounded shutdown. Faust's own can hang if the broker or the database is away."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

import faust
import structlog

log = structlog.get_logger()

EXIT_BY_FORCE = 3
"""Exit status of a worker whose shutdown took too long."""


class BoundedWorker(faust.Worker):  # type: ignore[misc] # Faust ships no usable types
    """A worker that ends at most `timeout` seconds after the first signal or crash.

    A forced end loses nothing: the next worker reads again whatever was not acknowledged.
    """

    def __init__(self, app: faust.App, *, timeout: float, **options: Any) -> None:
        super().__init__(
            app,
            quiet=True,
            override_logging=False,
            redirect_stdouts=False,
            **options,
        )
        self.spinner = None  # it writes control characters, even into a log file
        self._timeout = timeout
        self._timer_started = False

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        log.info("stopping", signal=signal.name)
        self._start_timer()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        # Not `crash`: if the app or a part of it crashes, only this method of the worker is called.
        self._start_timer()
        super()._crash(reason)

    def _start_timer(self) -> None:
        if not self._timer_started:
            self._timer_started = True
            timer = threading.Timer(self._timeout, self._end_by_force)
            timer.daemon = True
            timer.start()

    def _end_by_force(self) -> None:
        log.error("shutdown hangs, ended by force", after_s=self._timeout)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(EXIT_BY_FORCE)
