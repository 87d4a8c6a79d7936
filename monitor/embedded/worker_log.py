"""The log of a worker, as far as the person at the terminal should see it: troubles, and when they end."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

OUR_LOGGERS: Final = ("monitor.", "models.")
RECOVERIES: Final = {"database answers again", "alerts are published again"}
"""Events at level info that end a trouble."""

REPEAT_AFTER: Final = 300.0
"""Seconds until a trouble that goes on is shown again."""

MOST_TROUBLES: Final = 500
"""Kinds of troubles that are remembered. Of more, those that were shown longest ago are forgotten."""

LONGEST_KEY: Final = 500
"""Characters of a problem that distinguish it from others."""

MOST_BYTES: Final = 1_000_000
"""Bytes of a log that are read in a call. A line that is longer is left out."""

OMITTED_FIELDS: Final = {
    *("event", "level", "timestamp", "logger", "exception", "exc_info", "stack"),
    *("batch", "pause_s", "attempts"),
}
CONSOLE_ERROR: Final = re.compile(r"\[(error|critical)\s*\]|^error: ")
CONSOLE_TROUBLE: Final = re.compile(r"\[warning\s*\].*\[(monitor|models)\.[\w.]+\]")
CONSOLE_EVENT: Final = re.compile(r"\[\w+\s*\]\s+(.*?)\s*\[[\w.]+\]")
NUMBER: Final = re.compile(r"\d+(\.\d+)?")


@dataclass
class _Shown:
    """A trouble that was shown: when, and how often it was logged since."""

    at: float
    repeats: int = 0


class TroubleLog:
    """The troubles that a worker writes to its log from now on.

    These are errors, warnings of our own code, and the events that end them. One that is logged again and
    again is shown when it begins, and then every `REPEAT_AFTER` seconds.

    Args:
        log: file of the worker's output, which may be missing yet.
        clock: returns seconds.
    """

    def __init__(self, log: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._position = 0
        self.skip()
        self._shown: dict[str, _Shown] = {}  # those that were shown longest ago first

    def skip(self) -> None:
        """Leave out what was logged so far."""
        self._position = self._log.stat().st_size if self._log.exists() else 0

    def new_troubles(self) -> list[str]:
        """Return what to show since the last call, one line each; an unfinished line waits.

        At most `MOST_BYTES` of the log are read. The next call goes on from there.
        """
        try:
            with self._log.open("rb") as log:
                if log.seek(0, os.SEEK_END) < self._position:  # the log was rotated
                    self._position = 0
                log.seek(self._position)
                data = log.read(MOST_BYTES)
        except OSError:
            return []
        finished = data[: data.rfind(b"\n") + 1]
        self._position += len(finished) or (len(data) if len(data) == MOST_BYTES else 0)
        lines = finished.decode("utf-8", "replace").splitlines()
        return [shown for line in lines if (shown := self._shown_line(line))]

    def _shown_line(self, line: str) -> str | None:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return self._of_console(line.strip())
        if not isinstance(event, dict):
            return None
        # Some libraries explain their errors over many lines; the first one names the error.
        name, level = str(event.get("event")).strip().partition("\n")[0], event.get("level")
        if name in RECOVERIES:
            self._shown.clear()
            return name
        is_ours = str(event.get("logger")).startswith(OUR_LOGGERS)
        if level in ("error", "critical") or (level == "warning" and is_ours):
            # Several parts of the worker meet the same problem; the first one that reports it is shown.
            problem = event.get("problem") or event.get("error") or name
            return self._unless_repeated(str(problem), _with_details(name, event))
        return None

    def _of_console(self, line: str) -> str | None:
        if CONSOLE_ERROR.search(line) or CONSOLE_TROUBLE.search(line):
            event = CONSOLE_EVENT.search(line)
            return self._unless_repeated(event[1] if event else line, line)
        return next((name for name in RECOVERIES if f"] {name} " in f"{line} "), None)

    def _unless_repeated(self, problem: str, line: str) -> str | None:
        # "lost partition 3 at offset 512" and "lost partition 1 at offset 64" are one trouble.
        key = NUMBER.sub("0", problem[:LONGEST_KEY])
        now, shown = self._clock(), self._shown.get(key)
        if shown and now - shown.at < REPEAT_AFTER:
            shown.repeats += 1
            return None
        self._shown.pop(key, None)
        self._shown[key] = _Shown(now)
        if len(self._shown) > MOST_TROUBLES:
            del self._shown[next(iter(self._shown))]
        repeats = shown.repeats if shown else 0
        return f"{line} ({repeats + 1:,} times since it was last shown)" if repeats else line


def _with_details(name: str, event: dict[str, Any]) -> str:
    details = ", ".join(f"{key}: {value}" for key, value in event.items() if key not in OMITTED_FIELDS)
    return f"{name}{f' ({details})' if details else ''}"
