"""What runs out on the machine of the embedded stack: space on its disk, and memory for the broker.

Logs are kept short on the way, since the programs that write them may run for months.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor.embedded.broker import LoopbackBroker
from monitor.embedded.process import limit_log

LOW_SPACE: Final = 2e9
"""Bytes free on the disk. With less, a person should act soon."""

NO_SPACE: Final = 200e6
"""Bytes free on the disk. With less, PostgreSQL may refuse the next batch."""

FIRST_MEMORY: Final = 1e9
"""Bytes of memory after which a broker that never trims its topics is worth a message."""

MEMORY_SHARE: Final = 0.1
"""Share of the machine's memory that is worth a message, if it is less than `FIRST_MEMORY`."""

INTERVAL: Final = 10.0
"""Seconds between two measurements."""


class CapacityWatch:
    """Reports when the disk fills up, and when a broker in memory has grown; empties logs that are too long.

    Args:
        data_dir: folder of the embedded stack.
        broker: of the stack.
        notify: called with messages for the user.
        clock: returns seconds.
    """

    def __init__(
        self,
        data_dir: Path,
        broker: LoopbackBroker,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data_dir = data_dir
        self._broker = broker
        self._notify = notify
        self._clock = clock
        self._next = clock()
        self._shown_limit: float | None = None
        self._next_memory = memory_limit()

    def check(self) -> None:
        """Measure and report, at most every `INTERVAL` seconds."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + INTERVAL
        self._check_disk()
        for log in (self._data_dir / "logs").glob("*.log"):
            with suppress(OSError):
                limit_log(log)
        if not self._broker.keeps_topics:
            self._check_memory()

    def _check_disk(self) -> None:
        free = free_space(self._data_dir)
        limit = next((limit for limit in (NO_SPACE, LOW_SPACE) if free < limit), None)
        if limit and (self._shown_limit is None or limit < self._shown_limit):
            self._notify(
                f"the disk of {self._data_dir} has {free / 1e9:,.2f} GB left: free some space. On a full "
                "disk nothing is stored; what is fed waits in the broker"
            )
        elif limit is None and self._shown_limit:
            self._notify(f"the disk of {self._data_dir} has space again ({free / 1e9:,.1f} GB)")
        self._shown_limit = limit

    def _check_memory(self) -> None:
        child = self._broker.child
        used = resident_memory(child.pid) if child else 0
        if used < self._next_memory:
            return
        self._notify(describe_growth(used))
        while self._next_memory <= used:
            self._next_memory *= 2


def describe_growth(used: int) -> str:
    """Return what it means that Tansu uses this many bytes of memory, and what to do."""
    return (
        f"the broker (Tansu) uses {used / 1e9:,.1f} GB of memory. It keeps every message until it stops, "
        "also those that were read. Stop the stack when nothing waits, and start it again; or use "
        "`ade-monitor up --broker kafka`, which keeps its topics on disk and removes old messages"
    )


def free_space(folder: Path) -> int:
    """Return the free bytes of the disk that has the folder, or will have it."""
    folder = folder.absolute()
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.is_dir())).free


def memory_limit() -> float:
    """Return the bytes of memory after which the growth of the broker is worth a message."""
    return min(FIRST_MEMORY, MEMORY_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def resident_memory(pid: int) -> int:
    """Return the bytes of memory that a process uses, or 0 if it has ended or cannot be measured."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
