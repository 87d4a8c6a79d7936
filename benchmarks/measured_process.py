"""Parts of a benchmark that run in their own process, and the memory of a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast


def run_module(
    module: str, arguments: Sequence[object], environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a module in a new process, and return the JSON object in the last line of its output.

    Args:
        module: such as "benchmarks.training.epochs".
        arguments: of its command line.
        environment: variables in addition to those of this process.

    Raises:
        CalledProcessError: the process failed; it has printed its error.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    variables = {**os.environ, **(environment or {})}
    completed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=variables)
    return cast(dict[str, Any], json.loads(completed.stdout.splitlines()[-1]))


def memory_mb(field: Literal["VmRSS", "VmHWM"], pid: int | Literal["self"] = "self") -> float:
    """Read the memory of a process from Linux, in MB: now (`VmRSS`), or the most it ever had (`VmHWM`).

    Returns:
        0 where there is no such information, as on other systems.
    """
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    for line in status.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0
