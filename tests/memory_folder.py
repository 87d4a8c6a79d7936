"""A folder in memory for the data of the servers of the tests.

Each test that needs a database gets a copy of one, about 900 files. On some file systems, making that many
files takes half a second of processor time, in memory a twentieth of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

_MEMORY: Final = Path("/dev/shm")
_NEEDED: Final = 4 << 30
_PREFIX: Final = "ade-tests-"


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """Yield an empty folder in memory that is removed afterwards; if there is too little memory, `otherwise`.

    What a killed process of the tests has left is removed, too.
    """
    if (
        not os.access(_MEMORY, os.W_OK)
        or shutil.disk_usage(_MEMORY).free < _NEEDED
        or _free_memory() < _NEEDED
    ):
        yield otherwise
        return
    for left in _MEMORY.glob(f"{_PREFIX}*"):
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_memory() -> int:
    """Return the bytes of memory that programs can still take."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(available) * 1024
