"""What memory a process has, as Linux tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def memory_mb(field: Literal["VmRSS", "VmHWM"], pid: int | Literal["self"] = "self") -> float:
    """Read the memory of a process, in MB: `VmRSS` is that of now, `VmHWM` the most there was."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0
