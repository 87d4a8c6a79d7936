"""Ctrl-C and its kin: the first one asks to stop, the next ones ask to hurry."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, the first of the signals raises KeyboardInterrupt, and only the first."""

    def __init__(self) -> None:
        self._stopping = False
        self._hurried = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        # Under nohup, the end of the terminal shall go unnoticed.
        numbers = [n for n in SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def now_stopping(self) -> None:
        """From here on no signal raises anything: the stop shall not be left halfway."""
        self._stopping = True

    def hurried(self) -> bool:
        """Tell whether somebody grew impatient with the stop."""
        return self._hurried

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._hurried = True
            return
        self._stopping = True
        raise KeyboardInterrupt
