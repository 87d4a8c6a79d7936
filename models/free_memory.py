"""Give memory that is no longer used back to the machine."""

from __future__ import annotations

import contextlib
import ctypes


def give_back_memory() -> None:
    """Ask the C library to return what was freed; it keeps that for itself otherwise.

    Worth it after loading, when copies of the weights have come and gone. C libraries other than glibc have
    no such call, and nothing is done there.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
