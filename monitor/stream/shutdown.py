"""A Faust worker with a bounded shutdown. Faust's own can hang if the broker or the database is away."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import faust
import structlog

from monitor.errors import MonitorError
from monitor.readiness import report_stopping

log = structlog.get_logger()

EXIT_BY_FORCE: Final = 3
"""Exit status of a worker that was told to stop and hung, although the broker answered."""

EXIT_AFTER_CRASH: Final = 1
"""Exit status of a worker that crashed and then hung."""

GRACE: Final = 2.0
"""Seconds of an ordinary shutdown; after them, the broker is checked."""


class BoundedWorker(faust.Worker):  # type: ignore[misc] # Faust ships no usable types
    """A worker that ends at most `timeout` seconds after the first signal or crash.

    Without a broker, Faust would try to commit and to leave the group for ever. So a worker that was told to
    stop ends as soon as it is clear that the broker is away, with status 0. A forced end loses nothing: the
    next worker reads again whatever was not acknowledged.

    Args:
        app: the application.
        timeout: seconds until a shutdown that hangs is ended.
        require_broker: raises a MonitorError if the broker does not answer. Blocking.
        options: those of Faust's worker.
    """

    def __init__(
        self, app: faust.App, *, timeout: float, require_broker: Callable[[], None], **options: Any
    ) -> None:
        super().__init__(
            app,
            quiet=True,
            override_logging=False,
            redirect_stdouts=False,
            **options,
        )
        self.spinner = None  # it writes control characters, even into a log file
        self._timeout = timeout
        self._require_broker = require_broker
        self._is_ending = False

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        log.info("stopping", signal=signal.name)
        report_stopping()
        self._bound(self._end_after_signal)
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        # Not `crash`: if the app or a part of it crashes, only this method of the worker is called.
        self._bound(self._end_after_crash)
        super()._crash(reason)

    def _bound(self, end: Callable[[], None]) -> None:
        if not self._is_ending:
            self._is_ending = True
            threading.Thread(target=end, daemon=True, name="bounded shutdown").start()

    def _end_after_signal(self) -> None:
        deadline = time.monotonic() + self._timeout
        time.sleep(min(GRACE, self._timeout))
        try:
            self._require_broker()
        except MonitorError as error:
            log.warning("stopped without the broker; what was not committed is read again", error=error.fact)
            _exit_now(0)
        except Exception:
            # This thread has to live on, or nothing would bound the shutdown.
            log.exception("the broker could not be checked")
        time.sleep(max(0.0, deadline - time.monotonic()))
        self._end_by_force(EXIT_BY_FORCE)

    def _end_after_crash(self) -> None:
        time.sleep(self._timeout)
        self._end_by_force(EXIT_AFTER_CRASH)

    def _end_by_force(self, status: int) -> None:
        log.error("shutdown hangs, ended by force", after_s=self._timeout)
        _exit_now(status)


def _exit_now(status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
