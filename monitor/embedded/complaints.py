"""What a worker's log says that a person should see: its errors, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

NOT_SHOWN = {"event", "level", "timestamp", "logger", "exception", "exc_info", "stack"}
CONSOLE_ERROR = re.compile(r"\[(error|critical)\s*\]|^error: ")


class Complaints:
    """The errors that are written to a log from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._position = log.stat().st_size if log.exists() else 0

    def new(self) -> list[str]:
        """Give the errors since the last call, one line each; a line that is not finished waits."""
        try:
            with self._log.open("rb") as log:
                if log.seek(0, 2) < self._position:  # set aside, and begun anew
                    self._position = 0
                log.seek(self._position)
                written = log.read()
        except OSError:
            return []
        whole = written[: written.rfind(b"\n") + 1]
        self._position += len(whole)
        lines = whole.decode("utf-8", "replace").splitlines()
        return [said for line in lines if (said := _complaint(line))]


def _complaint(line: str) -> str | None:
    try:
        event = json.loads(line)
    except ValueError:
        return line.strip() if CONSOLE_ERROR.search(line) else None
    if not isinstance(event, dict) or event.get("level") not in ("error", "critical"):
        return None
    details = ", ".join(f"{name}: {value}" for name, value in event.items() if name not in NOT_SHOWN)
    return f"{event.get('event')}{f' ({details})' if details else ''}"
