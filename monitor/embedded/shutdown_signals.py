"""The signals that stop the embedded monitor: the first one stops it, the next one kills what remains."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Final

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ShutdownSignals:
    """Handles the signals that ask for a stop, while it is entered.

    The first signal raises KeyboardInterrupt. A later one asks to kill what has not stopped yet.
    """

    def __init__(self) -> None:
        self._stopping = False
        self._kill_requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> ShutdownSignals:
        # Under nohup, the end of the terminal must be ignored.
        numbers = [n for n in STOP_SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
        self._previous = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def begin_stop(self) -> None:
        """Raise nothing from now on, so that no signal interrupts the stop."""
        self._stopping = True

    def kill_requested(self) -> bool:
        """Return True if a signal arrived after the stop had begun."""
        return self._kill_requested

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._kill_requested = True
            return
        self._stopping = True
        raise KeyboardInterrupt
