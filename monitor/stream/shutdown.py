"""A Faust worker whose end is bounded: with a broker or a database away, Faust's own shutdown can hang."""

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


class BoundedWorker(faust.Worker):  # type: ignore[misc] # Faust ships no usable types
    """Ends by itself, or is ended: from the first signal or crash on it has `timeout` seconds.

    Ending by force loses nothing: what was not acknowledged is read again at the next start.
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
        self._armed = False

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        log.info("stopping", signal=signal.name)
        self._arm()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        # Not `crash`: where the app or a part of it crashes, this alone is called on the worker.
        self._arm()
        super()._crash(reason)

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            timer = threading.Timer(self._timeout, self._end_by_force)
            timer.daemon = True
            timer.start()

    def _end_by_force(self) -> None:
        log.error("shutdown hangs, ended by force", after_s=self._timeout)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(EXIT_BY_FORCE)
