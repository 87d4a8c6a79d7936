"""Lines that are left out of the log: endless repetitions, and errors that pass by themselves.

Without a broker, the Kafka clients write hundreds of lines a minute that all mean the same.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

INTERVAL: Final = 60.0
"""Seconds in which a line may come `MOST` times."""

MOST: Final = 5
"""Lines of one kind that pass in an interval."""

REMEMBERED: Final = 1_000
"""Kinds of lines that a filter remembers; those that did not come for longest are forgotten."""

PATIENCE: Final = 10.0
"""Seconds that a transient error must last until it is logged."""

TRANSIENT: Final = frozenset(
    {
        # A broker creates the list of groups when the first worker asks for it, and finds it a moment later.
        "Group Coordinator Request failed: %s",
        # This is how a worker learns of each rebalance.
        "Heartbeat failed for group %s because it is rebalancing",
    }
)
"""Messages of libraries that are an error only if they go on."""

_VARYING = re.compile(r"0x[0-9a-f]+|\d+")
_OF_THE_LINE: Final = frozenset({"batch", "timestamp", "level", "logger", "_record", "_from_structlog"})
"""Fields of our own events that differ, or are the same, without a meaning for the kind of line."""


@dataclass(slots=True)
class _Kind:
    """Lines of one kind: when the interval or the error began, when the last line came, and counts."""

    began: float
    last: float
    passed: int = 0
    left_out: int = 0


class RepeatedLines(logging.Filter):
    """Passes `MOST` warnings or errors of one kind in each interval; the next one has the number of the rest.

    Lines of libraries are of one kind if they differ in numbers only; our own events, if all text in them is
    the same except for the batch.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._kinds = _Kinds(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the line is to be written."""
        if record.levelno < logging.WARNING:
            return True
        with self._kinds.lock:
            kind, now = self._kinds.seen((record.name, record.levelno, _text_of(record)))
            if now - kind.began >= INTERVAL:
                kind.began, kind.passed = now, 0
            if kind.passed >= MOST:
                kind.left_out += 1
                return False
            kind.passed += 1
            left_out, kind.left_out = kind.left_out, 0
        if left_out:
            _add_count(record, left_out)
        return True


class TransientErrors(logging.Filter):
    """Passes messages in `TRANSIENT` only once they have come for `PATIENCE` seconds.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._kinds = _Kinds(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the line is to be written."""
        if not isinstance(record.msg, str) or record.msg not in TRANSIENT:
            return True
        with self._kinds.lock:
            kind, now = self._kinds.seen((record.name, record.msg))
            if now - kind.last > PATIENCE:
                kind.began = now
            kind.last = now
            return now - kind.began >= PATIENCE


class _Kinds:
    """The kinds of lines that came most recently."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.lock = threading.Lock()
        self._clock = clock
        self._by_key: OrderedDict[Hashable, _Kind] = OrderedDict()

    def seen(self, key: Hashable) -> tuple[_Kind, float]:
        """Return the kind with this key, which may be new, and the time."""
        now = self._clock()
        kind = self._by_key.setdefault(key, _Kind(now, now))
        self._by_key.move_to_end(key)
        if len(self._by_key) > REMEMBERED:
            self._by_key.popitem(last=False)
        return kind, now


def _text_of(record: logging.LogRecord) -> str:
    """Return what lines of one kind have in common."""
    if not isinstance(record.msg, dict):
        return _VARYING.sub("#", str(record.msg))
    texts = {
        name: value
        for name, value in record.msg.items()
        if name not in _OF_THE_LINE and isinstance(value, str)
    }
    return _VARYING.sub("#", repr(sorted(texts.items())))


def _add_count(record: logging.LogRecord, left_out: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "left_out": left_out}
    else:
        record.msg = f"{record.getMessage()} ({left_out} lines like this one were left out)"
        record.args = ()
