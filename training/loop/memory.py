"""When memory runs out: say of what, and what to set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from training.errors import RunError

# How the CPU's allocator begins what it raises, as a plain RuntimeError.
_CPU_ALLOCATOR = ("can't allocate memory", "not enough memory")


@contextmanager
def told_of_memory(what: str, mend: str) -> Iterator[None]:
    """Turn an out-of-memory error of the body into one that users understand.

    Args:
        what: needed the memory, such as `a step of 1a on 64 texts of 128 tokens`.
        mend: what to do about it.

    Raises:
        RunError: memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not out_of_memory and not any(words in str(error) for words in _CPU_ALLOCATOR):
            raise
        raise RunError(f"memory ran out for {what}: {mend}") from error
