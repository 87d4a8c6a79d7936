"""The position of a connector on disk: written as a whole, and used by one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from models.disk import replace_file
from monitor.connect.errors import ConnectError
from monitor.connect.live_source import Position

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_ADVICE: Final = "choose another folder with connect.state_dir (ADE_CONNECT__STATE_DIR)"


class StateFile:
    """Keeps the position of one source; a context manager that holds a lock.

    Raises:
        ConnectError: the folder cannot be used, another process uses the file, or it is not readable.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self.path = folder / f"{_UNSAFE.sub('_', name)}.json"
        self._lock: int | None = None

    def load(self) -> Position | None:
        """Return the saved position, or None if there is none yet.

        Raises:
            ConnectError: the file is not one of ours. It is not replaced, because that would lose the place.
        """
        try:
            state = json.loads(self.path.read_bytes())
            at = datetime.fromisoformat(state["at"])
            cursor = {str(key): str(value) for key, value in state["cursor"].items()}
            if at.tzinfo is None or state["source"] != self._name:
                raise ValueError
            return Position(cursor, at)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConnectError(f"the state file {self.path} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ConnectError(
                f"the state file {self.path} is not a position of {self._name}",
                "delete it to start with what is new; posts since the last run are then missing",
            ) from None

    def save(self, position: Position) -> None:
        """Write the position; after a kill the file has this position or the one before.

        Raises:
            ConnectError: the file cannot be written.
        """
        state = {"source": self._name, "cursor": dict(position.cursor), "at": position.at.isoformat()}
        try:
            replace_file(self.path, json.dumps(state).encode())
        except OSError as error:
            raise ConnectError(
                f"the state file {self.path} cannot be written: {error.strerror}", _ADVICE
            ) from None

    def __enter__(self) -> StateFile:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise ConnectError(
                f"another process is connected to {self._name} with the state file {self.path}",
                "stop it first, or use another folder with connect.state_dir",
            ) from None
        except OSError as error:
            self._release()
            raise ConnectError(
                f"the folder {self.path.parent} cannot be used: {error.strerror}", _ADVICE
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            with suppress(OSError):
                os.close(self._lock)
            self._lock = None
