"""SIGTERM before the worker has its own handlers: it ends at once with status 0, since nothing has begun.

Without a handler, the status would be that of a process that was killed. And a container's first process
would ignore the signal.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def end_at_sigterm() -> None:
    """Make SIGTERM end this process with status 0, until another handler takes its place."""
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    # Not SystemExit: whatever runs now might swallow it.
    os._exit(0)
